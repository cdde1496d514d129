"""A service's log, and the servers whose lines join it."""

import os
import threading
import time
from collections import deque
from itertools import islice

from .children import Child

LINE_LIMIT = 16 * 1024
LOG_LINES = 20_000
LOG_BYTES = 8 << 20
BATCH = 500
SETTLE_SECONDS = 60.0
"""What is started again and ends sooner is held as before: a broker whose predecessor was killed
is not let in until ZooKeeper has forgotten that one."""

Line = tuple[int, float, str, bytes]
"""Number, time, process, text."""


class Log:
    """A service's newest lines, numbered from 1, bounded in number and bytes."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._last = 0
        self._grown = threading.Condition()

    def append(self, process: str, text: bytes) -> None:
        """Add a line, and trim the oldest beyond the bounds."""
        with self._grown:
            self._last += 1
            self._lines.append((self._last, time.time(), process, text))
            self._bytes += len(text)
            while len(self._lines) > LOG_LINES or self._bytes > LOG_BYTES:
                self._bytes -= len(self._lines.popleft()[3])
            self._grown.notify_all()

    def after(self, number: int, patience: float) -> list[Line]:
        """Some lines after `number`; waits `patience` seconds for the first. May be empty."""
        with self._grown:
            if self._last <= number:
                self._grown.wait(patience)
            missing = min(self._last - number, len(self._lines))
            if missing <= 0:
                return []
            first = len(self._lines) - missing
            return list(islice(self._lines, first, first + BATCH))


class Server:
    """A process that outlives the request that started it; its lines go to a service's log.

    `argv` is what it was started with: `resume` starts it so again.
    """

    def __init__(self, name: str, service: str, argv: list[str], log: Log, child: Child):
        self.name, self.service, self.argv = name, service, argv
        self.log, self.child = log, child
        self.started_at = time.time()
        self.began = time.monotonic()
        self.is_held = False
        self.is_again = False

    def pump(self) -> None:
        """Cut what it writes into lines until it, and all it started, close their output."""
        stdout = self.child.popen.stdout
        assert stdout is not None  # noqa: S101 - it is a pipe: see `start`
        rest = b""
        with stdout:
            while chunk := os.read(stdout.fileno(), 1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._put(line.removesuffix(b"\r"))
                while len(rest) > LINE_LIMIT:
                    self._put(rest[:LINE_LIMIT])
                    rest = rest[LINE_LIMIT:]
        if rest:
            self._put(rest)

    def _put(self, line: bytes) -> None:
        for start in range(0, max(len(line), 1), LINE_LIMIT):
            self.log.append(self.name, line[start : start + LINE_LIMIT])

    @property
    def is_out_of_work(self) -> bool:
        """Whether it is held, or was started again and did not last."""
        soon = self.is_again and self.child.ended_at - self.began < SETTLE_SECONDS
        return self.is_held or (soon and self.child.status is not None)

    def describe(self) -> dict[str, object]:
        """What `observe` tells of it."""
        status = self.child.status
        return {
            "name": self.name,
            "service": self.service,
            "running": status is None,
            "exit": status,
            "started": self.started_at,
            "held": self.is_out_of_work,
        }
