"""A terminal: a shell on a pseudo-terminal, what it wrote, and the screen that it left.

It belongs to the agent and outlives whoever looks. What is not acknowledged is kept and told again;
when that is much, nothing more is read, and whatever writes waits: so a flood costs no memory. Keys
don't wait for that.
"""

import contextlib
import fcntl
import os
import secrets
import select
import signal
import struct
import termios
import threading
import time

from ..screen import Screen
from .children import Child

WINDOW_BYTES = 256 * 1024
"""What may be written and not acknowledged."""
KEPT_BYTES = 64 * 1024
"""What is kept though it was acknowledged: of several who look, one may be faster."""
KEYS_BYTES = 256 * 1024
"""Keys that wait for a program to read them; more are lost, as in any terminal."""
READ_BYTES = 16 * 1024
DRAIN_SECONDS = 0.3
"""After a shell's end: how long what it left may go on writing."""
HANGUP_SECONDS = 2.0
MOST_ROWS, MOST_COLUMNS = 200, 500
INTERRUPTS = {b"\x03": signal.SIGINT, b"\x1c": signal.SIGQUIT}


def clamped(rows: int, columns: int) -> tuple[int, int]:
    """A size that a terminal can have."""
    return min(MOST_ROWS, max(1, rows)), min(MOST_COLUMNS, max(2, columns))


