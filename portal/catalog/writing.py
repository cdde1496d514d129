"""Writing a lab: a folder to begin with, what is wrong in it, and a look at each save."""

import contextlib
import re
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from portal.catalog import services
from portal.engine.lab.beside import DEFINITION
from portal.engine.lab.problems import LabInvalid

SKELETON = Path(__file__).resolve().parent / "skeleton" / DEFINITION
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
POLL_SECONDS = 0.3
MOST_FILES = 1000
"""That are looked at for a change. A lab has fifty at most."""

State = frozenset[tuple[str, int, int]]
"""Each file's path, when it was changed, and its size."""


class CannotBegin(Exception):
    """The lab can't be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of reading a folder: every mistake with its place, or what was loaded."""

    mistakes: tuple[str, ...]
    loaded: str = ""


def first_text(name: str) -> str:
    """The definition that a new lab begins with: it runs as it stands. Raises CannotBegin."""
    if not NAME.fullmatch(name):
        raise CannotBegin(
            f"{name!r} can't be a lab's name: it starts with a small letter and goes on in small "
            "letters, digits, - or _, 40 characters at most."
        )
    title = name.replace("-", " ").replace("_", " ").capitalize()
    text = SKELETON.read_text(encoding="utf-8")
    return text.replace("NAME", name, 1).replace("TITLE", title, 1)


def begin(folder: Path) -> Path:
    """Make a lab's folder, with a lab in it that runs. Raises CannotBegin; changes no file."""
    text = first_text(folder.name)
    path = folder / DEFINITION
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CannotBegin(f"{path} is there already: choose another name.") from None
    except OSError as error:
        raise CannotBegin(f"{path} can't be written: {error.strerror}.") from error
    return path


def mistakes(folder: Path) -> tuple[str, ...]:
    """Every mistake of a lab's folder, as `path:line:column: key: message`. Changes nothing."""
    try:
        services.read_folder(folder)
    except LabInvalid as error:
        return told(folder, error)
    return ()


def told(folder: Path, error: LabInvalid) -> tuple[str, ...]:
    """Each problem with the file that it is in."""
    return tuple(f"{folder / DEFINITION}:{each}" for each in error.problems)


def load(folder: Path) -> Look:
    """Read a folder, and keep it as the lab's published version unless it has a mistake."""
    try:
        version, change = services.store(services.read_folder(folder))
    except LabInvalid as error:
        return Look(told(folder, error))
    return Look((), f"{version}: {change}")


def looks(folder: Path, stop: threading.Event) -> Iterator[Look]:
    """Load a folder now, and again each time that something in it is saved, until `stop` is set.

    A folder that is replaced or removed meanwhile is a mistake like another.
    """
    seen: State | None = None
    before = state_of(folder)
    while not stop.is_set():
        now = state_of(folder)
        # Editors write a file in several goes: what still changes is left alone for a moment.
        if now != seen and now == before:
            seen = now
            yield load(folder)
        before = now
        stop.wait(POLL_SECONDS)


def state_of(folder: Path) -> State:
    """What tells that something was saved. A link to elsewhere is not followed."""
    found = set()
    for path in islice(folder.rglob("*"), MOST_FILES):
        with contextlib.suppress(OSError):
            about = path.lstat()
            if stat.S_ISREG(about.st_mode):
                found.add((str(path), about.st_mtime_ns, about.st_size))
    return frozenset(found)
