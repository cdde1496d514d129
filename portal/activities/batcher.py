"""Carries a reader's entries to their streams, many at a time."""

import logging
import threading
import time

from redis.exceptions import RedisError

from portal.live import streams

log = logging.getLogger(__name__)
BATCH_SECONDS = 0.02
BATCH_ENTRIES = 500
BATCH_BYTES = 512 * 1024
WAITING_BYTES = 4 << 20
AGAIN_SECONDS = 0.3
ENTRY_BYTES = 200
"""What an entry has besides its text, about."""

Numbered = tuple[str, int, dict[str, object]]
"""A stream's key, an entry's number, and the entry."""


class Batcher:
    """Gathers entries for a moment, so that a flood costs Redis few round trips."""

    def __init__(self) -> None:
        self.waiting: list[Numbered] = []
        self.bytes = 0
        self.last: dict[str, int] = {}
        """By stream: the number that it has to end with before anything is appended."""
        self.behind: streams.Behind | None = None
        self.ready = threading.Condition()
        self.stopped = False
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def put(self, entry: Numbered) -> None:
        """Take an entry. Blocks while too much waits: the source is held up, not memory filled.

        Raises Behind when a stream has lost what was appended to it: read anew from there.
        """
        with self.ready:
            while self._is_full() and not self.stopped and self.behind is None:
                self.ready.wait(1.0)
            if self.behind is not None:
                raise self.behind
            self.waiting.append(entry)
            self.bytes += size(entry)
            self.ready.notify_all()

    def _is_full(self) -> bool:
        return len(self.waiting) >= 4 * BATCH_ENTRIES or self.bytes >= WAITING_BYTES

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
                self.bytes -= sum(map(size, batch))
                is_burst = len(batch) > 50 and len(self.waiting) < BATCH_ENTRIES
                self.ready.notify_all()
            # In a burst more comes soon; with a whole batch waiting, it has come.
            time.sleep(BATCH_SECONDS if is_burst else 0)

    def _next(self) -> list[Numbered]:
        """The entries to append now; none once it is closed and all is done."""
        with self.ready:
            while not self.waiting and not self.stopped:
                self.ready.wait()
            room = BATCH_BYTES
            count = 0
            for entry in self.waiting[:BATCH_ENTRIES]:
                room -= size(entry)
                if count and room < 0:
                    break
                count += 1
            return self.waiting[:count]

    def _append(self, batch: list[Numbered]) -> None:
        by_stream: dict[str, list[tuple[int, dict[str, object]]]] = {}
        for key, number, fields in batch:
            by_stream.setdefault(key, []).append((number, fields))
        for key, entries in by_stream.items():
            streams.append(key, entries, follows=self.last.get(key, 0))
            self.last[key] = max(self.last.get(key, 0), entries[-1][0])


def size(entry: Numbered) -> int:
    """About how many bytes an entry takes."""
    texts = (entry[2].get("text"), entry[2].get("value"))
    return ENTRY_BYTES + sum(len(each) for each in texts if isinstance(each, str))
