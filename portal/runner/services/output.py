"""What a running step prints, on its way to the stream that pages follow and to its row."""

import codecs
import logging
import threading
import time
from typing import Any

from redis.exceptions import RedisError

from portal.activities.keys import step_key
from portal.live import streams

log = logging.getLogger(__name__)
FLUSH_SECONDS = 0.04
STREAM_LIMIT = 1 << 20
"""Characters of one run's output that pages see."""
KEPT_LIMIT = 256 * 1024
"""Characters of it that stay with the row."""
CUT = "\n… the rest of the output is not shown: it is longer than {} KB.\n"


class OutputWriter:
    """Gathers pieces of output, and appends them to the run's stream a few times a second.

    Bytes that are not UTF-8 are shown as such; NUL, which a database can't hold, as U+2400.
    """

    def __init__(self, session_id: str, run_id: int):
        self.key = step_key(session_id, run_id)
        self.number = streams.last_number(self.key)
        self.decoders: dict[str, codecs.IncrementalDecoder] = {}
        self.waiting: list[tuple[int, dict[str, Any]]] = []
        self.sealed = self.number
        self.kept: list[str] = []
        self.size = 0
        self.lock = threading.Lock()
        self.closed = threading.Event()
        self.flusher = threading.Thread(target=self._flush_regularly, daemon=True)
        self.flusher.start()

    def write(self, stream: str, data: bytes) -> None:
        """Take a piece of output of `stdout`, `stderr` or `note` (the portal's own words)."""
        decoder = self.decoders.setdefault(stream, codecs.getincrementaldecoder("utf-8")("replace"))
        self._put(stream, decoder.decode(data).replace("\0", "\u2400"))

    def _put(self, stream: str, text: str) -> None:
        if not text or self.size > STREAM_LIMIT:
            return
        if self.size <= KEPT_LIMIT:
            self.kept.append(text[: KEPT_LIMIT - self.size])
        self.size += len(text)
        if self.size > STREAM_LIMIT:
            text += CUT.format(STREAM_LIMIT // 1024)
        with self.lock:
            number, newest = self.waiting[-1] if self.waiting else (0, {})
            is_open = number > self.sealed and newest["stream"] == stream
            if is_open and len(newest["text"]) < 8192:
                newest["text"] += text
                return
            self.number += 1
            self.waiting.append((self.number, {"at": time.time(), "stream": stream, "text": text}))

    def _flush_regularly(self) -> None:
        while not self.closed.wait(FLUSH_SECONDS):
            self.flush()

    def flush(self) -> None:
        """Append what has gathered. While Redis is away, it goes on gathering."""
        with self.lock:
            entries, self.waiting = self.waiting, []
            # Some may get there before an error: the same number must mean the same text.
            self.sealed = self.number
        try:
            streams.append(self.key, entries)
        except RedisError as error:
            log.warning("output of %s waits: %s", self.key, error)
            with self.lock:
                self.waiting = entries + self.waiting

    def close(self) -> str:
        """Append the rest; return what the row keeps."""
        for stream, decoder in self.decoders.items():
            self._put(stream, decoder.decode(b"", final=True))
        self.closed.set()
        self.flusher.join()
        self.flush()
        kept = "".join(self.kept)
        return kept + CUT.format(KEPT_LIMIT // 1024) if self.size > KEPT_LIMIT else kept
