"""How long keeping a step's rows may take, and whether anybody still wants it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

from portal.engine.errors import ClusterError, CommandCancelled, CommandTimedOut, Part, StepFailed

LOOK_SECONDS = 0.3
LOOK_ROWS = 256
SPOOL_BYTES = 384 * 2**20
"""Of text that one extraction may put on the disk before DuckDB makes it smaller."""


class TooLarge(StepFailed):
    """More was extracted than is kept of one step."""

    code = "too-large"
    part = Part.CODE
    advice = "Select fewer rows or columns, then run the step again."


class Bounds:
    """What holds for one extraction, from when it is begun."""

    def __init__(
        self,
        seconds: float = 3600.0,
        cancelled: Callable[[], bool] = lambda: False,
        limit: float | None = None,
    ):
        self.deadline = time.monotonic() + seconds
        self.limit = seconds if limit is None else limit
        """What its step may take altogether: what people are told."""
        self.cancelled = cancelled
        self.left = SPOOL_BYTES
        self.trouble: ClusterError | None = None

    def check(self) -> None:
        """Raise CommandTimedOut or CommandCancelled once it has to end."""
        if time.monotonic() > self.deadline:
            raise CommandTimedOut(self.limit)
        if self.cancelled():
            raise CommandCancelled

    def take(self, size: int) -> None:
        """So many bytes more go to the disk. Raises TooLarge."""
        self.left -= size
        if self.left < 0:
            raise TooLarge(
                f"The step gave more than {SPOOL_BYTES >> 20} MB of rows, which is all that is "
                "kept of one."
            )

    @contextmanager
    def over(self, database: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """End what the database is at, too. Raises as `check` does."""
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(database, ended), daemon=True)
        watch.start()
        try:
            yield
        except duckdb.InterruptException:
            if self.trouble is None:
                raise
            raise self.trouble from None
        finally:
            ended.set()
            watch.join()

    def _watch(self, database: duckdb.DuckDBPyConnection, ended: threading.Event) -> None:
        while not ended.wait(LOOK_SECONDS):
            try:
                self.check()
            except ClusterError as trouble:
                self.trouble = trouble
                database.interrupt()
