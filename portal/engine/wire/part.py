"""What some bytes of a connection are: each part has a name, a place and a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_PARTS = 2000
"""Of one direction; what follows is one part more."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes that belong together, from `begin` up to `end`."""

    name: str
    begin: int
    end: int
    says: str = ""
    """What it is or means, as a sentence."""
    is_odd: bool = False
    """Whether HTTP would have it otherwise."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, where its text ends and where the next one begins: what is between ends it."""

    begin: int
    until: int
    end: int
    text: bytes

    @property
    def has_end(self) -> bool:
        """Whether its end has come."""
        return self.end > self.until


@dataclass(slots=True)
class Message:
    """A request or a reply as it was found; nothing that is said of it need be true to HTTP."""

    begin: int
    end: int = 0
    line: bytes = b""
    """Its first line."""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Names in small letters, and values, in order."""
    body: bytes = b""
    """Without what frames chunks."""
    parts: list[Part] = field(default_factory=list)
    lacks: str = ""
    """What has not come of it: `line`, `headers`, `body`, or nothing."""
    notes: list[str] = field(default_factory=list)
    """What is odd about the whole, in sentences."""

    @property
    def words(self) -> list[bytes]:
        """Those of its first line."""
        return self.line.split(None, 2)

    def values(self, name: bytes) -> list[bytes]:
        """Each value of a header."""
        return [value for each, value in self.headers if each == name]

    def value(self, name: bytes) -> bytes:
        """The last value of a header; empty where there is none."""
        found = self.values(name)
        return found[-1] if found else b""

    @property
    def is_chunked(self) -> bool:
        """Whether its body comes in chunks."""
        codings = b",".join(self.values(b"transfer-encoding")).lower()
        return codings.rpartition(b",")[2].strip() == b"chunked"

    @property
    def length(self) -> int | None:
        """How long it says that its body is; None where it doesn't, or not so that one knows."""
        found = {
            each.strip() for value in self.values(b"content-length") for each in value.split(b",")
        }
        only = found.pop() if len(found) == 1 else b""
        return int(only) if only.isdigit() and len(only) <= 12 else None


class Cursor:
    """Where a reader stands in some bytes."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0
        self.count = 0

    def ended(self) -> bool:
        """Whether all has been read."""
        return self.at >= len(self.data)

    @property
    def is_full(self) -> bool:
        """Whether there are as many parts as are told apart."""
        return self.count >= MOST_PARTS

    def peek(self) -> Line:
        """The line that comes next, up to a line feed; a carriage return before that is its end."""
        found = self.data.find(b"\n", self.at)
        if found < 0:
            return Line(self.at, len(self.data), len(self.data), self.data[self.at :])
        until = found - 1 if found > self.at and self.data[found - 1] == 13 else found
        return Line(self.at, until, found + 1, self.data[self.at : until])

    def take(self, message: Message, name: str, end: int, says: str = "", odd: bool = False) -> int:
        """The bytes up to `end` as a part of a message; return how many that are."""
        end = min(end, len(self.data))
        size = end - self.at
        if size > 0:
            message.parts.append(Part(name, self.at, end, says, odd))
            self.count += 1
        self.at = message.end = end
        return size

    def rest(self, message: Message, name: str, says: str = "", odd: bool = True) -> None:
        """All that is left as one part."""
        self.take(message, name, len(self.data), says, odd)


def parts_of(messages: list[Message]) -> Iterator[Part]:
    """Every part of some messages, in order: together they are all the bytes."""
    for message in messages:
        yield from message.parts
