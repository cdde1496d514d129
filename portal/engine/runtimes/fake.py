"""A runtime in memory, for tests that need no real cluster; `faults.py` makes it fail.

It keeps the contract in small: a command answers what `replies` says for it, a server runs until
it is interrupted, and a log has the lines that a test makes it `say`.
"""

import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from portal.engine.errors import (
    ClusterAsleep,
    ClusterGone,
    CommandCancelled,
    CommandTimedOut,
    StepFailed,
)
from portal.engine.runtimes.base import (
    Cancelled,
    ClusterSpec,
    Execution,
    Halt,
    Health,
    Image,
    Impairment,
    LogLine,
    Output,
    ProcessHealth,
    Progress,
    Pty,
    Runtime,
    State,
    Stats,
    Stock,
    never,
)
from portal.engine.runtimes.fake_pty import FakePty, FakeTerminal
from portal.engine.terminals import Size

POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Reply:
    """What a fake command does: writes, takes its time, and ends."""

    stdout: bytes = b""
    stderr: bytes = b""
    status: int = 0
    seconds: float = 0.0


Replies = Callable[[str, tuple[str, ...]], Reply]
"""What a command answers in a service."""


def nothing(service: str, argv: tuple[str, ...]) -> Reply:
    """Every command succeeds and says nothing."""
    return Reply()


@dataclass(slots=True)
class FakeCluster:
    """What there is of one session."""

    state: State = State.STARTING
    processes: dict[str, ProcessHealth] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[LogLine]] = field(default_factory=dict)
    terminals: dict[tuple[str, str], FakeTerminal] = field(default_factory=dict)
    is_asleep: bool = False
    impaired: dict[str, Impairment | None] = field(default_factory=dict)


