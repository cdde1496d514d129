"""Where a run's output goes, kept from being lost when the code opens it anew.

Old scripts have `sys.stdout = open(sys.stdout.fileno(), "w", …)`, or wrap `sys.stdout.buffer`. In a
kernel both would go round what is shown. Here the file behind standard output is a pipe that is
read and shown, whoever writes to it; and what is put in the place of `sys.stdout` itself is taken
away at the end of the run, with a word.
"""

import array
import contextlib
import fcntl
import io
import os
import sys
import termios
import threading
import time
from typing import Any

from ipykernel.iostream import PIPE_BUFFER_SIZE, OutStream

DRAIN_SECONDS = 1.0
NAMES = ("stdout", "stderr")
_ours: dict[str, "Outlet"] = {}


class Outlet(OutStream):
    """A kernel's output stream that stays what it is however it is opened."""

    def __init__(self, *given: Any, **named: Any):
        self.showing = threading.Lock()
        super().__init__(*given, **named)  # type: ignore[no-untyped-call]
        _ours[self.name] = self

    def fileno(self) -> int:
        """A descriptor of its caller's own, which may be closed: what is written to it shows."""
        if self._fid is None:
            return super().fileno()  # type: ignore[no-any-return, no-untyped-call]
        return os.dup(self._original_stdstream_fd)

    @property
    def buffer(self) -> io.BufferedWriter:
        """The same for bytes."""
        return io.BufferedWriter(io.FileIO(self.fileno(), "w"))

    def detach(self) -> io.BufferedWriter:
        """As `buffer`; the stream itself stays."""
        return self.buffer

    def reconfigure(self, **options: Any) -> None:
        """It is UTF-8, and shown line by line, whatever is asked for."""

    def _watch_pipe_fd(self) -> None:
        """Show what is written to the descriptor, and write it to the service's log."""
        descriptor = self._fid
        if descriptor is None:
            return
        wait = _poll(descriptor)
        while self._should_watch:
            wait()
            with self.showing:
                piece = os.read(descriptor, PIPE_BUFFER_SIZE)
                self.write(piece.decode(errors="replace"))
                with contextlib.suppress(OSError):
                    os.write(self._original_stdstream_copy, piece)

    def drain(self) -> None:
        """Wait until all that was written to the descriptor so far is shown."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._fid is not None and time.monotonic() < deadline:
            with self.showing:
                if not _held(self._fid):
                    return
            time.sleep(0.001)


def follow(parent: Any) -> None:
    """Show what comes as of this request: a kernel tells only what stands in `sys`."""
    for ours in _ours.values():
        ours.parent_header = parent


def flush() -> None:
    """Show all that was printed, whatever stands for the standard streams."""
    for name in NAMES:
        current = getattr(sys, name, None)
        with contextlib.suppress(Exception):
            current.flush()  # type: ignore[union-attr]
        if ours := _ours.get(name):
            ours.drain()
            with contextlib.suppress(Exception):
                ours.flush()  # type: ignore[no-untyped-call]


def restore() -> list[tuple[str, str]]:
    """Put our streams back; the names, and what was found, of those whose output had been lost."""
    flush()
    lost = []
    for name, ours in _ours.items():
        current = getattr(sys, name, None)
        if current is not ours:
            if not _leads_to(current, ours):
                lost.append((name, "nothing" if current is None else f"a {type(current).__name__}"))
            setattr(sys, name, ours)
    return lost


def _leads_to(stream: Any, ours: Outlet) -> bool:
    """Whether what is written to a stream shows."""
    try:
        there = os.fstat(stream.fileno())
        here = os.fstat(ours._original_stdstream_fd)
    except Exception:  # Anything may stand there.
        return False
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def _poll(descriptor: int) -> Any:
    import select

    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return waiting.poll


def _held(descriptor: int) -> int:
    """How many bytes a pipe holds."""
    held = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, held)
    return held[0]
