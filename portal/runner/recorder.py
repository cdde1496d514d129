"""Records what a terminal shows. A flood is left out, with a picture of what came of it."""

import codecs
import time

from portal.engine.terminals import Size
from portal.live import recordings
from portal.live.terminals import Terminal

BURST_BYTES = 128 * 1024
BYTES_A_SECOND = 8 * 1024
PICTURE_BYTES = 256 * 1024
"""After so much a picture is due: what a player begins with when the rest is gone."""
LEFT_OUT = "… {} bytes left out"


class Recorder:
    """Of one life of a terminal. `wants_picture` says when `draw` is to be called."""

    def __init__(self, terminal: Terminal, epoch: str):
        self.terminal, self.epoch = terminal, epoch
        self.number = recordings.last_event(terminal, epoch)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.left, self.at = float(BURST_BYTES), time.monotonic()
        self.left_out = self.since_picture = 0
        self.wants_picture = True
        self.has_picture = False

    def put_out(self, data: bytes) -> None:
        """Bytes that it wrote."""
        now = time.monotonic()
        self.left = min(BURST_BYTES, self.left + (now - self.at) * BYTES_A_SECOND)
        self.at = now
        if not self.has_picture or len(data) > self.left:
            # Before the first picture it is in that.
            self.left_out += len(data) if self.has_picture else 0
            self.wants_picture = True
            return
        if self.left_out:
            return
        self.left -= len(data)
        self.since_picture += len(data)
        if text := self.decoder.decode(data):
            self._record("o", text)
        if self.since_picture > PICTURE_BYTES:
            self.wants_picture = True

    def draw(self, screen: bytes, size: Size) -> None:
        """The screen as it is now, after all that was put out."""
        if not self.wants_picture or (self.left_out and self.left < len(screen)):
            return
        if self.left_out:
            self._record("m", LEFT_OUT.format(self.left_out))
        self.left_out = self.since_picture = 0
        self.wants_picture, self.has_picture = False, True
        self.decoder.reset()
        self.left -= min(self.left, len(screen))
        self.number += 1
        text = screen.decode(errors="replace")
        recordings.picture(self.terminal, self.epoch, self.number, text, size)

    def resize(self, size: Size) -> None:
        """Its window has another size."""
        self._record("r", f"{size.columns}x{size.rows}")

    def mark(self, text: str) -> None:
        """A command began."""
        self._record("m", text)

    def end(self, status: int) -> None:
        """Its shell has ended."""
        self._record("x", str(status))

    def _record(self, code: str, data: str) -> None:
        self.number += 1
        recordings.record(self.terminal, self.epoch, self.number, code, data)
