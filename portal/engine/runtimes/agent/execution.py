"""A command that runs in a cluster. Its pipes come straight here; the agent only tells its end."""

import array
import contextlib
import fcntl
import os
import selectors
import signal
import termios
import time
from collections.abc import Iterator
from typing import Any

from portal.engine.errors import (
    CapacityExceeded,
    ClusterError,
    CommandCancelled,
    CommandTimedOut,
    OutOfMemory,
)
from portal.engine.runtimes.agent.answers import Nonsense
from portal.engine.runtimes.agent.cgroup import ControlGroup
from portal.engine.runtimes.agent.link import PIECE, POLL_SECONDS, Link
from portal.engine.runtimes.base import Cancelled, Execution, Output

DRAIN_SECONDS = 0.25
"""How long output is waited for after a command's end, when something it left holds the pipe."""
CLOSE_SECONDS = 4.0
"""How long a command that is closed may take to end: the agent's grace and then some."""


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


class AgentExecution(Execution):
    """One command. Takes the link over; closes it and its pipes when it ends, however it does.

    Without a `memory` of this host's to watch, the agent is asked whether that has run out.
    """

    def __init__(
        self,
        link: Link,
        request: dict[str, Any],
        *,
        stdin: bytes,
        timeout: float,
        cancelled: Cancelled,
        memory: MemoryWatch | None = None,
    ):
        self.link, self.timeout, self.cancelled, self.memory = link, timeout, cancelled, memory
        self.selector = selectors.PollSelector()
        self.unsent = memoryview(stdin)
        self.started = time.monotonic()
        self.look_at = 0.0
        self.drained_at: float | None = None
        self.memory_limit = 0
        """In bytes, where the agent says that this ended it."""
        self.pending: dict[int, int] = {}
        """By stream, after the command's end: how many bytes of its own are still to be read."""
        self.pipes: dict[int, str] = {}
        theirs: list[int] = []
        try:
            for name in ("stdin", "stdout", "stderr"):
                ends = os.pipe()
                ours, other = ends if name != "stdin" else ends[::-1]
                self.pipes[ours] = name
                theirs.append(other)
            watches: dict[str, Any] = {} if memory else {"watches_memory": True}
            link.send("exec", tuple(theirs), **request, **watches)
        except BaseException as error:
            self._drop()
            if isinstance(error, OSError):
                raise CapacityExceeded("The portal has too many files open.") from error
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        for fd, name in self.pipes.items():
            os.set_blocking(fd, name != "stdin")
            event = selectors.EVENT_WRITE if name == "stdin" else selectors.EVENT_READ
            self.selector.register(fd, event, name)
        self.selector.register(link, selectors.EVENT_READ, "end")

    def __iter__(self) -> Iterator[Output]:
        try:
            yield from self._run()
        finally:
            self.close()
        if self.memory is not None:
            self.memory.judge(self.exit_status or 0)
        if self.memory_limit:
            raise OutOfMemory(self.memory_limit)

    def _run(self) -> Iterator[Output]:
        while not self._is_over():
            ready = self.selector.select(POLL_SECONDS)
            for key, _ in sorted(ready, key=lambda each: each[0].data == "stderr"):
                match key.data:
                    case "end":
                        self._note_end()
                    case "stdin":
                        self._feed(key.fd)
                    case stream:
                        if stream == "stderr":
                            yield from self._read_before()
                        if data := self._read(key.fd):
                            yield Output(stream, data)
            if self.exit_status is None:
                self._fail_if_over_time()

    def _read_before(self) -> Iterator[Output]:
        """What was printed before something came on stderr: the order of a terminal."""
        for fd in [fd for fd, name in self.pipes.items() if name == "stdout"]:
            held = waiting(fd)
            while held > 0 and (data := self._read(fd)):
                held -= len(data)
                yield Output("stdout", data)

    def _is_over(self) -> bool:
        if self.exit_status is None or self.drained_at is None:
            return False
        if set(self.pipes.values()) <= {"stdin"}:
            return True
        # Something that it left behind holds its pipes, and may write for ever.
        return not any(self.pending.values()) and time.monotonic() > self.drained_at

    def _fail_if_over_time(self) -> None:
        now = time.monotonic()
        if now - self.started > self.timeout:
            raise CommandTimedOut(self.timeout)
        # Asking may cost a query: not for every piece of a fast command's output.
        if now >= self.look_at:
            self.look_at = now + POLL_SECONDS
            if self.cancelled():
                raise CommandCancelled

    def _note_end(self) -> None:
        answer = self.link.answer_now()
        if answer is None:
            return
        status = answer.status("exit")
        if status is None:
            raise Nonsense
        self.exit_status = status
        if "memory_limit" in answer:
            self.memory_limit = answer.number("memory_limit")
        self.drained_at = time.monotonic() + DRAIN_SECONDS
        self.pending = {fd: waiting(fd) for fd, name in self.pipes.items() if name != "stdin"}
        self.selector.unregister(self.link)

    def _read(self, fd: int) -> bytes:
        data = os.read(fd, PIECE)
        if data:
            self.pending[fd] = max(0, self.pending.get(fd, 0) - len(data))
        else:
            self._close_pipe(fd)
        return data

    def _feed(self, fd: int) -> None:
        try:
            self.unsent = self.unsent[os.write(fd, self.unsent[:PIECE]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.unsent = memoryview(b"")
        if not self.unsent:
            self._close_pipe(fd)

    def _close_pipe(self, fd: int) -> None:
        with contextlib.suppress(KeyError):
            self.selector.unregister(fd)
        del self.pipes[fd]
        self.pending.pop(fd, None)
        os.close(fd)

    def close(self) -> None:
        # A command that can't write any more has no reason to wait.
        for fd in list(self.pipes):
            self._close_pipe(fd)
        if self.exit_status is None and self.link.fileno() >= 0:
            # The agent hangs up when all of it has ended. If it doesn't, `down` will do.
            with contextlib.suppress(ClusterError):
                self.link.say_no_more()
                self.link.drain(CLOSE_SECONDS)
        self._drop()

    def _drop(self) -> None:
        for fd in list(self.pipes):
            self._close_pipe(fd)
        self.link.close()
        self.selector.close()


def waiting(fd: int) -> int:
    """How many bytes a pipe holds."""
    held = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, held)
    return held[0]
