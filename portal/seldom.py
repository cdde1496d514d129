"""Work that whoever comes by does for all, when nobody has for a while."""

import threading
import time
from collections.abc import Callable


class Seldom:
    """Does something when that was last done so many seconds ago, or never by this process."""

    def __init__(self, seconds: float, do: Callable[[], object]):
        self.seconds, self.do = seconds, do
        self.lock = threading.Lock()
        self.next_at = 0.0

    def __call__(self) -> None:
        """Do it, or leave it."""
        with self.lock:
            if time.monotonic() < self.next_at:
                return
            self.next_at = time.monotonic() + self.seconds
        self.do()
