"""Carry one call between a unix socket with pipes, here, and frames on a TLS connection.

The same at either end, but for who makes the pipes. The order of what a command wrote and of its
end is kept: an answer never overtakes bytes that were in a pipe before it.
"""

import contextlib
import os
import select
import socket
import ssl
import struct
import time

from .frames import (
    LARGEST,
    PIPES,
    SOCKET,
    STDIN,
    Garbled,
    Kind,
    packed,
    unpacked,
)
from .pipes import WINDOW, Reader, Writer

BOUND = 256 * 1024
"""Bytes that wait to be sent, one way, before no more are read."""
FINISH_SECONDS = 5.0
"""How long what was said before one side hung up is still carried."""
GONE = select.POLLHUP | select.POLLERR
NUMBER = struct.Struct("!I")


class Carrier:
    """One call. `wire` is the TLS connection, `local` the unix socket; it closes both."""

    def __init__(self, wire: ssl.SSLSocket, local: socket.socket, *, makes_pipes: bool):
        self.wire, self.local, self.makes_pipes = wire, local, makes_pipes
        wire.setblocking(False)
        local.setblocking(False)
        self.received = bytearray()
        self.out = bytearray()
        self.to_local = bytearray()
        self.fds: list[int] = []
        """Descriptors that go with the next bytes to the socket."""
        self.owed: dict[int, int] = {}
        """Bytes of pipes that go before what the socket here said."""
        self.due: dict[int, int] = {}
        """Bytes of pipes that go before what is for the socket here."""
        self.readers: dict[int, Reader] = {}
        self.writers: dict[int, Writer] = {}
        self.local_ended = self.wire_ended = self.half_closed = self.local_gone = False
        self.deadline = 0.0

    def carry(self) -> None:
        """Until one side has hung up, and the other was told all that was said before."""
        try:
            while not self._is_over():
                self._turn()
        except (OSError, Garbled, ValueError):
            pass  # One side is gone; so is the call.
        finally:
            self.close()

    def _is_over(self) -> bool:
        if self.local_gone and not self.out:
            return True
        if self.wire_ended and not self.to_local:
            return True
        return bool(self.deadline) and time.monotonic() > self.deadline

    def _turn(self) -> None:
        poll = select.poll()
        if not self.wire_ended:
            poll.register(self.wire, self._wire_events())
        if (events := self._local_events()) is not None:
            poll.register(self.local, events)
        for reader in self.readers.values():
            if reader.credit and len(self.out) < BOUND:
                poll.register(reader.fd, select.POLLIN)
        for writer in self.writers.values():
            poll.register(writer.fd, select.POLLOUT if writer.waiting else 0)
        ready = dict(poll.poll(self._patience()))
        self._write_pipes(ready)
        self._read_pipes(ready)
        if state := ready.get(self.local.fileno(), 0):
            self._serve_local(state)
        if ready.get(self.wire.fileno(), 0) & (select.POLLIN | GONE):
            self._receive()
        self._send()
        self._tell_local()

    def _patience(self) -> int | None:
        return 100 if self.deadline else None

    def _wire_events(self) -> int:
        takes = len(self.to_local) < BOUND
        return (select.POLLIN if takes else 0) | (select.POLLOUT if self.out else 0)

    def _local_events(self) -> int | None:
        """None while nothing is wanted of it: one that has ended would never be quiet."""
        listens = not self.local_ended and not self.owed and len(self.out) < BOUND
        speaks = bool(self.to_local) and not self.due and not self.local_gone
        if self.local_gone or (self.local_ended and not speaks and self.makes_pipes):
            return None
        return (select.POLLIN if listens else 0) | (select.POLLOUT if speaks else 0)

    # -- the socket here

    def _serve_local(self, state: int) -> None:
        if self.owed:
            return
        if not self.local_ended and state & (select.POLLIN | select.POLLHUP):
            held = {channel: each.holds() for channel, each in self.readers.items()}
            if self.makes_pipes and any(held.values()):
                # What was written before comes first.
                self.owed = {channel: each for channel, each in held.items() if each}
                return
            self._hear_local()
        if state & GONE and self.local_ended:
            self.local_gone = True
            self._hurry()

    def _hear_local(self) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(self.local, LARGEST, len(PIPES))
        except BlockingIOError:
            return
        except ConnectionError:  # It hung up on what it had not read; what it said was heard.
            data, fds = b"", []
        if fds:
            self.readers[STDIN] = Reader(fds[0])
            self.writers.update(zip(PIPES[1:], map(Writer, fds[1:]), strict=True))
            self.out += packed(Kind.PIPES, SOCKET)
        if data:
            self.out += packed(Kind.DATA, SOCKET, data)
        else:
            self.local_ended = True
            self.out += packed(Kind.END, SOCKET)

    def _tell_local(self) -> None:
        if self.due or self.local_gone:
            return
        if self.to_local:
            with contextlib.suppress(BlockingIOError):
                gone = socket.send_fds(self.local, [self.to_local[:LARGEST]], self.fds)
                del self.to_local[:gone]
                self._drop_fds()
        if self.half_closed and not self.to_local:
            self.half_closed = False
            with contextlib.suppress(OSError):
                self.local.shutdown(socket.SHUT_WR)

    def _drop_fds(self) -> None:
        for fd in self.fds:
            os.close(fd)
        self.fds = []

    # -- the wire

    def _receive(self) -> None:
        try:
            data = self.wire.recv(LARGEST)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except (ssl.SSLError, ConnectionError):
            data = b""
        if not data:
            self.wire_ended = True
            self._hurry()
            return
        self.received += data
        for kind, channel, content in unpacked(self.received):
            self._heed(kind, channel, content)

    def _hurry(self) -> None:
        self.deadline = self.deadline or time.monotonic() + FINISH_SECONDS

    def _heed(self, kind: Kind, channel: int, data: bytes) -> None:
        match kind, channel:
            case Kind.DATA, 0:
                if not self.to_local:
                    waits = {name: len(each.waiting) for name, each in self.writers.items()}
                    self.due = {name: size for name, size in waits.items() if size}
                self.to_local += data
            case Kind.END, 0:
                self.half_closed = True
            case Kind.PIPES, _:
                self._make_pipes()
            case Kind.DATA, _ if channel in self.writers:
                writer = self.writers[channel]
                if len(writer.waiting) + len(data) > WINDOW:
                    raise Garbled
                writer.waiting += data
                self._write(channel)
            case Kind.END, _ if channel in self.writers:
                self.writers[channel].has_ended = True
                self._write(channel)
            case Kind.STOP, _ if channel in self.readers:
                self._close_reader(channel)
            case Kind.CREDIT, _ if channel in self.readers:
                self.readers[channel].credit += NUMBER.unpack(data)[0]

    def _send(self) -> None:
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self.out:
                del self.out[: self.wire.send(self.out[:LARGEST])]

    # -- pipes

    def _make_pipes(self) -> None:
        if not self.makes_pipes or self.readers or self.writers:
            raise Garbled
        theirs = []
        for channel in PIPES:
            read, write = os.pipe()
            if channel == STDIN:
                self.writers[channel] = Writer(write)
                theirs.append(read)
            else:
                self.readers[channel] = Reader(read)
                theirs.append(write)
        self.fds = theirs

    def _read_pipes(self, ready: dict[int, int]) -> None:
        """All of them in their order, if any has something: a terminal would show it so."""
        if not any(each.fd in ready for each in self.readers.values()):
            return
        for channel, reader in list(self.readers.items()):
            data = reader.read(LARGEST) if reader.credit else None
            if data:
                self.out += packed(Kind.DATA, channel, data)
                settle(self.owed, channel, len(data))
            elif data is not None:
                self.out += packed(Kind.END, channel)
                self._close_reader(channel)

    def _close_reader(self, channel: int) -> None:
        self.readers.pop(channel).close()
        self.owed.pop(channel, None)

    def _write_pipes(self, ready: dict[int, int]) -> None:
        for channel, writer in list(self.writers.items()):
            if state := ready.get(writer.fd, 0):
                self._write(channel, is_open=not state & select.POLLERR)

    def _write(self, channel: int, *, is_open: bool = True) -> None:
        writer = self.writers[channel]
        try:
            if not is_open:
                raise BrokenPipeError
            settle(self.due, channel, writer.write())
        except OSError:
            self.out += packed(Kind.STOP, channel)
            self._close_writer(channel)
            return
        if credit := writer.take_credit():
            self.out += packed(Kind.CREDIT, channel, NUMBER.pack(credit))
        if writer.has_ended and not writer.waiting:
            self._close_writer(channel)

    def _close_writer(self, channel: int) -> None:
        self.writers.pop(channel).close()
        self.due.pop(channel, None)

    def close(self) -> None:
        """Hang up on both."""
        self._drop_fds()
        for channel in list(self.readers):
            self._close_reader(channel)
        for channel in list(self.writers):
            self._close_writer(channel)
        self.local.close()
        with contextlib.suppress(OSError):
            self.wire.close()


def settle(debts: dict[int, int], channel: int, paid: int) -> None:
    """So many bytes of a channel have gone."""
    if channel in debts:
        debts[channel] -= paid
        if debts[channel] <= 0:
            del debts[channel]
