"""The agents behind a gate: each is handed its listener and a filter, and told what it serves.

As a runner does it with a container of its own host. A gate that is started anew finds them as it
left them: the sockets lie in a folder that is the pod's.
"""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BACKLOG = 1024
BOOT = "boot.sock"
ANSWER_SECONDS = 30.0
ANSWER_LIMIT = 1 << 16
PIECE = 4096


class CannotServe(Exception):
    """An agent isn't there, or refuses what it is told; the text says why."""


@dataclass(frozen=True, slots=True)
class Behind:
    """One agent. `boot` is the folder that its container sees as well."""

    service: str
    address: Path
    boot: Path
    configuration: dict[str, Any]

    def make(self, rules: bytes, seconds: float) -> None:
        """Have it serve. Raises CannotServe, or OSError for one that doesn't come."""
        if self._is_told():
            return
        if not self._answers():
            self._hand_over(rules, seconds)
        self._configure()
        self._told.touch()

    @property
    def _told(self) -> Path:
        return self.address.with_suffix(".told")

    def _is_told(self) -> bool:
        return self._told.exists() and self._answers()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            self.call().close()
            return True
        return False

    def call(self) -> socket.socket:
        """A connection to it. Raises OSError."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(ANSWER_SECONDS)
            made.connect(str(self.address))
        except OSError:
            made.close()
            raise
        return made

    def _hand_over(self, rules: bytes, seconds: float) -> None:
        with listening(self.address, 0o600) as listener, listening(self.boot / BOOT, 0o666) as door:
            door.settimeout(seconds)
            first, _ = door.accept()
            with first:
                # A byte at least has to go with a descriptor.
                socket.send_fds(first, [b"x", rules], [listener.fileno()])
        (self.boot / BOOT).unlink(missing_ok=True)

    def _configure(self) -> None:
        with self.call() as agent:
            request = {"verb": "configure", **self.configuration}
            agent.sendall(json.dumps(request).encode() + b"\n")
            answer = b""
            while b"\n" not in answer and len(answer) < ANSWER_LIMIT:
                data = agent.recv(PIECE)
                if not data:
                    break
                answer += data
        told = json.loads(answer or b"{}")
        if "ok" not in told:
            raise CannotServe(f"{self.service}: {told.get('error', 'its agent hung up')}")


@contextlib.contextmanager
def listening(path: Path, mode: int) -> Iterator[socket.socket]:
    """A listening socket, closed here in the end."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.bind(str(path))
        os.chmod(path, mode)
        made.listen(BACKLOG)
        yield made
