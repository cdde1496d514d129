"""Reads a lab from YAML. Every mistake is reported, with line and column, in an author's words."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from portal.engine import patterns
from portal.engine.lab import behind, pictures
from portal.engine.lab.beside import (
    DEFINITION,
    MAX_FILE_BYTES,
    definition_of,
    picture_beside,
    read_beside,
)
from portal.engine.lab.cluster import Limits
from portal.engine.lab.extending import EXTENDS, CantExtend, extends, whole, written
from portal.engine.lab.files import FileSpec
from portal.engine.lab.marked import Node, NotPlain, compose
from portal.engine.lab.problems import MAX_PROBLEMS, LabInvalid, Problem, problem, problems_of
from portal.engine.lab.spec import LabSpec
from portal.images.problems import choice, meant

MAX_FILES = 50
ONLY_A_FOLDER = "only a folder beside the other lab's can say this: here write the lab out"
ReadFile = Callable[[str], str]
"""Gives the text of a file beside lab.yaml. Raises OSError or ValueError, in words."""
LookAt = Callable[[str], None]
"""Looks at a picture beside lab.yaml. Raises OSError or ValueError, in words that go on from its
name, where there is none that can be shown."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A lab's folder as read: the definition, its text, and the texts of its `from` files."""

    spec: LabSpec
    source: str
    files: Mapping[str, str]
    """Text by its path beside lab.yaml."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Those that a text shows, by their path beside lab.yaml."""


def nothing_beside(name: str) -> None:
    """There are no pictures."""
    raise FileNotFoundError(f"is no file beside {DEFINITION}")


