"""A runtime whose commands say what a test has written down."""

from collections.abc import Callable, Iterator
from typing import Any

from portal.engine.runtimes.base import (
    Cancelled,
    Execution,
    Health,
    Output,
    ProcessHealth,
    State,
    Stats,
    never,
)


class ScriptedExecution(Execution):
    """Says its lines in awkward pieces, then raises or ends."""

    def __init__(self, said: bytes, error: Exception | None, stderr: bytes, status: int):
        self.said = said
        self.error = error
        self.stderr = stderr
        self.exit_status = None
        self.final_status = status
        self.is_closed = False

    def __iter__(self) -> Iterator[Output]:
        if self.stderr:
            yield Output("stderr", self.stderr)
        for start in range(0, len(self.said), 7):
            yield Output("stdout", self.said[start : start + 7])
        if self.error is not None:
            raise self.error
        self.exit_status = self.final_status

    def close(self) -> None:
        """Remember that it was asked for."""
        self.is_closed = True


class ScriptedRuntime:
    """Answers every `exec` with the next script, and remembers what it was asked."""

    def __init__(
        self,
        *scripts: bytes,
        error: Exception | None = None,
        stderr: bytes = b"",
        status: int = 0,
        processes: tuple[ProcessHealth, ...] = (),
    ):
        self.scripts = list(scripts)
        self.error = error
        self.stderr = stderr
        self.status = status
        self.processes = processes
        self.asked: list[tuple[str, ...]] = []
        self.stdin: list[bytes] = []
        self.started: list[tuple[str, str]] = []
        self.begun: list[tuple[str, ...]] = []
        self.interrupted: list[str] = []
        self.executions: list[ScriptedExecution] = []

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
        """The next script; nothing at all after the last."""
        self.asked.append(argv)
        self.stdin.append(stdin)
        said = self.scripts.pop(0) if self.scripts else b""
        error, self.error = self.error, None
        made = ScriptedExecution(said, error, self.stderr, self.status)
        self.executions.append(made)
        return made

    def start(self, session: str, service: str, process: str, argv: tuple[str, ...]) -> None:
        """Remember it."""
        self.started.append((service, process))
        self.begun.append(argv)

    def observe(self, session: str) -> Health:
        """What the test says that there is."""
        return Health(State.UP, self.processes)

    def stats(self, session: str) -> Stats:
        """Nothing that a test would look at."""
        return Stats(memory_bytes=0, processes=0)

    def interrupt(self, session: str, process: str, *, timeout: float = 10.0) -> int | None:
        """Remember it."""
        self.interrupted.append(process)
        return 0


Emitted = list[tuple[str, str]]


def collect() -> tuple[Emitted, Callable[[str, str], Any]]:
    """A list, and an `emit` that fills it."""
    emitted: Emitted = []
    return emitted, lambda stream, text: emitted.append((stream, text))
