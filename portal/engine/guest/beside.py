"""The records that the code read, read beside the kernel's work: it makes the table meanwhile.

The Kafka client takes longer to be imported than a small topic to be read, so that begins at once.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

POLL_SECONDS = 0.2
NOTHING: dict[str, Any] = {
    "problem": "unread",
    "columns": [],
    "rows": [],
    "records": 0,
    "truncated": False,
    "not_json": 0,
    "not_object": 0,
    "samples": {"not_json": [], "not_object": []},
    "dropped": [],
    "reason": "",
}


class TopicReader(threading.Thread):
    """Reads a topic once told to begin. A cell that ends does not wait for it."""

    def __init__(self, bootstrap: str, limit: int):
        super().__init__(daemon=True)
        self.bootstrap, self.limit = bootstrap, limit
        self.wants: dict[str, list[Any]] = {}
        self.seconds = 0.0
        self.wanted = threading.Event()
        self.found: Future[Any] = Future()

    def run(self) -> None:
        """Be ready to read, wait for the word, read."""
        try:
            from . import topic

            self.wanted.wait()
            found = topic.read(self.bootstrap, self.wants, self.limit, self.seconds)
            self.found.set_result(found)
        except BaseException as error:
            self.found.set_exception(error)

    def begin(self, wants: dict[str, list[Any]], seconds: float) -> None:
        """Read now what `guest.sources` has found, for so long at most."""
        self.wants, self.seconds = wants, seconds
        self.wanted.set()

    def report(self, columns: list[str] | None, check: Callable[[], None]) -> dict[str, Any]:
        """What the topic holds beside a table of these columns; `check` may raise to end it."""
        while not self.found.done():
            check()
            self.join(POLL_SECONDS)
        try:
            union, about = self.found.result()
        except Exception:  # What is shown beside a table must not cost the table.
            return {**NOTHING, "topic": ", ".join(self.wants.get("topics", []))}
        return {**about, **union.report(columns)}
