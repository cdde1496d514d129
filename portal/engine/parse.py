"""Reads a lab from YAML. Every mistake is reported, with line and column, in an author's words."""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from portal.engine.confs import ALLOWED
from portal.engine.marked import Node, NotPlain, compose
from portal.engine.spec import FileSpec, LabSpec, Limits
from portal.engine.vocabulary import keys_at

DEFINITION = "lab.yaml"
MAX_FILE_BYTES = 256 * 1024
MAX_FILES = 50

ReadFile = Callable[[str], str]
"""Gives the text of a file beside lab.yaml. Raises OSError or ValueError, in words."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is (both count from 1), under which key, and what it is."""

    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.key + ': ' if self.key else ''}{self.message}"


class LabInvalid(Exception):
    """The text defines no lab; `problems` says why, in the order of the text."""

    def __init__(self, problems: Collection[Problem]):
        self.problems = tuple(sorted(problems, key=lambda each: (each.line, each.column)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A lab's folder as read: the definition, its text, and the texts of its `from` files."""

    spec: LabSpec
    source: str
    files: Mapping[str, str]
    """Text by its path beside lab.yaml."""


def load_lab(
    folder: Path,
    *,
    allowed_images: Collection[str] | None = None,
    ceilings: Limits | None = None,
) -> Loaded:
    """Read the lab of a folder. Raises LabInvalid."""
    files: dict[str, str] = {}

    def read(name: str) -> str:
        files[name] = read_beside(folder, name)
        return files[name]

    try:
        # Twice the definition's own limit: parse_lab words that one.
        source = read_beside(folder, DEFINITION, limit=4 * MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        raise LabInvalid([Problem(1, 1, "", str(error))]) from error
    spec = parse_lab(source, read, allowed_images=allowed_images, ceilings=ceilings)
    return Loaded(spec, source, files)


def read_beside(folder: Path, name: str, limit: int = MAX_FILE_BYTES) -> str:
    """The text of a file in a folder. Raises OSError or ValueError, in words."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise FileNotFoundError(f"there is no file {name!r} beside {DEFINITION}")
    if path.stat().st_size > limit:
        raise ValueError(f"{name!r} is larger than {limit // 1024} KB")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name!r} is not UTF-8 text") from error


def parse_lab(
    text: str,
    read_file: ReadFile,
    *,
    allowed_images: Collection[str] | None = None,
    ceilings: Limits | None = None,
) -> LabSpec:
    """Read a lab's text. Raises LabInvalid, with every problem that can be told at once.

    `allowed_images` and `ceilings` are the operator's lists; None leaves that unchecked.
    """
    try:
        root = compose(text)
    except NotPlain as error:
        raise LabInvalid([Problem(error.mark.line, error.mark.column, "", str(error))]) from error
    try:
        spec = LabSpec.model_validate(root.plain())
    except ValidationError as error:
        raise LabInvalid(problems_of(error, root)) from error
    problems = [
        *beyond_images(spec, root, allowed_images),
        *beyond_limits(spec, root, ceilings),
        *unreadable_files(spec, root, read_file),
    ]
    if problems:
        raise LabInvalid(problems)
    return spec


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


# What pydantic found, told with the author's own text at hand.


def problems_of(error: ValidationError, root: Node) -> list[Problem]:
    """Pydantic's errors, each at the node that it is about."""
    errors = error.errors(include_url=False, include_input=False)
    places = [each["loc"] for each in errors]
    # A list whose items are all wrong is "too short" for pydantic as well: only an echo.
    return [
        told(each, root)
        for each in errors
        if each["type"] != "too_short" or not any(is_below(place, each["loc"]) for place in places)
    ]


def is_below(place: tuple[str | int, ...], other: tuple[str | int, ...]) -> bool:
    """Whether a place is inside another."""
    return len(place) > len(other) and place[: len(other)] == other


def told(error: Any, root: Node) -> Problem:
    """One of pydantic's errors in words."""
    place: tuple[str | int, ...] = error["loc"]
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            allowed = keys_at(place[:-1])
            words = f"there is no such key here; {choice(allowed)}"
            return problem(root, place, words, meant(str(place[-1]), allowed), at_key=True)
        case "unknown_setting":
            words = f"a lab can't set this; {choice(ALLOWED)}"
            return problem(root, place, words, meant(str(place[-1]), ALLOWED), at_key=True)
        case "missing":
            return problem(root, place, "is missing")
        case "union_tag_not_found":
            return problem(root, (*place, "kind"), "is missing: it says what the step does")
        case "union_tag_invalid":
            allowed = context["expected_tags"].replace("'", "").split(", ")
            words = f"{context['tag']!r} is no kind of step; {choice(allowed)}"
            return problem(root, (*place, "kind"), words, meant(context["tag"], allowed))
        case "literal_error":
            return problem(root, place, f"must be {context['expected']}")
        case "string_type":
            return problem(root, place, "must be text: put it in quotes if it looks like a number")
        case "tuple_type":
            return problem(root, place, "must be a list")
        case "too_short" | "string_too_short":
            return problem(root, place, "must not be empty")
        case "model_type" | "dict_type" | "model_attributes_type":
            return problem(root, place, "must be a mapping of 'key: value' lines")
        case "string_pattern_mismatch" if context["pattern"].startswith("^[a-z]"):
            words = "must start with a small letter and go on in small letters, digits, - or _"
            return problem(root, place, f"{words}, 40 characters at most")
        case _:
            words = error["msg"].removeprefix("Value error, ")
            return problem(root, place, words.replace("Input should ", "must ", 1))


def problem(
    root: Node, place: tuple[str | int, ...], words: str, hint: str = "", *, at_key: bool = False
) -> Problem:
    """A problem at a place: of the node there, else of the nearest one around it."""
    node, mark, path = root, root.mark, ""
    for index, part in enumerate(place):
        if path.endswith("run") and is_kind(node, part):
            continue  # Pydantic names the kind of a run in the place; the text has no such level.
        path = f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}".lstrip(".")
        if part in node.children:
            is_last = index == len(place) - 1
            key_mark = node.keys.get(part) if isinstance(part, str) else None
            node = node.children[part]
            mark = key_mark if key_mark and is_last and at_key else node.mark
    return Problem(mark.line, mark.column, path, f"{words}{hint}")


def is_kind(node: Node, part: str | int) -> bool:
    """Whether a part of a place only repeats the kind that the node has."""
    kind = node.children.get("kind")
    return kind is not None and kind.value == part


def choice(allowed: Collection[str]) -> str:
    """What an author can choose from."""
    return f"choose from {', '.join(sorted(allowed))}" if allowed else "nothing can stand here"


def meant(word: str, allowed: Collection[str]) -> str:
    """The nearest word, as a question."""
    near = difflib.get_close_matches(word, allowed, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
