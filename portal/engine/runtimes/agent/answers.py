"""What an agent answers, read with suspicion: a student's code could have taken its place."""

import base64
from collections.abc import Mapping
from typing import Any

from portal.engine.errors import ClusterGone
from portal.engine.runtimes.base import LogLine, ProcessHealth
from portal.engine.terminals import Size

NAME_LIMIT = 60
WORDS_LIMIT = 500
PROCESSES_LIMIT = 1000
NUMBER_LIMIT = 2**62
TIME_LIMIT = 1e12


class Nonsense(ClusterGone):
    """The agent answered what it never would: whatever it is, it isn't our agent any more."""

    def __init__(self) -> None:
        super().__init__("The cluster's agent answers nonsense.")


class Answer:
    """The fields of one answer. Whatever isn't of its type raises Nonsense."""

    def __init__(self, fields: Mapping[str, Any]):
        self.fields = fields

    def __bool__(self) -> bool:
        return bool(self.fields)

    def __contains__(self, key: str) -> bool:
        return key in self.fields

    def number(self, key: str) -> int:
        """A whole number of sane size."""
        value = self.fields.get(key)
        if type(value) is not int or abs(value) > NUMBER_LIMIT:
            raise Nonsense
        return value

    def status(self, key: str) -> int | None:
        """An exit status, negative for a signal; None for one that still runs."""
        return None if self.fields.get(key) is None else self.number(key)

    def time(self, key: str) -> float:
        """Seconds."""
        value = self.fields.get(key)
        if not isinstance(value, int | float) or not abs(value) < TIME_LIMIT:  # Catches NaN, too.
            raise Nonsense
        return float(value)

    def computed(self) -> float | None:
        """Seconds of processor time; None of an agent from before it told that."""
        return self.time("computed") if "computed" in self.fields else None

    def text(self, key: str) -> str:
        """A name."""
        value = self.fields.get(key)
        if not isinstance(value, str):
            raise Nonsense
        return words(value, NAME_LIMIT)

    def data(self, key: str) -> bytes:
        """Bytes, sent as base64."""
        try:
            return base64.b64decode(self.fields[key], validate=True)
        except (KeyError, ValueError, TypeError) as error:
            raise Nonsense from error

    def flag(self, key: str) -> bool:
        """Yes or no."""
        value = self.fields.get(key)
        if not isinstance(value, bool):
            raise Nonsense
        return value

    def size(self, key: str) -> Size:
        """A window's size."""
        value = self.fields.get(key)
        if not isinstance(value, list) or len(value) != 2:
            raise Nonsense
        if not all(type(each) is int for each in value):
            raise Nonsense
        return Size.of(*value)

    def log_line(self) -> LogLine:
        """A line of a log."""
        return LogLine(self.number("n"), self.time("at"), self.text("p"), self.data("t"))

    def processes(self) -> tuple[ProcessHealth, ...]:
        """The processes that `observe` tells of."""
        found = self.fields.get("processes")
        if not isinstance(found, list) or len(found) > PROCESSES_LIMIT:
            raise Nonsense
        if not all(isinstance(each, dict) for each in found):
            raise Nonsense
        return tuple(Answer(each).process() for each in found)

    def process(self) -> ProcessHealth:
        """One process's health."""
        return ProcessHealth(
            name=self.text("name"),
            service=self.text("service"),
            is_running=self.flag("running"),
            exit_status=self.status("exit"),
            started_at=self.time("started"),
            # One from before there were faults says nothing of it.
            is_held=self.fields.get("held") is True,
        )


def words(value: object, limit: int = WORDS_LIMIT) -> str:
    """Text that any page or database takes: no control characters, no half characters."""
    text = str(value)[:limit].encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() else " " for each in text)
