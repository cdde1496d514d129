"""Read the JSON lines of a guest program. They come from where students' code runs: hostile."""

import json
import math
from collections.abc import Callable, Iterator
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec

from portal.engine.errors import ClusterError, Part
from portal.engine.runtimes.base import Execution

KEPT_STDERR = 4096
USUAL_BYTES = 256 * 1024
LARGEST = {
    # A mebibyte of output is passed on altogether; in JSON it may be six times as long.
    **dict.fromkeys(("prompt", "stdout", "stderr", "result"), 8 * 2**20),
    "error": 4 * 2**20,
    **dict.fromkeys(("table", "union", "records", "exchange", "topics"), 16 * 2**20),
}
"""Bytes of a line, by the type that it says it is."""
NODES, PARTS = 1_000_000, 2_000_000
"""Objects and lists in a message, and what they hold; each takes far more memory than text."""
DIGITS = 20
"""Of a whole number, its sign among them."""


class _Head(msgspec.Struct):
    type: Annotated[str, msgspec.Meta(max_length=40)]


_head = msgspec.json.Decoder(_Head)
Given = TypeVar("Given")
Message = TypeVar("Message")


class GarbledReply(ClusterError):
    """A guest program said something that it never says."""

    code = "garbled-reply"
    # A student's file, or a process that was ended in mid-word: nothing here tells which.
    part = Part.UNKNOWN
    advice = "Something in the cluster disturbs the portal's own programs there. Reset the cluster."


class Lines:
    """The messages of a running guest program; iterate once. Afterwards `stderr` holds its end.

    Raises GarbledReply for a line that is too long or is no message, and what the execution
    raises.
    """

    def __init__(self, execution: Execution, limit: int):
        self.execution = execution
        self.limit = limit
        self.stderr = b""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for line in self.raw():
            yield parsed(parse_message, line)

    def raw(self) -> Iterator[bytes]:
        """The lines as they are, for those who parse them themselves."""
        rest = bytearray()
        try:
            for piece in self.execution:
                if piece.stream != "stdout":
                    self.stderr = (self.stderr + piece.data)[-KEPT_STDERR:]
                    continue
                rest += piece.data
                *whole, last = rest.split(b"\n") if b"\n" in piece.data else (rest,)
                for line in whole:
                    if len(line) > self.limit:
                        raise GarbledReply(
                            "A program in the cluster wrote a line that is too long."
                        )
                    yield bytes(line)
                rest = last
                if len(rest) > self.limit:
                    raise GarbledReply("A program in the cluster wrote a line without an end.")
        finally:
            self.execution.close()

    def last_words(self) -> str:
        """The last line that it wrote to stderr."""
        lines = self.stderr.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def parsed(parse: Callable[[Given], Message], given: Given) -> Message:
    """What a guest program says, parsed. Raises GarbledReply."""
    try:
        return parse(given)
    except ValueError as error:
        raise GarbledReply(f"A program in the cluster wrote no message: {error}") from error


def parse_message(line: bytes) -> dict[str, Any]:
    """One line as a JSON object with a `type`. Raises ValueError, whatever the bytes are.

    How large a line may be depends on what it says it is, and that is read before anything is made
    of the rest: sixteen megabytes of `{},{},…` would be hundreds in memory.
    """
    try:
        kind = _head.decode(line).type
        if len(line) > LARGEST.get(kind, USUAL_BYTES):
            raise ValueError(f"a message of {len(line)} bytes is too long for {kind!r}")
        if line.count(b"{") + line.count(b"[") > NODES or line.count(b",") > PARTS:
            raise ValueError("it has too many parts")
        found = json.loads(
            line.decode(), parse_constant=_refuse, parse_float=_finite, parse_int=_bounded
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise ValueError("it is no object with a type")
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large")
    return number


def _bounded(text: str) -> int:
    # Guest programs tell larger ones as text (guest.plain): no column and no float holds them.
    if len(text) > DIGITS:
        raise ValueError(f"{text[:40]} is too large")
    return int(text)


def whole(value: object, *, least: int = 0, most: int = 2**63 - 1) -> int:
    """A whole number within bounds. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"expected a whole number from {least} to {most}")
    return value


def number(value: object) -> float:
    """A duration in seconds. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9:
        raise ValueError("expected a number of seconds")
    return float(value)


def text(value: object, limit: int = 2**24) -> str:
    """A text of bounded length that a database can hold. Raises ValueError."""
    if not isinstance(value, str) or len(value) > limit:
        raise ValueError(f"expected a text of at most {limit} characters")
    return value.encode("utf-8", "replace").decode().replace("\0", "\u2400")


def items(value: object, limit: int) -> list[Any]:
    """A list of bounded length. Raises ValueError."""
    if not isinstance(value, list) or len(value) > limit:
        raise ValueError(f"expected a list of at most {limit}")
    return value


def record(value: object) -> dict[str, Any]:
    """An object. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError("expected an object")
    return value
