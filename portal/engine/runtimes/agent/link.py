"""Talk to a cluster's agent over a unix socket. What it answers is hostile."""

import errno
import json
import select
import socket
import time
from typing import Any

from portal.engine.errors import (
    ClusterAsleep,
    ClusterError,
    ClusterGone,
    Part,
    StepFailed,
)
from portal.engine.runtimes.agent.address import Where, address
from portal.engine.runtimes.agent.answers import Answer, Nonsense, words
from portal.engine.runtimes.base import Cancelled

ANSWER_LIMIT = 1 << 20
ANSWER_SECONDS = 30.0
POLL_SECONDS = 0.1
FOLLOW_SECONDS = 0.5
"""How often somebody who only listens asks whether to go on: what is said wakes them at once."""
PIECE = 1 << 16

GONE = "The session's cluster is not running."


class Link:
    """One connection to an agent, for one request. Raises ClusterGone when nobody answers, and
    ClusterAsleep where nobody can."""

    def __init__(self, where: Where, patience: float = ANSWER_SECONDS):
        self.address = address(where)
        if self.address.is_asleep:
            raise ClusterAsleep
        self.patience = patience
        self.buffer = b""
        try:
            self.socket = self.address.connect(patience)
        except OSError as error:
            raise ClusterGone(GONE) from error
        self.socket.settimeout(patience)

    def fileno(self) -> int:
        """For selectors."""
        return self.socket.fileno()

    def send(self, verb: str, fds: tuple[int, ...] = (), body: bytes = b"", **fields: Any) -> None:
        """Send a request, with descriptors and bytes beside it."""
        line = json.dumps({"verb": verb, **fields}).encode() + b"\n"
        try:
            sent = socket.send_fds(self.socket, [line], list(fds))
            # Not even an empty send: a quick agent has answered and hung up by now.
            if rest := line[sent:] + body:
                self.socket.sendall(rest)
        except OSError as error:
            raise ClusterGone(GONE) from error

    def answer(self) -> Answer:
        """The next line of the answer. Raises ClusterGone; StepFailed if the agent refused."""
        # For the whole line: one that drips in byte by byte is late as well.
        deadline = time.monotonic() + self.patience
        while (answer := self.next_line()) is None:
            self._receive(deadline)
        return answer

    def answer_now(self) -> Answer | None:
        """The next line of the answer if all of it is there; to be asked when `fileno` is ready."""
        self.receive()
        return self.next_line()

    def receive(self) -> None:
        """Read on. Raises ClusterGone when the agent has hung up."""
        self._receive(time.monotonic() + self.patience)

    def next_line(self) -> Answer | None:
        """The next line of the answer, of what was read."""
        if b"\n" not in self.buffer:
            if len(self.buffer) > ANSWER_LIMIT:
                raise Nonsense
            return None
        line, self.buffer = self.buffer.split(b"\n", 1)
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Nonsense from error
        if not isinstance(fields, dict):
            raise Nonsense
        if "error" in fields:
            raise StepFailed(words(fields["error"]), part=Part.UNKNOWN)
        return Answer(fields)

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes that follow an answer."""
        deadline = time.monotonic() + self.patience
        parts, missing = [self.buffer[:size]], size - len(self.buffer[:size])
        self.buffer = self.buffer[size:]
        while missing > 0:
            self._receive(deadline)
            parts.append(self.buffer[:missing])
            self.buffer = self.buffer[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError(errno.ETIMEDOUT, "the agent is late")
            self.socket.settimeout(left)
            data = self.socket.recv(PIECE)
        except TimeoutError as error:
            raise self._silence() from error
        except OSError as error:
            raise ClusterGone(GONE) from error
        if not data:
            raise ClusterGone(GONE)
        self.buffer += data

    def _silence(self) -> ClusterError:
        """Why there is no answer: it may have been put to sleep since it was asked."""
        return ClusterAsleep() if self.address.is_asleep else ClusterGone(GONE)

    def wait(self, cancelled: Cancelled) -> bool:
        """Wait for something to read; False once `cancelled`."""
        if self.buffer:
            return not cancelled()
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        while not cancelled():
            if poll.poll(FOLLOW_SECONDS * 1000):
                return True
        return False

    def drain(self, patience: float) -> None:
        """Read on until the agent hangs up; raises ClusterGone then, or when it is late."""
        deadline = time.monotonic() + patience
        while len(self.buffer) <= ANSWER_LIMIT:
            self._receive(deadline)
        raise Nonsense

    def say_no_more(self) -> None:
        """End a command: its answer still comes."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise ClusterGone(GONE) from error

    def close(self) -> None:
        """Hang up. For a command that ends it, too."""
        self.socket.close()


def ask(where: Where, verb: str, *, patience: float = ANSWER_SECONDS, **fields: Any) -> Answer:
    """One request, one line of answer."""
    link = Link(where, patience)
    try:
        link.send(verb, **fields)
        return link.answer()
    finally:
        link.close()
