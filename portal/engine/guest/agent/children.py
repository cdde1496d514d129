"""The processes that the agent starts, and the orphans that they leave to it."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import limits

HOME = Path("/w205")
TAG = "SLUICE_COMMAND"
"""In a process's environment: which command it belongs to, whatever session or group it is in."""
GRACE_SECONDS = 2.0
KILL_SECONDS = 5.0
SWEEPS = 20
STDIO = int | None


class Child:
    """A process that the agent started. `status` is set once it has ended."""

    def __init__(self, popen: subprocess.Popen[bytes], tag: str):
        self.popen, self.pid, self.tag = popen, popen.pid, tag
        self.status: int | None = None
        self.ended_at = 0.0
        """By the monotonic clock."""
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._told: list[Callable[[int], None]] = []

    def tell(self, callback: Callable[[int], None]) -> None:
        """Call back with the exit status, now or when it ends."""
        with self._lock:
            if self.status is None:
                self._told.append(callback)
                return
        callback(self.status)

    def note_end(self, status: int) -> None:
        """It was reaped."""
        with self._lock:
            # Popen must never wait for it: its number may be another's by now.
            self.ended_at = time.monotonic()
            self.status = self.popen.returncode = status
        self.ended.set()
        for callback in self._told:
            callback(status)

    def end(self, number: int, patience: float) -> None:
        """Signal its group, kill it if that did not end it in time, then kill what it left."""
        self._signal(number)
        if not self.ended.wait(patience):
            self._signal(signal.SIGKILL)
            self.ended.wait(KILL_SECONDS)
        sweep(self.tag)

    def freeze(self) -> None:
        """Stop it where it is, and all that it started."""
        self._signal(signal.SIGSTOP)
        signal_all(self.tag, signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on. One that wasn't frozen doesn't mind."""
        signal_all(self.tag, signal.SIGCONT)
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        # Reaped, it has no group of its own any more: `sweep` finds what it left.
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


class Children:
    """Starts processes and reaps them; as the first process of all, others' orphans too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spawned = threading.Event()
        self._count = 0
        self._running: dict[int, Child] = {}
        self.merges = False

    def spawn(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: STDIO,
        stdout: STDIO,
        stderr: STDIO,
    ) -> Child:
        """Start a process in a session of its own. Raises OSError."""
        with self._lock:  # Nothing is reaped between its start and our knowing of it.
            if self.merges:
                limits.lie_alike()
            self._count += 1
            tag = str(self._count)
            popen = subprocess.Popen(
                list(argv),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env={**environment, TAG: tag},
                cwd=HOME,
                start_new_session=True,
            )
            child = Child(popen, tag)
            self._running[popen.pid] = child
        self._spawned.set()
        return child

    def reap_for_ever(self) -> None:
        """Note each end as it comes. The only place that waits for processes."""
        while True:
            try:
                pid, status = os.waitpid(-1, 0)
            except ChildProcessError:
                self._spawned.wait()
                self._spawned.clear()
                continue
            with self._lock:
                child = self._running.pop(pid, None)
            if child is not None:
                child.note_end(os.waitstatus_to_exitcode(status))


def sweep(tag: str) -> None:
    """Kill what a command left, in whatever group; again, while it makes more."""
    for _ in range(SWEEPS):
        if not signal_all(tag, signal.SIGKILL):
            return
        time.sleep(0.005)


def signal_all(tag: str, number: int) -> bool:
    """Signal every process of a command; whether there was any."""
    found = tagged(tag)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return bool(found)


def tagged(tag: str) -> list[int]:
    """The processes of a command. One that clears its environment escapes until `down`."""
    mark = f"{TAG}={tag}".encode()
    found = []
    for path in Path("/proc").glob("[1-9]*/environ"):
        # Zombies have no environment, and what can't be read isn't a student's.
        with contextlib.suppress(OSError):
            if mark in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found