class Terminal:
    """One of the names in a service. Shells come and go in it; its offsets only grow."""

    def __init__(self, rows: int, columns: int):
        self.epoch = secrets.token_hex(6)
        self.rows, self.columns = clamped(rows, columns)
        self.screen = Screen(self.rows, self.columns)
        self.changed = threading.Condition()
        """Held for all of what follows. Keys have a lock of their own."""
        self.offset = self.acknowledged = 0
        self.kept = bytearray()
        """The end of what was written, with all that is not acknowledged: it ends at `offset`."""
        self.shells = 0
        self.child: Child | None = None
        self.is_running = False
        self.status: int | None = None
        self.master = -1
        self.pump = threading.Thread()
        self._keys = bytearray()
        self._typing = threading.Lock()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    # -- a shell's life

    def make_pty(self) -> tuple[int, str]:
        """Its next pseudo-terminal: the shell's end, and that end's path. Raises OSError."""
        master, slave = os.openpty()
        try:
            os.set_blocking(master, False)
            set_size(master, self.rows, self.columns)
            path = os.ttyname(slave)
        except BaseException:
            os.close(master)
            os.close(slave)
            raise
        self.master = master
        return slave, path

    def forget_pty(self) -> None:
        """No shell came of it."""
        master, self.master = self.master, -1
        os.close(master)

    def begin(self, child: Child) -> None:
        """A shell runs in it. Raises RuntimeError when there can be no thread for it."""
        with self.changed:
            self.pump = threading.Thread(target=self._pump, args=(child,), daemon=True)
            self.pump.start()
            self.child, self.is_running, self.status = child, True, None
            self.shells += 1
            self.changed.notify_all()
        child.tell(lambda _: self._poke())

    def _poke(self) -> None:
        with contextlib.suppress(OSError):
            os.eventfd_write(self._wake, 1)

    def _pump(self, child: Child) -> None:
        """Carry bytes both ways until the shell has ended."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        is_open, until = True, 0.0
        while is_open:
            ended, has_room = child.status is not None, self._has_room()
            if ended and has_room:
                until = until or time.monotonic() + DRAIN_SECONDS
                if time.monotonic() > until or not poll_once(self.master):
                    break
            events = select.POLLIN * has_room | select.POLLOUT * bool(self._keys)
            if events:
                poll.register(self.master, events)
            ready = dict(poll.poll(DRAIN_SECONDS * 1000 if ended else None))
            if events:
                poll.unregister(self.master)
            if self._wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.eventfd_read(self._wake)
            state = ready.get(self.master, 0)
            if state & select.POLLOUT:
                self._type_on()
            if state & (select.POLLIN | select.POLLHUP | select.POLLERR):
                is_open = self._read()
        self._end(child)

    def _has_room(self) -> bool:
        return self.offset - self.acknowledged < WINDOW_BYTES

    def _read(self) -> bool:
        """Take what was written. False when everybody has hung up."""
        try:
            data = os.read(self.master, READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        with self.changed:
            self.screen.feed(data)
            self.kept += data
            self.offset += len(data)
            replies = self.screen.take_replies()
            self.changed.notify_all()
        if replies:
            self.type(replies)
        return bool(data)

    def _end(self, child: Child) -> None:
        child.ended.wait()
        with self._typing:
            self._keys.clear()
            master, self.master = self.master, -1
            # What it left in the foreground is hung up on.
            os.close(master)
        with self.changed:
            self.is_running, self.status = False, child.status
            self.changed.notify_all()

    def hang_up(self) -> None:
        """End the shell, and all that it started and that stayed with it."""
        child = self.child
        if child is not None and child.status is None:
            child.end(signal.SIGHUP, HANGUP_SECONDS)

    def dispose(self) -> None:
        """End it for good: nobody looks, and nobody comes again."""
        self.hang_up()
        while self.pump.is_alive():
            self.acknowledge(self.offset)
            self.pump.join(DRAIN_SECONDS)
        wake, self._wake = self._wake, -1
        os.close(wake)

    # -- what those who look ask for

    def type(self, data: bytes) -> None:
        """Keys. An interrupt goes past those that wait."""
        with self._typing:
            if self.master < 0:
                return
            room = KEYS_BYTES - len(self._keys)
            self._keys += data[:room]
            self._write()
            last = max(data.rfind(each) for each in INTERRUPTS)
            if last >= 0 and self._keys:
                # Nobody reads: what waits would never get there, and the interrupt neither.
                self._keys.clear()
                self._interrupt(data[last : last + 1])
        self._poke()

    def _interrupt(self, key: bytes) -> None:
        """As the system does for this key, unless a program has it as any other."""
        with contextlib.suppress(OSError, termios.error):
            if termios.tcgetattr(self.master)[3] & termios.ISIG:
                termios.tcflush(self.master, termios.TCIOFLUSH)
                os.killpg(os.tcgetpgrp(self.master), INTERRUPTS[key])
                return
        self._keys += key

    def _type_on(self) -> None:
        with self._typing:
            self._write()

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while self._keys:
                del self._keys[: os.write(self.master, self._keys[:READ_BYTES])]

    def resize(self, rows: int, columns: int) -> None:
        """Another size of the window."""
        rows, columns = clamped(rows, columns)
        with self.changed:
            if (rows, columns) == (self.rows, self.columns):
                return
            self.rows, self.columns = rows, columns
            self.screen.resize(rows, columns)
            self.changed.notify_all()
        with self._typing, contextlib.suppress(OSError):
            if self.master >= 0:
                set_size(self.master, rows, columns)

    def acknowledge(self, offset: int) -> None:
        """All up to there need not be told again."""
        with self.changed:
            self.acknowledged = max(self.acknowledged, min(offset, self.offset))
            self._trim()
        self._poke()

    def _trim(self) -> None:
        most = max(KEPT_BYTES, self.offset - self.acknowledged)
        # Not for every byte: it moves all that is left.
        if len(self.kept) > most + READ_BYTES:
            del self.kept[:-most]

    def after(self, offset: int, most: int) -> bytes:
        """What was written after that; with `changed` held."""
        start = len(self.kept) - (self.offset - offset)
        return bytes(self.kept[start : start + most])

    def has(self, offset: int, epoch: str) -> bool:
        """Whether all after that is still there; with `changed` held."""
        return epoch == self.epoch and self.offset - len(self.kept) <= offset <= self.offset


def set_size(master: int, rows: int, columns: int) -> None:
    """Tell the system, which tells the programs."""
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def poll_once(fd: int) -> bool:
    """Whether there is something to read now."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))