class FakeRuntime(Runtime):
    """Clusters in memory, up at once, that do what they are asked to."""

    name: ClassVar[str] = "fake"

    def __init__(self, *, images: Mapping[str, Image] | None = None, replies: Replies = nothing):
        self.images, self.replies = images or {}, replies
        self.clusters: dict[str, FakeCluster] = {}
        self.computed: float | None = 0.0
        """Seconds of processor time that `stats` tells of each."""
        self.lock = threading.Lock()

    def check(self) -> None:
        return

    def stock(self) -> list[Stock]:
        return [Stock(each.tag, "present") for each in self.images.values()]

    def up(self, spec: ClusterSpec, *, cancelled: Cancelled = never) -> Iterator[Progress]:
        was_up = self.observe(spec.session).state in (State.UP, State.ASLEEP)
        with self.lock:
            cluster = self.clusters.setdefault(spec.session, FakeCluster())
            cluster.is_asleep = False
        try:
            if not was_up:
                cluster.files.update(spec.files)
                cluster.modes.update(spec.modes)
            for service in spec.services:
                yield Progress(service.name, "a fake")
                self.wait_for(spec.session, service.name, cancelled)
                if service.command:
                    self.start(spec.session, service.name, service.name, service.command)
                yield Progress(service.name, "a fake", is_done=True)
            cluster.state = State.UP
        except BaseException:
            if not was_up:
                self.down(spec.session)
            raise

    def wait_for(self, session: str, service: str, cancelled: Cancelled) -> None:
        """Return once a service is ready. Raises as `up` does; for others to override."""
        if cancelled():
            raise CommandCancelled

    def observe(self, session: str) -> Health:
        cluster = self.clusters.get(session)
        if cluster is None:
            return Health(State.ABSENT)
        if cluster.is_asleep:
            return Health(State.ASLEEP)
        processes = tuple(cluster.processes.values())
        ended = any(each.is_broken for each in processes)
        return Health(State.BROKEN if ended else cluster.state, processes)

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
        self.awake(session)
        reply = self.replies(service, argv)
        return FakeExecution(reply, timeout, cancelled, lambda: session not in self.clusters)

    def start(self, session: str, service: str, process: str, argv: tuple[str, ...]) -> None:
        cluster = self.awake(session)
        running = cluster.processes.get(process)
        if running is None or not running.is_running:
            started = ProcessHealth(process, service, True, started_at=time.time())
            cluster.processes[process] = started

    def say(self, session: str, service: str, text: bytes, process: str = "") -> None:
        """Add a line to a service's log, as its process would."""
        with self.lock:
            lines = self.find(session).lines.setdefault(service, [])
            lines.append(LogLine(len(lines) + 1, time.time(), process or service, text))

    def interrupt(self, session: str, process: str, *, timeout: float = 10.0) -> int | None:
        self.awake(session)
        return self.end(session, process, 0)

    def halt(self, session: str, process: str, how: Halt, *, timeout: float = 10.0) -> None:
        found = self.find_process(session, process)
        held = replace(found, is_held=True)
        if how is not Halt.PAUSE and found.is_running:
            number = signal.SIGKILL if how is Halt.KILL else signal.SIGTERM
            held = replace(held, is_running=False, exit_status=-number)
        self.find(session).processes[process] = held

    def resume(self, session: str, process: str) -> None:
        found = self.find_process(session, process)
        again = replace(found, is_running=True, is_held=False, exit_status=None)
        self.find(session).processes[process] = again

    def impair(self, session: str, service: str, how: Impairment | None) -> None:
        self.awake(session).impaired[service] = how

    def impaired(self, session: str) -> Mapping[str, Impairment]:
        found = self.clusters.get(session, FakeCluster()).impaired
        return {name: how for name, how in found.items() if how is not None}

    def find_process(self, session: str, process: str) -> ProcessHealth:
        """One of a cluster's processes. Raises ClusterGone, ClusterAsleep, StepFailed."""
        found = self.awake(session).processes.get(process)
        if found is None:
            raise StepFailed(f"no process is called {process!r}")
        return found

    def end(self, session: str, process: str, status: int) -> int | None:
        """A process ends, by itself or not; returns its exit status."""
        found = self.find(session).processes
        if process not in found:
            return None
        if found[process].is_running:
            found[process] = replace(found[process], is_running=False, exit_status=status)
        return found[process].exit_status

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
        terminals = self.awake(session).terminals
        with self.lock:
            if not begin and (service, name) not in terminals:
                raise StepFailed("there is no such terminal")
            found = terminals.setdefault((service, name), FakeTerminal(uuid.uuid4().hex[:12], size))
        if begin:
            found.begin()
        return FakePty(found, since, epoch)

    def logs(
        self, session: str, service: str, since: int = 0, *, cancelled: Cancelled = never
    ) -> Iterator[LogLine]:
        while (cluster := self.clusters.get(session)) and not cancelled():
            lines = [] if cluster.is_asleep else cluster.lines.get(service, [])[since:]
            yield from lines
            since += len(lines)
            if not lines:
                time.sleep(POLL_SECONDS)

    def put_file(self, session: str, path: str, content: bytes, *, mode: int = 0o644) -> None:
        cluster = self.awake(session)
        cluster.files[path], cluster.modes[path] = content, mode

    def get_file(self, session: str, path: str, *, limit: int = 64 * 2**20) -> bytes:
        try:
            return self.awake(session).files[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    def stats(self, session: str) -> Stats:
        return Stats(1 << 20, len(self.awake(session).processes), self.computed)

    def freeze(self, session: str) -> None:
        self.find(session).is_asleep = True

    def thaw(self, session: str) -> None:
        self.find(session).is_asleep = False

    def down(self, session: str) -> None:
        cluster = self.clusters.pop(session, None)
        for each in cluster.terminals.values() if cluster else ():
            each.go()

    def list_all(self) -> list[str]:
        return sorted(self.clusters)

    def find(self, session: str) -> FakeCluster:
        """The session's cluster. Raises ClusterGone."""
        try:
            return self.clusters[session]
        except KeyError:
            raise ClusterGone("The session's cluster is not running.") from None

    def awake(self, session: str) -> FakeCluster:
        """The session's cluster, to be asked something. Raises ClusterGone, ClusterAsleep."""
        cluster = self.find(session)
        if cluster.is_asleep:
            raise ClusterAsleep
        return cluster


class FakeExecution(Execution):
    """A command that does what its reply says."""

    def __init__(
        self, reply: Reply, timeout: float, cancelled: Cancelled, is_gone: Callable[[], bool]
    ):
        self.reply, self.timeout, self.cancelled, self.is_gone = reply, timeout, cancelled, is_gone

    def __iter__(self) -> Iterator[Output]:
        began = time.monotonic()
        if self.reply.stdout:
            yield Output("stdout", self.reply.stdout)
        if self.reply.stderr:
            yield Output("stderr", self.reply.stderr)
        while (spent := time.monotonic() - began) < self.reply.seconds:
            if self.cancelled():
                raise CommandCancelled
            if self.is_gone():
                raise ClusterGone("The session's cluster is not running.")
            if spent > self.timeout:
                raise CommandTimedOut(self.timeout)
            time.sleep(POLL_SECONDS)
        self.exit_status = self.reply.status

    def close(self) -> None:
        return
