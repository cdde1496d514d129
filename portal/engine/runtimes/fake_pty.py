"""A terminal in memory: what is typed is echoed, and a test says what else is written."""

import threading
from collections import deque

from portal.engine.errors import ClusterGone
from portal.engine.guest.screen import Screen
from portal.engine.runtimes.base import Pty, PtyBegan, PtyDrawn, PtyEnded, PtyEvent, PtyWrote
from portal.engine.terminals import Size


class FakeTerminal:
    """Echoes keys. `exit` and a line's end ends its shell."""

    def __init__(self, epoch: str, size: Size):
        self.epoch, self.size = epoch, size
        self.changed = threading.Condition()
        self.data = b""
        self.screen = Screen(size.rows, size.columns)
        self.typed = b""
        self.acknowledged = 0
        self.status: int | None = None
        self.is_gone = False
        self.looking: list[FakePty] = []

    def write(self, data: bytes) -> None:
        """Something in it writes."""
        with self.changed:
            self.data += data
            self.screen.feed(data)
            for each in self.looking:
                each.events.append(PtyWrote(len(self.data), data))
            self.changed.notify_all()

    def type(self, data: bytes) -> None:
        """Keys come."""
        self.typed += data
        self.write(data.replace(b"\r", b"\r\n"))
        if self.typed.endswith(b"exit\r"):
            self.end(0)

    def begin(self) -> None:
        """A shell begins, unless one runs."""
        if self.status is not None:
            self._be(None, PtyBegan())

    def end(self, status: int) -> None:
        """The shell ends."""
        self._be(status, PtyEnded(status))

    def _be(self, status: int | None, event: PtyEvent) -> None:
        with self.changed:
            self.status = status
            for each in self.looking:
                each.events.append(event)
            self.changed.notify_all()

    def go(self) -> None:
        """Its cluster ends."""
        with self.changed:
            self.is_gone = True
            self.changed.notify_all()


class FakePty(Pty):
    """One who looks at it."""

    def __init__(self, terminal: FakeTerminal, since: int, epoch: str):
        self.terminal, self.epoch = terminal, terminal.epoch
        self.is_closed = False
        with terminal.changed:
            is_known = epoch == terminal.epoch and since <= len(terminal.data)
            self.start = since if is_known else len(terminal.data)
            running = terminal.status is None
            self.events: deque[PtyEvent] = deque(
                [PtyBegan() if running else PtyEnded(terminal.status or 0)]
            )
            if rest := terminal.data[self.start :]:
                self.events.append(PtyWrote(len(terminal.data), rest))
            terminal.looking.append(self)
            if not is_known:
                self.draw()

    def read(self, patience: float) -> PtyEvent | None:
        terminal = self.terminal
        with terminal.changed:
            terminal.changed.wait_for(
                lambda: self.events or terminal.is_gone or self.is_closed, patience
            )
            if self.events:
                return self.events.popleft()
            if terminal.is_gone or self.is_closed:
                raise ClusterGone("The session's cluster is not running.")
            return None

    def type(self, data: bytes) -> None:
        if self.terminal.is_gone:
            raise ClusterGone("The session's cluster is not running.")
        self.terminal.type(data)

    def resize(self, size: Size) -> None:
        with self.terminal.changed:
            self.terminal.size = size
            self.terminal.screen.resize(size.rows, size.columns)

    def acknowledge(self, offset: int) -> None:
        self.terminal.acknowledged = max(self.terminal.acknowledged, offset)

    def draw(self) -> None:
        terminal = self.terminal
        with terminal.changed:
            screen = terminal.screen.painted()
            self.events.append(PtyDrawn(len(terminal.data), screen, terminal.size))
            terminal.changed.notify_all()

    def end(self) -> None:
        self.terminal.end(-1)

    def close(self) -> None:
        with self.terminal.changed:
            self.is_closed = True
            if self in self.terminal.looking:
                self.terminal.looking.remove(self)
            self.terminal.changed.notify_all()
