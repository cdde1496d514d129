"""The time that all hosts share: their database's, whatever a host's own clock says.

What one process writes and another compares goes by it: signs of life, ends of sessions, what
lapses. A file that stands beside its database (SQLite) has this machine's time.
"""

import threading
import time as clocks
from datetime import UTC, datetime

from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, connection
from django.utils import timezone

ASK_SECONDS = 60.0
"""Between two looks at the database's clock; in between the machine counts by itself."""
NOW = "SELECT extract(epoch FROM clock_timestamp())"
_lock = threading.Lock()
_base: float | None = None
"""The database's time at zero of this machine's monotonic clock."""
_ask_at = 0.0


def time() -> float:
    """Seconds since the epoch."""
    base = ask()
    return clocks.time() if base is None else base + clocks.monotonic()


def now() -> datetime:
    """The same as rows have it."""
    return timezone.now() if ask() is None else datetime.fromtimestamp(time(), UTC)


def ahead() -> float:
    """How many seconds this machine's own clock is ahead; less than 0 where it is behind."""
    return clocks.time() - time()


def ask() -> float | None:
    """What the database said last. One that can't be asked now is asked by the next who can."""
    global _base, _ask_at
    if connection.vendor != "postgresql":
        return None
    with _lock:
        if clocks.monotonic() < _ask_at:
            return _base
        _ask_at = clocks.monotonic() + ASK_SECONDS
    began = clocks.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute(NOW)
            told = float(cursor.fetchone()[0])
    except (DatabaseError, SynchronousOnlyOperation):
        _ask_at = 0.0
        return _base
    _base = told - (began + clocks.monotonic()) / 2
    return _base
