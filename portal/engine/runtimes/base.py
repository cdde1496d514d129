"""The contract that every runtime keeps. `tests/contract/` holds each of them to it.

A runtime knows sessions and services by name only; everything else about them is the caller's.
States of a session's cluster, as `observe` tells them: *absent* (never there, or already down),
*starting* (its processes exist, not all are ready), *up*, *broken* (a part that should run does
not), *asleep* (`freeze` has begun, and `thaw` has not ended since). `down` is allowed in every
state; already gone is success. Whatever a failed `up` began it has ended before it raises.

What is asleep stands still, in whatever it was, and loses nothing. Who follows its log or a command
waits; whoever asks something new is told ClusterAsleep.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from portal.engine.lab.cluster import ServiceSpec
from portal.engine.runtimes.facts import (
    Built,
    Health,
    Impairment,
    LogLine,
    ProcessHealth,
    Progress,
    State,
    Stats,
    Stock,
)
from portal.engine.runtimes.ptys import Pty, PtyBegan, PtyDrawn, PtyEnded, PtyEvent, PtyWrote
from portal.engine.terminals import Size
from portal.images.spec import Image

__all__ = [
    "Built",
    "Cancelled",
    "ClusterSpec",
    "Execution",
    "Halt",
    "Health",
    "Image",
    "Impairment",
    "LogLine",
    "Output",
    "ProcessHealth",
    "Progress",
    "Pty",
    "PtyBegan",
    "PtyDrawn",
    "PtyEnded",
    "PtyEvent",
    "PtyWrote",
    "Runtime",
    "State",
    "Stats",
    "Stock",
    "never",
]

Cancelled = Callable[[], bool]


def never() -> bool:
    """Nobody cancels."""
    return False


class Halt(StrEnum):
    """How `halt` puts a process out of work."""

    STOP = "stop"
    """SIGTERM, and SIGKILL when that doesn't end it in time."""
    KILL = "kill"
    """SIGKILL: nothing is put in order."""
    PAUSE = "pause"
    """SIGSTOP: it is there, and does nothing."""


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What `up` starts, in the name of one session. Of a lab's steps a runtime knows nothing."""

    session: str
    services: tuple[ServiceSpec, ...]
    tools: str
    """The service in which probes run."""
    files: Mapping[str, bytes]
    """Content by path under `/w205`."""
    modes: Mapping[str, int] = field(default_factory=dict)
    """As in `chmod`; 0644 for a file that none is given for."""


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


class Runtime(ABC):
    """Starts, drives and ends clusters. Safe to use from several threads."""

    name: ClassVar[str]
    makes_images: ClassVar[bool] = False
    """Whether `prepare` has something to do; else images are what the installer brings."""
    merges: bool = False
    """Whether the kernel may keep pages once that are alike in several clusters."""

    @abstractmethod
    def check(self) -> None:
        """Return if this host can run clusters; else raise RuntimeUnavailable, saying how to."""

    def about(self) -> str:
        """What makes its clusters, with its version. Raises RuntimeUnavailable."""
        return self.name

    @abstractmethod
    def stock(self) -> list[Stock]:
        """What this host has of the images that labs run on. Raises ClusterError."""

    def prepare(
        self, *, base: str = "", anew: bool = False, only_look: bool = False
    ) -> Iterator[Built]:
        """Have every image, made from what is here now, and yield what happens.

        `base` is what the first starts from, instead of what it says itself. `anew` makes even
        what is up to date; `only_look` raises RuntimeUnavailable for what isn't. Yields nothing
        where the runtime makes no images.
        """
        yield from ()

    @abstractmethod
    def up(self, spec: ClusterSpec, *, cancelled: Cancelled = never) -> Iterator[Progress]:
        """Start a cluster and yield its progress; it is up when the iteration ends.

        A cluster that is there already is adopted, and woken: its services that run are left alone.
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
    def halt(self, session: str, process: str, how: Halt, *, timeout: float = 10.0) -> None:
        """Put a process out of work on purpose: a service's own, or a server.

        A cluster isn't *broken* by that: `observe` tells that it is held, until `resume` or a
        `start` under its name. Safe to repeat, and one way may follow on another; what has ended
        already is held as it is. Raises ClusterGone; StepFailed for one that never was.
        """

    @abstractmethod
    def resume(self, session: str, process: str) -> None:
        """Have a process work again: a paused one goes on, one that has ended is started as it
        was, and is held still if it ends within a minute. One that runs is left alone. Raises as
        `halt` does.
        """

    @abstractmethod
    def impair(self, session: str, service: str, how: Impairment | None) -> None:
        """Have a service's link to all others carry nothing, or little; with None, everything
        again.

        Its processes go on, and no cluster is *broken* by it. Safe to repeat, and one way may
        follow on another. Raises ClusterGone; StepFailed for a service that isn't there, or where
        the host has no means to.
        """

    @abstractmethod
    def impaired(self, session: str) -> Mapping[str, Impairment]:
        """The services whose links are cut or slow. None for a cluster that isn't there."""

    @abstractmethod
    def open_pty(
        self,
        session: str,
        service: str,
        name: str,
        size: Size,
        *,
        since: int = 0,
        epoch: str = "",
        begin: bool = True,
    ) -> Pty:
        """Attach to the terminal of that name in a service; it is made if there is none.

        A shell is begun in it unless one runs; without `begin` it is only attached to, as it is,
        and StepFailed raised where none is. `since` is how much of that `epoch` is known already:
        what follows is told, as far as it is there. The terminal belongs to the cluster: it
        outlives whoever is attached, and ends with `down`. All who are attached see the same.
        Raises ClusterGone; StepFailed for a service that isn't there, or too many terminals.
        """

    @abstractmethod
    def logs(
        self, session: str, service: str, since: int = 0, *, cancelled: Cancelled = never
    ) -> Iterator[LogLine]:
        """Yield the lines after number `since`, then wait for more; end with the cluster.

        Lines that the runtime's bound trimmed are skipped: the numbers show how many.
        """

    @abstractmethod
    def put_file(self, session: str, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Write a file under `/w205`, whole or not at all. Raises ClusterGone, StepFailed."""

    def put_files(self, session: str, files: Mapping[str, bytes], modes: Mapping[str, int]) -> None:
        """Write several, by path, each with its mode if one is given. Raises as `put_file` does."""
        for path, content in files.items():
            self.put_file(session, path, content, mode=modes.get(path, 0o644))

    @abstractmethod
    def get_file(self, session: str, path: str, *, limit: int = 64 * 2**20) -> bytes:
        """Read a file under `/w205`. Raises FileNotFoundError, ClusterGone."""

    @abstractmethod
    def stats(self, session: str) -> Stats:
        """Measure a cluster. Raises ClusterGone."""

    @abstractmethod
    def freeze(self, session: str) -> None:
        """Have every process of a cluster stand still. Asleep already is success.

        Whoever ends in the middle of it has left a cluster that `observe` calls asleep. Raises
        ClusterGone; ClusterError where something does not stand still, and then nothing does.
        """

    @abstractmethod
    def thaw(self, session: str) -> None:
        """Have them go on. Awake already is success. Raises ClusterGone, ClusterError."""

    @abstractmethod
    def down(self, session: str) -> None:
        """End a cluster and everything of it. Already gone is success."""

    @abstractmethod
    def list_all(self) -> list[str]:
        """The sessions whose clusters, or remains of them, are on this host."""
