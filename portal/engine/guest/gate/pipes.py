"""A carrier's ends of a command's pipes."""

import array
import contextlib
import fcntl
import os
import termios

WINDOW = 256 * 1024
"""Bytes of one pipe that may be under way and not read."""


class Reader:
    """What is read of a pipe is sent on, as far as the other end has room."""

    def __init__(self, fd: int):
        os.set_blocking(fd, False)
        self.fd = fd
        self.credit = WINDOW

    def read(self, most: int) -> bytes | None:
        """Some of what is there; nothing at its end; None if there is nothing now."""
        try:
            data = os.read(self.fd, min(most, self.credit))
        except BlockingIOError:
            return None
        except OSError:
            return b""
        self.credit -= len(data)
        return data

    def holds(self) -> int:
        """How many bytes are in the pipe."""
        held = array.array("i", [0])
        with contextlib.suppress(OSError):
            fcntl.ioctl(self.fd, termios.FIONREAD, held)
        return held[0]

    def close(self) -> None:
        """Nobody reads it any more."""
        os.close(self.fd)


class Writer:
    """What comes for a pipe waits here until its reader takes it: a window at most."""

    def __init__(self, fd: int):
        os.set_blocking(fd, False)
        self.fd = fd
        self.waiting = bytearray()
        self.has_ended = False
        self.used = 0
        """Bytes that were written since the last credit was given."""

    def write(self) -> int:
        """Write on; how much went. Raises OSError when nobody reads."""
        try:
            gone = os.write(self.fd, self.waiting) if self.waiting else 0
        except BlockingIOError:
            return 0
        del self.waiting[:gone]
        self.used += gone
        return gone

    def take_credit(self) -> int:
        """What the other end may send on top, if it is worth a frame."""
        used = self.used if self.used >= WINDOW // 4 else 0
        self.used -= used
        return used

    def close(self) -> None:
        """Its reader comes to an end."""
        os.close(self.fd)
