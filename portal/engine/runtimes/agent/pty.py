"""An attachment to a terminal, over its agent's socket. What the agent tells is hostile."""

import base64
import json
import select
import threading
import time
from typing import Any

from portal.engine.errors import CapacityExceeded, ClusterGone
from portal.engine.runtimes.agent.address import Where
from portal.engine.runtimes.agent.answers import Answer, Nonsense
from portal.engine.runtimes.agent.layout import GUEST
from portal.engine.runtimes.agent.link import GONE, Link
from portal.engine.runtimes.base import Pty, PtyBegan, PtyDrawn, PtyEnded, PtyEvent, PtyWrote
from portal.engine.terminals import KEYS_BYTES, Size

UNSENT_BYTES = 1 << 20
SCREEN_BYTES = 1 << 20
DATA_BYTES = 64 * 1024
SHELL = ("bash", "--rcfile", f"{GUEST}/guest/terminal/bashrc", "-i")
ENVIRONMENT = {"TERM": "xterm-256color", "SHELL": "/bin/bash", "HISTFILE": "/tmp/.bash_history"}  # noqa: S108 - the cluster's own


class AgentPty(Pty):
    """Sends without waiting: what the agent doesn't take waits here, within bounds."""

    def __init__(
        self,
        agent: Where,
        service: str,
        name: str,
        size: Size,
        *,
        since: int,
        epoch: str,
        begin: bool,
    ):
        self.link = Link(agent)
        self.unsent = bytearray()
        self.sending = threading.Lock()
        self.is_closed = False
        try:
            self.link.send(
                "terminal",
                service=service,
                name=name,
                argv=list(SHELL),
                environment={**ENVIRONMENT, "SLUICE_SERVICE": service},
                rows=size.rows,
                columns=size.columns,
                since=since,
                epoch=epoch,
                begin=begin,
            )
            first = self.link.answer()
            self.epoch, self.start = first.text("epoch"), first.number("start")
            if not self.epoch.isalnum() or self.start < 0:
                raise Nonsense
            running = first.flag("running")
            self.first: PtyEvent = PtyBegan() if running else ended(first)
        except BaseException:
            self.link.close()
            raise
        # A socket with a time limit would wait before it sends.
        self.out = self.link.socket.dup()
        self.out.setblocking(False)
        self.offset = self.start
        self.has_told = False

    def read(self, patience: float) -> PtyEvent | None:
        if not self.has_told:
            self.has_told = True
            return self.first
        deadline = time.monotonic() + patience
        while True:
            answer = self.link.next_line()
            if answer:
                return self._event(answer)
            left = deadline - time.monotonic()
            # An empty one only asks whether anybody listens.
            if answer is None and not self._wait(max(0.0, left)):
                return None
            if left < 0:
                return None

    def _wait(self, patience: float) -> bool:
        """Until there is something to read; what is to be sent goes out meanwhile."""
        with self.sending:
            self._send_on()
            events = select.POLLIN | (select.POLLOUT if self.unsent else 0)
        poll = select.poll()
        poll.register(self.link, events)
        ready = dict(poll.poll(patience * 1000)).get(self.link.fileno(), 0)
        if self.is_closed or ready & select.POLLNVAL:
            raise ClusterGone(GONE)
        if ready & ~select.POLLOUT:
            self.link.receive()
        return bool(ready)

    def _event(self, answer: Answer) -> PtyEvent:
        if "d" in answer:
            data, at = answer.data("d"), answer.number("at")
            if not 0 < len(data) <= DATA_BYTES or at != self.offset + len(data):
                raise Nonsense
            self.offset = at
            return PtyWrote(at, data)
        if "screen" in answer:
            screen, at = answer.data("screen"), answer.number("at")
            if len(screen) > SCREEN_BYTES or at < self.offset:
                raise Nonsense
            self.offset = at
            return PtyDrawn(at, screen, answer.size("size"))
        return PtyBegan() if "began" in answer else ended(answer, "end")

    def type(self, data: bytes) -> None:
        for start in range(0, len(data), KEYS_BYTES):
            piece = data[start : start + KEYS_BYTES]
            self._say(keys=base64.b64encode(piece).decode())

    def resize(self, size: Size) -> None:
        self._say(size=[size.rows, size.columns])

    def acknowledge(self, offset: int) -> None:
        self._say(ack=offset)

    def draw(self) -> None:
        self._say(draw=True)

    def end(self) -> None:
        self._say(end=True)

    def _say(self, **fields: Any) -> None:
        with self.sending:
            if len(self.unsent) > UNSENT_BYTES:
                raise CapacityExceeded("The terminal takes no more just now.")
            self.unsent += json.dumps(fields).encode() + b"\n"
            self._send_on()

    def _send_on(self) -> None:
        try:
            while self.unsent:
                sent = self.out.send(self.unsent)
                del self.unsent[:sent]
        except BlockingIOError:
            return
        except OSError as error:
            raise ClusterGone(GONE) from error

    def close(self) -> None:
        self.is_closed = True
        self.out.close()
        self.link.close()


def ended(answer: Answer, key: str = "exit") -> PtyEvent:
    """A shell's end, or that there was none."""
    return PtyEnded(answer.status(key) or 0)
