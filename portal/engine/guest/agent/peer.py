"""One connection to the agent: its request, the descriptors beside it, and the answers."""

import contextlib
import errno
import json
import os
import socket
import threading
from typing import Any

HEADER_LIMIT = 1 << 20
PIECE = 1 << 16
CROWDED = "The cluster's limit of processes is reached. Stop what runs in it, then try again."

Request = dict[str, Any]


class Refused(Exception):
    """A request that can't be done; its text goes back to the caller."""


class NotTold(Exception):
    """Something is asked of services before `configure` has named them."""


def why(error: OSError) -> str:
    """Why a command could not be started, in a shell's words."""
    if isinstance(error, FileNotFoundError):
        return "command not found"
    if error.errno == errno.EAGAIN:
        return CROWDED
    return error.strerror or "it could not be started"


class Peer:
    """One caller. Whoever serves it closes it."""

    def __init__(self, connection: socket.socket):
        self.socket = connection
        self.buffer = b""
        self.fds: list[int] = []
        self._lock = threading.Lock()

    def request(self) -> Request:
        """The request's line. Raises ValueError when none comes."""
        while b"\n" not in self.buffer:
            data, fds, _, _ = socket.recv_fds(self.socket, PIECE, 4)
            self.fds += fds
            if not data or len(self.buffer) > HEADER_LIMIT:
                raise ValueError("no request")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        request: Request = json.loads(line)
        return request

    def line(self) -> bytes:
        """The next line of a caller that says several; nothing once it has said all."""
        while b"\n" not in self.buffer:
            data = b"" if len(self.buffer) > HEADER_LIMIT else self.socket.recv(PIECE)
            if not data:
                return b""
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def take_fds(self, count: int) -> list[int]:
        """The descriptors that came with the request, now the caller's to close."""
        if len(self.fds) != count:
            raise ValueError(f"{count} descriptors needed, {len(self.fds)} came")
        taken, self.fds = self.fds, []
        return taken

    def take(self, missing: int) -> bytes:
        """Some of the bytes that follow the request, at most `missing`."""
        if self.buffer:
            data, self.buffer = self.buffer[:missing], self.buffer[missing:]
        else:
            data = self.socket.recv(min(missing, PIECE))
        if not data:
            raise ValueError("the caller hung up")
        return data

    def wait_for_hangup(self) -> None:
        """Return once the caller has nothing more to say."""
        with contextlib.suppress(OSError):
            self.socket.recv(1)

    def answer(self, **fields: object) -> None:
        """Send a line of JSON. Raises OSError when nobody listens."""
        with self._lock:
            self.socket.sendall(json.dumps(fields).encode() + b"\n")

    def try_to_answer(self, **fields: object) -> None:
        """Send a line of JSON, if anybody listens."""
        with contextlib.suppress(OSError):
            self.answer(**fields)

    def close(self) -> None:
        """Hang up, and drop what nobody took."""
        for fd in self.fds:
            os.close(fd)
        self.socket.close()
