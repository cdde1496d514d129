"""The worker's sign of life, and the relay's, for what watches over it (`portal.watching`).

It beats while its threads can run, and while not each of them is overdue with what it does; the
worker's, while it listens to the broker or the broker is away.
"""

import contextlib
import faulthandler
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from portal.live.connection import connect
from portal.watching import HEART_FD

log = logging.getLogger(__name__)
BEAT_SECONDS = 1.0
DEAF_SECONDS = 60.0
"""A worker that hears nothing of a broker which answers has died inside."""
THREADS = 24


class Heart:
    """What a process knows of its own progress. All of it is safe to use from any thread."""

    def __init__(self, threads: int = THREADS) -> None:
        self.threads = threads
        self.lock = threading.Lock()
        self.due: dict[int, float] = {}
        """When each thread that works should have ended, by the monotonic clock."""
        self.heard_at: float | None = None
        """When it last listened to the broker, by the monotonic clock; None before that."""

    @contextmanager
    def working(self, seconds: float) -> Iterator[None]:
        """This thread does something that ends within so many seconds, or hangs."""
        me = threading.get_ident()
        with self.lock:
            self.due[me] = time.monotonic() + seconds
        try:
            yield
        finally:
            with self.lock:
                self.due.pop(me, None)

    def listens(self) -> None:
        """The worker takes up tasks; to be said every few seconds while that is so."""
        self.heard_at = time.monotonic()

    def makes_progress(self) -> bool:
        """Whether anything of what it is for can still happen."""
        now = time.monotonic()
        with self.lock:
            overdue = sum(1 for due in self.due.values() if due < now)
        if overdue >= self.threads:
            log.error("each of the %d threads that do the work hangs", self.threads)
            return False
        if self.heard_at is not None and now - self.heard_at > DEAF_SECONDS and answers():
            log.error("the worker hears nothing of its broker any more")
            return False
        return True

    def start(self) -> None:
        """Beat from now on, if anybody listens."""
        number = os.environ.pop(HEART_FD, "")
        if number:
            os.set_inheritable(int(number), False)
            faulthandler.register(signal.SIGUSR2, all_threads=True)
            threading.Thread(target=self._beat, args=(int(number),), daemon=True).start()

    def _beat(self, fd: int) -> None:
        while self.makes_progress():
            with contextlib.suppress(BlockingIOError):
                os.write(fd, b".")
            time.sleep(BEAT_SECONDS)


def answers() -> bool:
    """Whether Redis does."""
    try:
        return bool(connect().ping())
    except (RedisError, OSError):
        return False


heart = Heart()
"""This process's."""
