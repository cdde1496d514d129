"""Finds images, reads them, and says of each mistake where it is."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from portal.images import marked, shape
from portal.images.marked import NotToml, Place, find
from portal.images.problems import Problem, choice, meant
from portal.images.spec import BASE, COMMANDS, Archive, Image, Jars, archives_of, jars_of

DEFINITION = "image.toml"
TAG = "sluice/{name}:1"
SHIPPED = Path(__file__).resolve().parents[2] / "labs" / "images"
GUEST = Path(__file__).resolve().parents[1] / "engine" / "guest"
MORE = "SLUICE_IMAGES_DIRS"
"""Names an operator's own folders of images, with commas between them."""


@dataclass(frozen=True, slots=True)
class Found:
    """The images that can be used, by name, and what is wrong with others."""

    images: Mapping[str, Image] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """An image.toml as read: the image by itself, without what it starts from."""

    image: Image
    text: str
    path: Path

    def problem(self, place: Place, message: str) -> Problem:
        """A mistake at a place in it."""
        return problem(self.path, self.text, place, message)


def folders(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Where images are looked for: with the portal, and where the operator says."""
    more = environment.get(MORE, "").split(",")
    return [SHIPPED, *(Path(each.strip()) for each in more if each.strip())]


def read_images(places: Sequence[Path], parts: Path) -> Found:
    """Every image in these folders; of two that share a name the later counts.

    `parts` is where the installer puts what it fetches.
    """
    problems: list[Problem] = []
    found: dict[str, Definition] = {}
    for place in places:
        if not place.is_dir():
            problems.append(Problem(str(place), 1, 1, "", f"there is no such folder: see {MORE}"))
        for path in sorted(place.glob(f"*/{DEFINITION}")):
            made = read_image(path)
            if isinstance(made, Definition):
                found[made.image.name] = made
            else:
                problems += made
    images: dict[str, Image] = {}
    for definition in found.values():
        problems += settle(definition, found, images, parts)
    return Found(images, tuple(problems))


def read_image(path: Path) -> Definition | list[Problem]:
    """One image.toml, or what is wrong with it."""
    try:
        with path.open("rb") as file:
            text = file.read(marked.MAX_BYTES + 1).decode()
    except OSError as error:
        return [Problem(str(path), 1, 1, "", f"can't be read: {error.strerror}")]
    except UnicodeDecodeError:
        return [Problem(str(path), 1, 1, "", "is not UTF-8 text")]
    try:
        said = marked.read(text)
    except NotToml as error:
        return [Problem(str(path), error.mark.line, error.mark.column, "", str(error))]
    mistakes = [*shape.image(said), *missing_files(path.parent, said)]
    if not shape.NAME.fullmatch(path.parent.name):
        words = "its folder's name must start with a small letter and go on in small letters, "
        mistakes.append(((), f"{words}digits, - or _, 40 characters at most", ""))
    if mistakes:
        return [problem(path, text, where, words + hint) for where, words, hint in mistakes]
    return Definition(made_of(path.parent, said), text, path)


def missing_files(folder: Path, said: Mapping[str, Any]) -> Iterator[shape.Mistake]:
    """Files that are named and aren't there."""
    archive = said.get("archive")
    if not isinstance(archive, dict):
        return
    train, guest = archive.get("train", "train.sh"), archive.get("guest", [])
    if isinstance(train, str) and not (folder / train).is_file():
        yield ("archive", "train"), f"there is no file {train!r} beside {DEFINITION}", ""
    for index, name in enumerate(guest if isinstance(guest, list) else ()):
        if isinstance(name, str) and not (GUEST / name).is_file():
            yield ("archive", "guest", index), f"the guest has no program {name!r}", ""


def problem(path: Path, text: str, place: Place, message: str) -> Problem:
    """A mistake at a place of a text that could be read."""
    mark = find(text, place)
    key = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    return Problem(str(path), mark.line, mark.column, key.lstrip("."), message)


def made_of(folder: Path, said: Mapping[str, Any]) -> Image:
    """The image by itself, of what is right."""
    jars, archive = said.get("jars"), said.get("archive")
    name = folder.name
    has_commands = (folder / "bin").is_dir()
    path = tuple(said.get("path", [f"{COMMANDS}{name}/bin"] if has_commands else ()))
    binds = {f"{COMMANDS}{name}": str(folder)} if has_commands or archive else {}
    binds |= {guest: str(folder / host) for guest, host in said.get("binds", {}).items()}
    return Image(
        name=name,
        tag=said.get("tag", TAG.format(name=name)),
        path=path,
        binds=binds,
        environment=said.get("environment", {}),
        folder=folder,
        starts_from=said.get("starts_from", "" if name == BASE else BASE),
        for_labs=said.get("for_labs", True),
        when_asked=said.get("when_asked", False),
        summary=said["summary"],
        programs={key: as_tuple(value) for key, value in said.get("programs", {}).items()},
        python=tuple(said.get("python", ())),
        portal_python=tuple(said.get("portal_python", ())),
        jars=Jars(**{key: as_tuple(value, key) for key, value in jars.items()}) if jars else None,
        archive=Archive(**{k: as_tuple(v, k) for k, v in archive.items()}) if archive else None,
    )


def as_tuple(value: Any, key: str = "") -> Any:
    """Lists become tuples; one word where several may stand is a list of one."""
    if isinstance(value, list):
        return tuple(value)
    return value if key else (value,)


def settle(
    definition: Definition,
    others: Mapping[str, Definition],
    images: dict[str, Image],
    parts: Path,
) -> list[Problem]:
    """Put an image into `images`, with all of what it starts from; or say why it can't be."""
    line: list[Definition] = []
    each: Definition | None = definition
    while each is not None:
        line.append(each)
        name = each.image.starts_from
        each = others.get(name)
        if each in line:
            return [definition.problem(("starts_from",), "goes round in a circle")]
        if name and each is None:
            if len(line) > 1:
                return []  # Told where it stands.
            words = f"{name!r} is no image; {choice(others)}{meant(name, others)}"
            return [definition.problem(("starts_from",), words)]
    made = line[-1].image
    made = replace(made, binds=binds_of(made, parts))
    for later in reversed(line[:-1]):
        made = on_top(later.image, made, parts)
    images[made.name] = made
    return []


def binds_of(image: Image, parts: Path) -> dict[str, str]:
    """An image's own binds, with those of what is installed for it."""
    binds = dict(image.binds)
    if image.jars:
        binds[image.jars.folder] = str(jars_of(parts, image.name))
    if image.archive:
        binds[image.archive.folder] = str(archives_of(parts, image.name))
    return binds


def on_top(image: Image, below: Image, parts: Path) -> Image:
    """An image with all that it has of the one that it starts from."""
    own = binds_of(image, parts)
    return replace(
        image,
        path=(*image.path, *below.path),
        binds={**below.binds, **own},
        environment={**below.environment, **image.environment},
        when_asked=image.when_asked or below.when_asked,
        inherited=frozenset(below.binds) - frozenset(own),
    )
