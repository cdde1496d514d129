"""YAML with every value's line and column; only the plain part of YAML that labs need.

Left out on purpose: tags, anchors and aliases, and YAML 1.1's surprises (`yes` and `on` as
booleans, dates, numbers in base 60). All that reads like a word is text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 512 * 1024
MAX_DEPTH = 30
MAX_NODES = 20_000
"""Values and keys; a long lab has a thousand."""
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
NO_TEXT = re.compile("[\0\ud800-\udfff]")
BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
NULLS = {"", "~", "null", "Null"}
OCTAL = re.compile(r"0o?[0-7]{1,8}")
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
PLAINLY = (
    ("mapping values", "a text that holds ': ' goes in quotes; or mind the indentation"),
    (r"character '\\t'", "a tab is no indentation: use spaces"),
    ("found character", "a text that starts with a character like ` @ % or & goes in quotes"),
    ("unexpected end of stream", "a quote that is opened somewhere before is not closed"),
    ("expected ',' or", "a list or mapping in brackets is not closed, or lacks a comma"),
    (
        "expected <block end>",
        "this is indented unlike its neighbours, or a quote before is open",
    ),
    ("could not find expected ':'", "a line before says 'key' and no ':' behind it"),
)
"""PyYAML's words for the mistakes that people make, and ours."""
FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text; both count from 1."""

    line: int
    column: int


START = Mark(1, 1)


class NotPlain(Exception):
    """The text is no YAML, or uses more of it than labs may."""

    def __init__(self, mark: Mark, message: str):
        super().__init__(message)
        self.mark = mark
        self.message = message


@dataclass(slots=True)
class Node:
    """A value and where it starts. A mapping has `keys` too: where each key stands."""

    mark: Mark
    value: Any = None
    children: dict[str | int, "Node"] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.children.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.children.values()]
        return self.value


def compose(text: str) -> Node:
    """Read one document. Raises NotPlain at the first thing that is wrong."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise NotPlain(START, f"is longer than {MAX_BYTES // 1024} KB")
    try:
        return Reader(text).document()
    except yaml.reader.ReaderError as error:
        raise NotPlain(
            mark_at(text, error.position), "holds a character that YAML forbids"
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(filter(None, (error.context, error.problem)))
        raise NotPlain(of(mark) if mark else START, f"is not YAML: {plainly(words)}") from error
    except yaml.YAMLError as error:
        raise NotPlain(START, f"is not YAML: {error}") from error


def plainly(words: str) -> str:
    """What PyYAML says, as what to do; its own words where it is none of the usual mistakes."""
    return next((said for pattern, said in PLAINLY if re.search(pattern, words)), words)


def mark_at(text: str, index: int) -> Mark:
    """The line and column of the character at `index`."""
    before = BREAK.split(text[:index])
    return Mark(len(before), len(before[-1]) + 1)


def of(mark: Any) -> Mark:
    """PyYAML's mark, which counts from 0, as ours."""
    return Mark(mark.line + 1, mark.column + 1)


class Reader:
    """Builds nodes from PyYAML's events, so that no tag is ever acted upon."""

    def __init__(self, text: str):
        self.events = events(text)
        self.event: yaml.Event = yaml.StreamStartEvent()
        self.left = MAX_NODES

    def document(self) -> Node:
        """The only document of the text."""
        self.next()
        self.next()
        if isinstance(self.event, yaml.StreamEndEvent):
            raise NotPlain(START, "is empty: a lab starts with 'name: …'")
        self.next()
        root = self.node(depth=0)
        self.next()
        self.next()
        if not isinstance(self.event, yaml.StreamEndEvent):
            raise NotPlain(of(self.event.start_mark), "starts a second document: a lab is one")
        return root

    def next(self) -> yaml.Event:
        """Step to the next event."""
        self.event = next(self.events)
        return self.event

    def node(self, depth: int) -> Node:
        """The node that the present event starts."""
        event = self.event
        mark = of(event.start_mark)
        self.left -= 1
        if self.left < 0:
            raise NotPlain(mark, f"is one value too many: a lab has {MAX_NODES:,} at most")
        if depth > MAX_DEPTH:
            raise NotPlain(mark, f"is nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise NotPlain(
                mark, "anchors (&) and aliases (*) aren't read: write it out, or quote it"
            )
        if getattr(event, "tag", None):
            raise NotPlain(mark, "tags (!) aren't read: leave it out, or put the text in quotes")
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(mark, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(mark, depth)
        assert isinstance(event, yaml.ScalarEvent), event  # noqa: S101 - the only kind left
        return Node(mark, scalar(event, mark))

    def mapping(self, mark: Mark, depth: int) -> Node:
        """`key: value` pairs, each key once."""
        made = Node(mark, {})
        while not isinstance(self.next(), yaml.MappingEndEvent):
            key = self.node(depth + 1)
            if not isinstance(key.value, str):
                raise NotPlain(key.mark, "this key isn't text: put it in quotes")
            if key.value in made.keys:
                first = made.keys[key.value].line
                raise NotPlain(key.mark, f"{key.value!r} is given twice, first on line {first}")
            self.next()
            made.keys[key.value] = key.mark
            made.children[key.value] = self.node(depth + 1)
        return made

    def sequence(self, mark: Mark, depth: int) -> Node:
        """A list."""
        made = Node(mark, [])
        while not isinstance(self.next(), yaml.SequenceEndEvent):
            made.children[len(made.children)] = self.node(depth + 1)
        return made


def events(text: str) -> Iterator[yaml.Event]:
    """PyYAML's events. An escape that names no character is an error of YAML's here too."""
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError) as error:
        # "\UFFFFFFFF" in quotes: PyYAML hands it to chr() unlooked at.
        raise NotPlain(of(loader.get_mark()), f"is not YAML: {error}") from error
    finally:
        loader.dispose()


def scalar(event: yaml.ScalarEvent, mark: Mark) -> str | int | float | bool | None:
    """The value of a scalar: quoted and block text is text, plain text may be more."""
    value: str = event.value
    if NO_TEXT.search(value):
        raise NotPlain(mark, "holds an escape that names no character of a text")
    if event.style is not None:
        return value
    if value in NULLS:
        return None
    if value in BOOLEANS:
        return BOOLEANS[value]
    if OCTAL.fullmatch(value):
        return int(value.replace("o", ""), 8)
    if INTEGER.fullmatch(value):
        return int(value)
    return float(value) if FLOAT.fullmatch(value) else value
