"""The agent's door inside of its cluster: `docker-compose`, typed in a terminal, knocks there.

Every service of the session can reach it, and nobody else; all of them are one student's, who has
terminals in each anyway. So it asks for no name. It answers `observe` and `logs` as the host's
socket does, and

    run  {service, argv, environment, rows, columns}
         ->  as `terminal` does; with no rows {o} (bytes of its output) {e} (of its errors) and at
             last {exit}, and takes {keys} {eof}. Hanging up ends the command
"""

import base64
import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import IO, Any

from ..terminal.door import PORT
from .children import GRACE_SECONDS, Child
from .peer import Peer

MOST = 16
"""Callers at once."""
REQUEST_SECONDS = 10.0
BACKLOG = 16
ANYWHERE = "0.0.0.0"  # noqa: S104 - in a network of the session's own
READ_BYTES = 32 * 1024


def listen(serve: Callable[[Peer], None], address: str = ANYWHERE) -> None:
    """Take callers for as long as the agent lives. Raises RuntimeError: no thread can be had.

    Agents that share a network have an `address` each.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, PORT))
    listener.listen(BACKLOG)
    threading.Thread(target=take_for_ever, args=(listener, serve), daemon=True).start()


def take_for_ever(listener: socket.socket, serve: Callable[[Peer], None]) -> None:
    """One caller after another, each in a thread; those beyond the bound are hung up on."""
    places = threading.BoundedSemaphore(MOST)

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.settimeout(REQUEST_SECONDS)
            serve(Peer(connection))
        places.release()

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            time.sleep(0.05)
            continue
        if not places.acquire(blocking=False):
            connection.close()
            continue
        try:
            threading.Thread(target=answer, args=(connection,), daemon=True).start()
        except RuntimeError:
            connection.close()
            places.release()


class Piped:
    """A command on pipes, whose caller is in another container: their bytes go over the peer."""

    def __init__(self, peer: Peer, child: Child):
        self.peer, self.child = peer, child
        streams = {"o": child.popen.stdout, "e": child.popen.stderr}
        self.readers = [
            threading.Thread(target=self._read, args=each, daemon=True) for each in streams.items()
        ]
        self.teller = threading.Thread(target=self._tell, daemon=True)

    def carry(self) -> None:
        """Until the command has ended or the caller hangs up. Raises RuntimeError: no threads."""
        try:
            for each in (*self.readers, self.teller):
                each.start()
            with contextlib.suppress(OSError, ValueError):
                while line := self.peer.line():
                    self._do(json.loads(line))
        finally:
            if self.child.status is None:
                self.child.end(signal.SIGTERM, GRACE_SECONDS)
            self._close_input()

    def _do(self, said: dict[str, Any]) -> None:
        stdin = self.child.popen.stdin
        if stdin is None or stdin.closed:
            return
        if "keys" in said:
            try:
                stdin.write(base64.b64decode(said["keys"]))
                stdin.flush()
            except BrokenPipeError:  # It reads no more: what else is said is nobody's.
                self._close_input()
        elif "eof" in said:
            self._close_input()

    def _close_input(self) -> None:
        stdin = self.child.popen.stdin
        with contextlib.suppress(OSError):
            if stdin is not None:
                stdin.close()

    def _read(self, letter: str, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError), stream:
            while data := os.read(stream.fileno(), READ_BYTES):
                self.peer.answer(**{letter: base64.b64encode(data).decode()})

    def _tell(self) -> None:
        """Its end, after all that it wrote; what it left behind holds that up for a moment only."""
        self.child.ended.wait()
        until = time.monotonic() + GRACE_SECONDS
        for each in self.readers:
            each.join(max(0.0, until - time.monotonic()))
        self.peer.try_to_answer(exit=self.child.status)
        with contextlib.suppress(OSError):
            self.peer.socket.shutdown(socket.SHUT_RDWR)
