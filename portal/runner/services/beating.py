"""Signs of life of the worker that carries something out, and whether it is still wanted."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from portal.activities.models import PoolCluster, Session, Work
from portal.heart import heart

STALE_SECONDS: float = settings.SLUICE_STALE_SECONDS
"""A row that is being worked on and has not beaten for so long has lost its worker."""
BEAT_SECONDS = min(2.0, STALE_SECONDS / 6)
ASK_SECONDS = 0.3
LONGEST_SECONDS = 2 * 3600.0


@contextmanager
def beating(row: Session | Work | PoolCluster, within: float = LONGEST_SECONDS) -> Iterator[None]:
    """Renew the row's `beat_at` in the background, while the row keeps the status it has.

    What takes longer than `within` seconds hangs: its row is not renewed any more, and so is told.
    """
    ended = threading.Event()
    rows = type(row)._default_manager.filter(pk=row.pk, status=row.status)
    deadline = time.monotonic() + within

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS) and time.monotonic() < deadline:
            # A disk that is full for a while, or a database that restarts, is no reason to stop.
            with contextlib.suppress(Error):
                rows.update(beat_at=timezone.now())
        connection.close()

    rows.update(beat_at=timezone.now())
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        with heart.working(within):
            yield
    finally:
        ended.set()
        thread.join()


def asked_now_and_then(question: Callable[[], bool]) -> Callable[[], bool]:
    """The question's newest answer, asked a few times a second at most; a yes is final."""
    asked_at, answer = 0.0, False

    def ask() -> bool:
        nonlocal asked_at, answer
        if not answer and time.monotonic() - asked_at > ASK_SECONDS:
            asked_at, answer = time.monotonic(), question()
        return answer

    return ask
