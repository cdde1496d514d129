"""The topic's records, read beside the kernel's work: it makes the table meanwhile.

The Kafka client takes longer to be imported than a small topic to be read, so that begins at once.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

POLL_SECONDS = 0.2


class TopicReader(threading.Thread):
    """Reads a topic once told to begin. A cell that ends does not wait for it."""

    def __init__(self, bootstrap: str, topic: str, limit: int):
        super().__init__(daemon=True)
        self.place = (bootstrap, topic, limit)
        self.seconds = 0.0
        self.wanted = threading.Event()
        self.found: Future[Any] = Future()

    def run(self) -> None:
        """Be ready to read, wait for the word, read."""
        try:
            from . import topic

            self.wanted.wait()
            self.found.set_result(topic.read(*self.place, self.seconds))
        except BaseException as error:
            self.found.set_exception(error)

    def begin(self, seconds: float) -> None:
        """Read now, for so long at most."""
        self.seconds = seconds
        self.wanted.set()

    def report(self, columns: list[str] | None, check: Callable[[], None]) -> dict[str, Any]:
        """What the topic holds beside a table of these columns; `check` may raise to end it."""
        while not self.found.done():
            check()
            self.join(POLL_SECONDS)
        union, problem = self.found.result()
        return {"topic": self.place[1], "problem": problem, **union.report(columns)}
