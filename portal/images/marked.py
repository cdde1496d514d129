"""TOML with the line and column of everything in it, by the standard library's reader alone.

That reader tells no positions. But a text cut at the end of a line is TOML only where a statement
ends, because everything longer than a line is open until it is closed. So the statements' lines
are found by reading ever longer pieces, and in the same way the items of a list.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 32 * 1024
WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
LIST = re.compile(r"^[^=\[]+=\s*\[")

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text; both count from 1."""

    line: int
    column: int


START = Mark(1, 1)


class NotToml(Exception):
    """The text is no TOML."""

    def __init__(self, mark: Mark, message: str):
        super().__init__(message)
        self.mark = mark


def read(text: str) -> dict[str, Any]:
    """What the text says. Raises NotToml."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise NotToml(START, f"is longer than {MAX_BYTES // 1024} KB")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = str(error)
        found = WHERE.search(words)
        lines = text.splitlines() or [""]
        end = Mark(len(lines), len(lines[-1]) + 1)
        mark = Mark(int(found[1]), int(found[2])) if found and found[1] else end
        raise NotToml(mark, f"is not TOML: {WHERE.sub('', words)}") from error


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of a text that says something: from `line` on, these are the places it adds."""

    line: int
    text: str
    places: frozenset[Place]


def find(text: str, place: Place) -> Mark:
    """Where a place of a text that was read starts; of one that isn't there, what is around it."""
    statements = list(split(text))
    for length in range(len(place), 0, -1):
        for each in statements:
            if place[:length] in each.places:
                return within(each, place[:length])
    return START


def split(text: str) -> Iterator[Statement]:
    """The statements of a text that was read."""
    lines = text.splitlines(keepends=True)
    seen: frozenset[Place] = frozenset()
    begun = 0
    for end in range(1, len(lines) + 1):
        try:
            said = tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        places = frozenset(places_in(said))
        yield Statement(begun + 1, "".join(lines[begun:end]), places - seen)
        begun, seen = end, places


def places_in(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every place below one."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, each in items:
        yield (*place, key)
        yield from places_in(each, (*place, key))


def within(statement: Statement, place: Place) -> Mark:
    """Where a place stands in the statement that adds it: an item of a list, or the statement."""
    text = statement.text
    at = len(text) - len(text.lstrip())
    opened = LIST.match(text)
    if opened and place and isinstance(place[-1], int):
        at = item(text, opened.end(), place[-1])
    return Mark(statement.line + text[:at].count("\n"), at - text.rfind("\n", 0, at))


def item(statement: str, opened: int, index: int) -> int:
    """Where an item of a list begins, whose bracket is before `opened`."""
    ends = [opened]
    for end in range(opened, len(statement)):
        try:
            items = tomllib.loads(f"x = [{statement[opened:end]}\n]")["x"]
        except tomllib.TOMLDecodeError:
            continue
        if len(items) <= index:
            ends.append(end)
    return max(ends)
