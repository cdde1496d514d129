"""One cell at a time: a second one waits for its turn, instead of ending what the first one runs.

The right is a lock on a file, so it ends with the program that has it, however that ends.
"""

import fcntl
import os
import time
from collections.abc import Callable

from . import kernel
from .lines import emit

PAUSE = 0.05
_held: list[int] = []
"""The lock's descriptor, kept open until this program ends."""


def take() -> bool:
    """Take the turn if nobody has it."""
    path = kernel.folder().with_suffix(".turn")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held.append(descriptor)
    return True


def wait(deadline: float, check: Callable[[], None]) -> float | None:
    """Wait for the turn; the seconds that took, or None when it did not come in time.

    `check` raises when nobody wants the cell any more.
    """
    began, is_told = time.monotonic(), False
    while not take():
        if time.monotonic() >= deadline:
            return None
        check()
        if not is_told:
            is_told = True
            emit("waiting", text="other lines are still running here; these come next", seconds=0)
        time.sleep(PAUSE)
    return time.monotonic() - began
