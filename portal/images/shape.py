"""Which keys an image.toml has, and what may stand under each."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from portal.images.marked import Place
from portal.images.problems import choice, meant

Mistake = tuple[Place, str, str]
"""Where, what it is, and perhaps what was meant."""
Check = Callable[[Any], Iterator[Mistake]]

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
GUEST_PATH = re.compile(r"/opt(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+")
COORDINATES = re.compile(r"[\w.-]+:[\w.-]+:[\w.-]+")
ARTIFACTS = re.compile(r"[\w.-]+(?::[\w.-]+)?")
PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
PROGRAM = re.compile(r"[A-Za-z0-9][\w.+-]*")
PYTHON = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
VARIABLE = re.compile(r"[A-Za-z_]\w*")
TAG = re.compile(r"[a-z0-9][\w./-]*(?::\d+/[\w./-]+)?:[\w.-]+|")
FILE = re.compile(r"[A-Za-z0-9][\w.-]*")
TAKEN = ("/opt/venv", "/opt/sluice", "/opt/images")
"""What every cluster has there already."""


def matching(pattern: re.Pattern[str], words: str) -> Check:
    """Text of that form."""

    def check(value: Any) -> Iterator[Mistake]:
        if not isinstance(value, str):
            yield (), "must be text, in quotes", ""
        elif not pattern.fullmatch(value):
            yield (), f"{value!r} is not {words}", ""

    return check


def text(value: Any) -> Iterator[Mistake]:
    """Any text, of one line."""
    if not isinstance(value, str):
        yield (), "must be text, in quotes", ""
    elif not value.isprintable():
        yield (), "must be of one line", ""


def flag(value: Any) -> Iterator[Mistake]:
    """True or false."""
    if not isinstance(value, bool):
        yield (), "must be true or false", ""


def guest_path(value: Any) -> Iterator[Mistake]:
    """A folder in a cluster that nothing else is in."""
    yield from matching(GUEST_PATH, "a path below /opt, as a cluster sees it")(value)
    for taken in TAKEN if isinstance(value, str) else ():
        if value == taken or value.startswith(f"{taken}/"):
            yield (), f"{taken} is the portal's own: choose another folder below /opt", ""


def several(each: Check) -> Check:
    """A list."""

    def check(value: Any) -> Iterator[Mistake]:
        if not isinstance(value, list):
            yield (), 'must be a list: ["…", "…"]', ""
            return
        for index, item in enumerate(value):
            for place, words, hint in each(item):
                yield (index, *place), words, hint

    return check


def one_or_several(each: Check) -> Check:
    """One, or a list that has some."""

    def check(value: Any) -> Iterator[Mistake]:
        yield from (several(each) if isinstance(value, list) else each)(value)
        if value == []:
            yield (), "must not be empty", ""

    return check


def table(key: Check, each: Check) -> Check:
    """Any `key = value` lines."""

    def check(value: Any) -> Iterator[Mistake]:
        if not isinstance(value, dict):
            yield (), "must be a table of 'key = value' lines", ""
            return
        for name, item in value.items():
            for _, words, hint in key(name):
                yield (name,), words, hint
            for place, words, hint in each(item):
                yield (name, *place), words, hint

    return check


def record(keys: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """A table of certain keys."""

    def check(value: Any) -> Iterator[Mistake]:
        if not isinstance(value, dict):
            yield (), "must be a table of 'key = value' lines", ""
            return
        for name, item in value.items():
            if name not in keys:
                words = f"there is no such key here; {choice(keys)}"
                yield (name,), words, meant(name, keys)
            else:
                for place, words, hint in keys[name](item):
                    yield (name, *place), words, hint
        for name in required:
            if name not in value:
                yield (name,), "is missing", ""

    return check


coordinates = several(matching(COORDINATES, "group:artifact:version, as Maven has it"))
python_names = several(matching(PYTHON, "the name of a Python package"))
package = matching(PACKAGE, "the name of a Debian package")

JARS = {
    "folder": guest_path,
    "coordinates": coordinates,
    "alone": coordinates,
    "without": several(matching(ARTIFACTS, "group or group:artifact")),
}
ARCHIVE = {
    "folder": guest_path,
    "train": matching(FILE, "the name of a file beside image.toml"),
    "guest": several(matching(FILE, "the name of one of the guest's programs")),
}
IMAGE = {
    "summary": text,
    "tag": matching(TAG, "name:version, as Docker calls an image"),
    "starts_from": matching(NAME, "an image's name"),
    "for_labs": flag,
    "when_asked": flag,
    "path": several(matching(GUEST_PATH, "a path below /opt, as a cluster sees it")),
    "binds": table(guest_path, text),
    "environment": table(matching(VARIABLE, "the name of a variable"), text),
    "programs": table(matching(PROGRAM, "the name of a program"), one_or_several(package)),
    "python": python_names,
    "portal_python": python_names,
    "jars": record(JARS, required=("folder", "coordinates")),
    "archive": record(ARCHIVE, required=("folder",)),
}
image = record(IMAGE, required=("summary",))
