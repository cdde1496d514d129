"""The contract that every runtime keeps. `tests/contract/` holds each of them to it.

A runtime knows sessions and services by name only; everything else about them is the caller's.
States of a session's cluster, as `observe` tells them: *absent* (never there, or already down),
*starting* (its processes exist, not all are ready), *up*, *broken* (a part that should run does
not). `down` is allowed in every state; already gone is success. Whatever a failed `up` began it
has ended before it raises.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from portal.engine.spec import LabSpec

Cancelled = Callable[[], bool]


def never() -> bool:
    """Nobody cancels."""
    return False


class State(StrEnum):
    """What `observe` found."""

    ABSENT = "absent"
    STARTING = "starting"
    UP = "up"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Image:
    """What an operator lets a lab's service run on.

    `docker` is an image name. For the sandbox: `binds` maps guest paths to host paths, read-only;
    `path` lists guest folders searched first for commands.
    """

    name: str
    docker: str
    path: tuple[str, ...] = ()
    binds: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What `up` starts: a lab's services and files, in the name of one session."""

    session: str
    lab: LabSpec
    files: Mapping[str, bytes]
    """Content by path under `/w205`."""


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


@dataclass(frozen=True, slots=True)
class Health:
    """What runs of a session's cluster, and what does not."""

    state: State
    processes: tuple[ProcessHealth, ...] = ()

    def process(self, name: str) -> ProcessHealth | None:
        """The process of that name, if it was ever started."""
        return next((each for each in self.processes if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of what a command wrote, as bytes: anything may be in it."""

    stream: str
    """`stdout` or `stderr`."""
    data: bytes


class Execution(ABC):
    """A running command: iterate over it for its output; afterwards `exit_status` is set.

    Iterating raises CommandTimedOut, CommandCancelled, OutOfMemory or ClusterGone. Leaving the
    iteration early and calling `close` ends the command and all that it started.
    """

    exit_status: int | None = None

    @abstractmethod
    def __iter__(self) -> Iterator[Output]: ...

    @abstractmethod
    def close(self) -> None:
        """End it. Already ended is success."""


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


class Runtime(ABC):
    """Starts, drives and ends clusters. Safe to use from several threads."""

    name: ClassVar[str]

    @abstractmethod
    def check(self) -> None:
        """Return if this host can run clusters; else raise RuntimeUnavailable, saying how to."""

    def about(self) -> str:
        """What makes its clusters, with its version. Raises RuntimeUnavailable."""
        return self.name

    @abstractmethod
    def up(self, spec: ClusterSpec, *, cancelled: Cancelled = never) -> Iterator[Progress]:
        """Start a cluster and yield its progress; it is up when the iteration ends.

        A cluster that is there already is adopted: its services that run are left alone.
        Raises ServiceNotReady, CommandCancelled, CapacityExceeded or RuntimeUnavailable, after
        it has ended what it started. Leaving the iteration early does the same.
        """

    @abstractmethod
    def observe(self, session: str) -> Health:
        """Say what is there now. Never raises for a cluster that isn't."""

    @abstractmethod
    def exec(
        self,
        session: str,
        service: str,
        argv: tuple[str, ...],
        *,
        stdin: bytes = b"",
        timeout: float = 60.0,
        cancelled: Cancelled = never,
    ) -> Execution:
        """Run a command in a service. Raises ClusterGone. A command that isn't there ends with
        exit status 127 and a line on stderr."""

    @abstractmethod
    def start(self, session: str, service: str, process: str, argv: tuple[str, ...]) -> None:
        """Start a server that outlives this call; its lines join the service's log.

        One that runs under this name already is left alone: starting is safe to repeat.
        """

    @abstractmethod
    def interrupt(self, session: str, process: str, *, timeout: float = 10.0) -> int | None:
        """Control-C; when that doesn't end it in time, kill it. Return its exit status.

        Not running (any more) is success; None if nothing is known of it.
        """

    @abstractmethod
    def logs(
        self, session: str, service: str, since: int = 0, *, cancelled: Cancelled = never
    ) -> Iterator[LogLine]:
        """Yield the lines after number `since`, then wait for more; end with the cluster.

        Lines that the runtime's bound trimmed are skipped: the numbers show how many.
        """

    @abstractmethod
    def put_file(self, session: str, path: str, content: bytes) -> None:
        """Write a file under `/w205`, whole or not at all. Raises ClusterGone, StepFailed."""

    @abstractmethod
    def get_file(self, session: str, path: str, *, limit: int = 64 * 2**20) -> bytes:
        """Read a file under `/w205`. Raises FileNotFoundError, ClusterGone."""

    @abstractmethod
    def stats(self, session: str) -> Stats:
        """Measure a cluster. Raises ClusterGone."""

    @abstractmethod
    def down(self, session: str) -> None:
        """End a cluster and everything of it. Already gone is success."""

    @abstractmethod
    def list_all(self) -> list[str]:
        """The sessions whose clusters, or remains of them, are on this host."""
