"""What a runtime tells of its clusters and its host."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What `observe` found."""

    ABSENT = "absent"
    STARTING = "starting"
    UP = "up"
    BROKEN = "broken"
    ASLEEP = "asleep"


class Impairment(StrEnum):
    """What `impair` does to a service's link."""

    CUT = "cut"
    """Nothing comes from it, or goes to it."""
    SLOW = "slow"
    """`SLOW_KBIT` a second leave it, and no more."""


SLOW_KBIT = 32
"""Thousands of bits a second: 4 KB, as by a modem of old."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One phase of a launch: `service` waits for `waits_for`, or is done after `seconds`."""

    service: str
    waits_for: str
    is_done: bool = False
    seconds: float = 0.0
    usual: float = 0.0


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """One process of a cluster: a service's own, or a server that a step started."""

    name: str
    service: str
    is_running: bool
    exit_status: int | None = None
    """Negative: the number of the signal that ended it."""
    started_at: float = 0.0
    """Seconds since the epoch."""
    is_held: bool = False
    """`halt` has put it out of work; paused it runs all the same."""

    @property
    def is_broken(self) -> bool:
        """A service's own process that has ended, and not on purpose."""
        return self.name == self.service and not self.is_running and not self.is_held


@dataclass(frozen=True, slots=True)
class Health:
    """What runs of a session's cluster, and what does not."""

    state: State
    processes: tuple[ProcessHealth, ...] = ()

    def process(self, name: str) -> ProcessHealth | None:
        """The process of that name, if it was ever started."""
        return next((each for each in self.processes if each.name == name), None)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a service's log. Numbers start at 1 and have no holes."""

    number: int
    at: float
    """Seconds since the epoch, on arrival."""
    process: str
    """The service's name, or that of the server whose line it is."""
    text: bytes
    """Without its newline; a longer line than the runtime's bound is cut into several."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What a session's cluster uses now."""

    memory_bytes: int
    processes: int
    processor_seconds: float | None = None
    """For how long it has computed since it began; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Stock:
    """One image, as it is on this host."""

    tag: str
    state: str
    """*present*, *stale* (older than what it is made from) or *missing*."""
    size: int = 0
    """Bytes, those of its base included."""
    built_at: str = ""
    """ISO 8601; empty where nobody knows."""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of one image; `says` is a line of a build that still runs."""

    tag: str
    says: str = ""
    is_done: bool = False
    is_new: bool = False
    seconds: float = 0.0
    size: int = 0
    """Bytes, those of its base included."""
