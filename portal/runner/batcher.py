"""Carries a reader's entries to their streams, many at a time."""

import logging
import threading
import time

from redis.exceptions import RedisError

from portal.live import streams
from portal.live.chunks import Encoded

log = logging.getLogger(__name__)
BATCH_SECONDS = 0.02
BATCH_ENTRIES = 2000
BATCH_BYTES = 512 * 1024
WAITING_BYTES = 4 << 20
AGAIN_SECONDS = 0.3

Waiting = tuple[str, list[Encoded]]
"""A stream's key, and what comes next in it."""


class Batcher:
    """Gathers entries for a moment, so that a flood costs Redis few round trips."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.entries = self.bytes = 0
        self.last: dict[str, int] = {}
        """By stream: the number that it has to end with before anything is appended."""
        self.behind: streams.Behind | None = None
        self.ready = threading.Condition()
        self.stopped = False
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def put(self, key: str, entries: list[Encoded]) -> None:
        """Take entries. Blocks while too much waits: the source is held up, not memory filled.

        Raises Behind when a stream has lost what was appended to it: read anew from there.
        """
        with self.ready:
            while self._is_full() and not self.stopped and self.behind is None:
                self.ready.wait(1.0)
            if self.behind is not None:
                raise self.behind
            self._count(1, entries)
            self.waiting.append((key, entries))
            self.ready.notify_all()

    def _is_full(self) -> bool:
        return self.entries >= 4 * BATCH_ENTRIES or self.bytes >= WAITING_BYTES

    def _count(self, sign: int, entries: list[Encoded]) -> None:
        self.entries += sign * len(entries)
        self.bytes += sign * size(entries)

    def close(self) -> None:
        """Append the rest and end."""
        with self.ready:
            self.stopped = True
            self.ready.notify_all()
        self.thread.join()

    def _drain(self) -> None:
        while batch := self._next():
            try:
                self._append(batch)
            except streams.Behind as behind:
                with self.ready:
                    self.behind = behind
                    self.ready.notify_all()
                return
            except RedisError as error:
                # Numbers make it safe to append the whole batch again.
                log.warning("relay: %s", error)
                time.sleep(AGAIN_SECONDS)
                continue
            with self.ready:
                del self.waiting[: len(batch)]
                for _, entries in batch:
                    self._count(-1, entries)
                is_burst = len(batch) > 50 and self.entries < BATCH_ENTRIES
                self.ready.notify_all()
            # In a burst more comes soon; with a whole batch waiting, it has come.
            time.sleep(BATCH_SECONDS if is_burst else 0)

    def _next(self) -> list[Waiting]:
        """What to append now; nothing once it is closed and all is done."""
        with self.ready:
            while not self.waiting and not self.stopped:
                self.ready.wait()
            bytes_left, entries_left = BATCH_BYTES, BATCH_ENTRIES
            count = 0
            for _, entries in self.waiting:
                bytes_left -= size(entries)
                entries_left -= len(entries)
                if count and min(bytes_left, entries_left) < 0:
                    break
                count += 1
            return self.waiting[:count]

    def _append(self, batch: list[Waiting]) -> None:
        by_stream: dict[str, list[Encoded]] = {}
        for key, entries in batch:
            by_stream.setdefault(key, []).extend(entries)
        for key, entries in by_stream.items():
            streams.append_encoded(key, entries, follows=self.last.get(key, 0))
            self.last[key] = max(self.last.get(key, 0), entries[-1].number)


def size(entries: list[Encoded]) -> int:
    """How many bytes they take."""
    return sum([len(entry.text) for entry in entries])
