"""Talk to a sandbox's agent over its unix socket. What it answers is hostile."""

import json
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.engine.errors import (
    ClusterGone,
    CommandCancelled,
    CommandTimedOut,
    OutOfMemory,
    StepFailed,
)
from portal.engine.runtimes.base import Cancelled, Execution, Output
from portal.engine.runtimes.sandbox.cgroup import ControlGroup

ANSWER_LIMIT = 1 << 20
ANSWER_SECONDS = 30.0
POLL_SECONDS = 0.1
DRAIN_SECONDS = 0.25
"""How long output is waited for after a command's end, when something it left holds the pipe."""

GONE = "The session's cluster is not running."


class Link:
    """One connection to an agent, for one request. Raises ClusterGone when nobody answers."""

    def __init__(self, path: Path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(ANSWER_SECONDS)
        self.buffer = b""
        try:
            self.socket.connect(str(path))
        except OSError as error:
            self.socket.close()
            raise ClusterGone(GONE) from error

    def send(self, verb: str, fds: tuple[int, ...] = (), body: bytes = b"", **fields: Any) -> None:
        """Send a request, with descriptors and bytes beside it."""
        line = json.dumps({"verb": verb, **fields}).encode() + b"\n"
        try:
            sent = socket.send_fds(self.socket, [line], list(fds))
            self.socket.sendall(line[sent:] + body)
        except OSError as error:
            raise ClusterGone(GONE) from error

    def answer(self) -> dict[str, Any]:
        """The next line of the answer. Raises ClusterGone; StepFailed if the agent refused."""
        while b"\n" not in self.buffer:
            self.buffer += self._receive()
            if len(self.buffer) > ANSWER_LIMIT:
                raise ClusterGone("The cluster's agent answers nonsense.")
        line, self.buffer = self.buffer.split(b"\n", 1)
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise ClusterGone("The cluster's agent answers nonsense.") from error
        if not isinstance(fields, dict):
            raise ClusterGone("The cluster's agent answers nonsense.")
        if "error" in fields:
            raise StepFailed(str(fields["error"])[:500])
        return fields

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes that follow an answer."""
        while len(self.buffer) < size:
            self.buffer += self._receive()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _receive(self) -> bytes:
        try:
            data = self.socket.recv(1 << 16)
        except OSError as error:
            raise ClusterGone(GONE) from error
        if not data:
            raise ClusterGone(GONE)
        return data

    def wait(self, cancelled: Cancelled) -> bool:
        """Wait for something to read; False once `cancelled`."""
        while not self.buffer:
            if cancelled():
                return False
            if select.select([self.socket], [], [], POLL_SECONDS)[0]:
                return True
        return True

    def close(self) -> None:
        """Hang up. For a command that ends it."""
        self.socket.close()


def ask(path: Path, verb: str, **fields: Any) -> dict[str, Any]:
    """One request, one line of answer."""
    link = Link(path)
    try:
        link.send(verb, **fields)
        return link.answer()
    finally:
        link.close()


class MemoryWatch:
    """Tells a command that was ended for want of memory from one that was killed otherwise."""

    def __init__(self, group: ControlGroup):
        self.group = group
        self.before = group.out_of_memory_kills()

    def judge(self, status: int) -> None:
        """Raise OutOfMemory if the kernel ended something of the session's meanwhile."""
        killed = status in (-signal.SIGKILL, 128 + signal.SIGKILL)
        if killed and self.group.out_of_memory_kills() > self.before:
            raise OutOfMemory(self.group.memory_limit())


class SandboxExecution(Execution):
    """A command in a sandbox. Its pipes come straight here; the agent only tells its end."""

    def __init__(
        self,
        link: Link,
        request: dict[str, Any],
        stdin: bytes,
        timeout: float,
        cancelled: Cancelled,
        memory: MemoryWatch,
    ):
        self.link, self.timeout, self.cancelled, self.memory = link, timeout, cancelled, memory
        self.stdin = stdin
        self.started = time.monotonic()
        their_in, self.to_stdin = os.pipe()
        stdout, their_out = os.pipe()
        stderr, their_err = os.pipe()
        self.streams = {stdout: "stdout", stderr: "stderr"}
        try:
            link.send("exec", (their_in, their_out, their_err), **request)
        except ClusterGone:
            self.close()
            raise
        finally:
            for fd in (their_in, their_out, their_err):
                os.close(fd)
        os.set_blocking(self.to_stdin, False)

    def __iter__(self) -> Iterator[Output]:
        try:
            yield from self._run()
        finally:
            self.close()
        self.memory.judge(self.exit_status or 0)

    def _run(self) -> Iterator[Output]:
        ended_at: float | None = None
        while self.streams or self.exit_status is None:
            now = time.monotonic()
            if ended_at is not None and now - ended_at > DRAIN_SECONDS:
                return
            if ended_at is None and self.cancelled():
                raise CommandCancelled
            if ended_at is None and now - self.started > self.timeout:
                raise CommandTimedOut(self.timeout)
            control = [self.link.socket] if self.exit_status is None else []
            feeding = [self.to_stdin] if self.to_stdin >= 0 else []
            ready, writable, _ = select.select([*self.streams, *control], feeding, [], POLL_SECONDS)
            if writable:
                self._feed()
            for fd in [fd for fd in ready if isinstance(fd, int)]:
                if data := os.read(fd, 1 << 16):
                    yield Output(self.streams[fd], data)
                else:
                    os.close(fd)
                    del self.streams[fd]
            if control and control[0] in ready:
                status = self.link.answer().get("exit")
                self.exit_status = status if isinstance(status, int) else -1
                ended_at = time.monotonic()

    def _feed(self) -> None:
        try:
            self.stdin = self.stdin[os.write(self.to_stdin, self.stdin[: 1 << 15]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.stdin = b""
        if not self.stdin:
            os.close(self.to_stdin)
            self.to_stdin = -1

    def close(self) -> None:
        self.link.close()
        for fd in [*self.streams, *([self.to_stdin] if self.to_stdin >= 0 else [])]:
            os.close(fd)
        self.streams, self.to_stdin = {}, -1
