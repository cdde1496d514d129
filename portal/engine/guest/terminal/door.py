"""Where an agent listens inside of its cluster, and what may be asked there: see `agent/door.py`.

Only a session's own services can knock, and all of them are one student's.
"""

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

PORT = 26743
CONNECT_SECONDS = 5.0
ANSWER_LIMIT = 1 << 20
PIECE = 1 << 16

Said = dict[str, Any]


class Closed(Exception):
    """Nobody answers there; the text says why."""


class Door:
    """One request to the agent of a service."""

    def __init__(self, service: str, verb: str, **fields: Any):
        """Raises Closed."""
        self.rest = b""
        try:
            self.socket = socket.create_connection((service, PORT), CONNECT_SECONDS)
            self.socket.settimeout(None)
            self.say(verb=verb, service=service, **fields)
        except OSError as error:
            raise Closed(error.strerror or str(error)) from error

    def __enter__(self) -> "Door":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def fileno(self) -> int:
        """For selectors."""
        return self.socket.fileno()

    def say(self, **fields: Any) -> None:
        """Send a line. Raises OSError."""
        self.socket.sendall(json.dumps(fields).encode() + b"\n")

    def heard(self) -> list[Said]:
        """The lines that one read has completed. Raises Closed at the end, or for an error."""
        try:
            data = self.socket.recv(PIECE)
        except OSError as error:
            raise Closed(error.strerror or str(error)) from error
        if not data or len(self.rest) > ANSWER_LIMIT:
            raise Closed("it hung up")
        *lines, self.rest = (self.rest + data).split(b"\n")
        found = [json.loads(line) for line in lines]
        for each in found:
            if "error" in each:
                raise Closed(str(each["error"]))
        return found

    def answers(self) -> Iterator[Said]:
        """All that is answered, until it hangs up. Raises Closed for an error alone."""
        with contextlib.suppress(EOFError):
            while True:
                try:
                    found = self.heard()
                except Closed as closed:
                    if str(closed) != "it hung up":
                        raise
                    return
                yield from found


def ask(service: str, verb: str, **fields: Any) -> Said:
    """One request, one answer. Raises Closed."""
    with Door(service, verb, **fields) as door:
        door.socket.settimeout(CONNECT_SECONDS)
        while not (found := door.heard()):
            pass
        return found[0]