def load_lab(
    folder: Path,
    *,
    allowed_images: Collection[str] | None = None,
    ceilings: Limits | None = None,
    panels: Collection[str] | None = None,
) -> Loaded:
    """Read the lab of a folder. Raises LabInvalid."""
    files: dict[str, str] = {}
    shown: dict[str, bytes] = {}
    folders = [folder]
    """Its own, then those of the labs that it extends."""

    def holder(name: str) -> Path:
        return next((each for each in folders if (each / name).is_file()), folder)

    def read(name: str) -> str:
        files[name] = read_beside(holder(name), name)
        return files[name]

    def look(name: str) -> None:
        data = picture_beside(holder(name), name, pictures.MAX_BYTES)
        pictures.picture_of(data)
        shown[name] = data

    def read_lab(name: str) -> str:
        folders.append(folder.resolve().parent / name)
        return definition_of(folders[-1], name)

    try:
        # Twice the definition's own limit: parse_lab words that one.
        source = read_beside(folder, DEFINITION, limit=4 * MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        words = str(error).replace(f"beside {DEFINITION}", "in this folder")
        raise LabInvalid([Problem(1, 1, "", words)]) from error
    root = composed(source)
    if extends(root):
        try:
            full = whole(root, read_lab)
        except CantExtend as error:
            found = Problem(error.mark.line, error.mark.column, error.key, str(error))
            raise LabInvalid([found]) from error
        source, root = written(full, str(root.children[EXTENDS].value)), full
    spec = spec_of(
        root, read, look, allowed_images=allowed_images, ceilings=ceilings, panels=panels
    )
    return Loaded(spec, source, files, shown)


def parse_lab(
    text: str,
    read_file: ReadFile,
    look_at: LookAt = nothing_beside,
    *,
    allowed_images: Collection[str] | None = None,
    ceilings: Limits | None = None,
    panels: Collection[str] | None = None,
    is_stored: bool = False,
) -> LabSpec:
    """Read a lab's text. Raises LabInvalid, with every problem that can be told at once.

    `allowed_images` and `ceilings` are the operator's lists, `panels` are what a step can have
    opened; None leaves that unchecked. What `is_stored` was accepted once, and is held to no rule
    that is younger.
    """
    root = composed(text)
    if extends(root):
        mark = root.children[EXTENDS].mark
        raise LabInvalid([Problem(mark.line, mark.column, EXTENDS, ONLY_A_FOLDER)])
    return spec_of(
        root,
        read_file,
        look_at,
        allowed_images=allowed_images,
        ceilings=ceilings,
        panels=panels,
        is_stored=is_stored,
    )


def composed(text: str) -> Node:
    """The text with its places. Raises LabInvalid."""
    try:
        return compose(text)
    except NotPlain as error:
        raise LabInvalid([Problem(error.mark.line, error.mark.column, "", str(error))]) from error


def spec_of(
    root: Node,
    read_file: ReadFile,
    look_at: LookAt,
    *,
    allowed_images: Collection[str] | None,
    ceilings: Limits | None,
    panels: Collection[str] | None,
    is_stored: bool = False,
) -> LabSpec:
    """What a text with its places says. Raises as `parse_lab` does."""

    def beyond(spec: LabSpec) -> Iterator[Problem]:
        yield from beyond_images(spec, root, allowed_images)
        yield from beyond_limits(spec, root, ceilings)
        yield from unknown_panels(spec, root, panels)
        yield from unreadable_files(spec, root, read_file)
        if not is_stored:
            yield from slow_patterns(spec, root)
            yield from misnamed(spec, root)
            yield from wrong_pictures(spec, root, look_at)

    try:
        spec = LabSpec.model_validate(root.plain())
    except ValidationError:
        told = behind.all_of(root.plain(), lambda error: problems_of(error, root), beyond)
        raise LabInvalid(told[:MAX_PROBLEMS]) from None
    if problems := list(beyond(spec)):
        raise LabInvalid(problems)
    return spec


def slow_patterns(spec: LabSpec, root: Node) -> Iterator[Problem]:
    """Patterns that can't be matched in one pass."""
    for index, step in enumerate(spec.steps):
        if step.check is None or step.check.matches is None:
            continue
        if refused := patterns.refusal(step.check.matches):
            yield problem(root, ("steps", index, "check", "matches"), refused)


def misnamed(spec: LabSpec, root: Node) -> Iterator[Problem]:
    """What steps name and the lab has not: processes that nothing starts."""
    for index, step in enumerate(spec.steps):
        for key, words in step.run.misnamed(spec):
            yield problem(root, ("steps", index, "run", key), words)


def wrong_pictures(spec: LabSpec, root: Node, look_at: LookAt) -> Iterator[Problem]:
    """Pictures that can't be shown, or say nothing to whoever can't see them."""
    seen: set[str] = set()
    for place, text in pictures.texts_of(spec):
        for path, words in pictures.shown_in(text):
            if not words.strip():
                said = (
                    f"the picture {path!r} needs words for whoever can't see it: ![Words]({path})"
                )
                yield problem(root, place, said)
            if path in seen:
                continue
            seen.add(path)
            try:
                if len(seen) > pictures.MAX_PICTURES:
                    raise ValueError(f"is one too many: a lab has {pictures.MAX_PICTURES} pictures")
                if ":" in path or path.startswith("/"):
                    raise ValueError("is elsewhere: a picture is a file beside lab.yaml")
                look_at(path)
                if not pictures.is_name(path):
                    raise ValueError(f"is not called {', '.join(pictures.SUFFIXES)}")
            except (OSError, ValueError) as error:
                yield problem(root, place, f"{path!r} {error}")


def beyond_images(spec: LabSpec, root: Node, allowed: Collection[str] | None) -> Iterator[Problem]:
    """Images that aren't on the operator's list."""
    for index, service in enumerate(spec.services):
        if allowed is not None and service.image not in allowed:
            words = f"{service.image!r} is not an image that the operator allows; {choice(allowed)}"
            yield problem(root, ("services", index, "image"), words, meant(service.image, allowed))


def beyond_limits(spec: LabSpec, root: Node, ceilings: Limits | None) -> Iterator[Problem]:
    """Limits above the operator's."""
    if ceilings is None:
        return
    for index, service in enumerate(spec.services):
        for name in Limits.model_fields:
            asked, most = getattr(service.limits, name), getattr(ceilings, name)
            if asked > most:
                words = f"{asked:g} is above {most:g}, the most that the operator allows"
                yield problem(root, ("services", index, "limits", name), words)


def unknown_panels(spec: LabSpec, root: Node, panels: Collection[str] | None) -> Iterator[Problem]:
    """Panels that no page has."""
    for index, step in enumerate(spec.steps):
        if panels is not None and step.look_at not in panels:
            words = f"{step.look_at!r} is no panel; {choice(panels)}"
            yield problem(root, ("steps", index, "look_at"), words, meant(step.look_at, panels))


def unreadable_files(spec: LabSpec, root: Node, read_file: ReadFile) -> Iterator[Problem]:
    """Files that can't be had, or are too many or too large."""
    if len(spec.files) > MAX_FILES:
        yield problem(root, ("files",), f"a lab has at most {MAX_FILES} files")
        return
    for index, file in enumerate(spec.files):
        try:
            content = read_file(file.source) if file.source is not None else file.content or ""
            if len(content.encode()) > MAX_FILE_BYTES:
                raise ValueError(f"is larger than {MAX_FILE_BYTES // 1024} KB")
        except (OSError, ValueError) as error:
            key = "content" if file.source is None else "from"
            yield problem(root, ("files", index, key), str(error))


def content_of(file: FileSpec, files: Mapping[str, str]) -> str:
    """A file's text: its own, or that of the file beside lab.yaml. Raises KeyError."""
    return files[file.source] if file.source is not None else file.content or ""
