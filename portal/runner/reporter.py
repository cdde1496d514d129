"""The runner's sign of life: a thread that keeps its host's row, beside relay and reconciler."""

import logging
import threading
import time

from django.db import Error, close_old_connections

from portal.runner.services import reporting

log = logging.getLogger(__name__)
BEAT_SECONDS = 5.0
INSPECT_SECONDS = 60.0
"""Runtimes and images change seldom, and to look at them takes a second."""


class Reporter:
    """Reports until it is stopped. A database that is away is asked again at the next beat."""

    def __init__(self, host: str):
        self.host = host
        self.inspect_at = 0.0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def stop(self) -> None:
        """End, within seconds."""
        self.stopped.set()
        self.thread.join(timeout=BEAT_SECONDS)

    def report(self) -> None:
        """One sign of life; runtimes and images too where nobody has heard of them lately."""
        if reporting.beat(self.host) or time.monotonic() >= self.inspect_at:
            reporting.inspect(self.host)
            self.inspect_at = time.monotonic() + INSPECT_SECONDS

    def _run(self) -> None:
        while not self.stopped.is_set():
            try:
                self.report()
            except Error as error:
                log.warning("reporter: %s", error)
            except Exception:
                # Nothing that a host answers may end its sign of life.
                log.exception("reporter")
            close_old_connections()
            self.stopped.wait(BEAT_SECONDS)
