"""One who looks at a terminal: is told what it writes, and says what is typed, over one peer."""

import base64
import contextlib
import json
import threading
from typing import Any

from .peer import Peer
from .terminal import Terminal

PIECE_BYTES = 48 * 1024
LISTENS_SECONDS = 5.0


class Attached:
    """Two threads: this peer's own reads what it says, another one tells it."""

    def __init__(self, peer: Peer, terminal: Terminal, since: int, epoch: str):
        self.peer, self.terminal = peer, terminal
        self.is_over = False
        self.wants_screen = False
        with terminal.changed:
            if terminal.has(since, epoch):
                self.told = since
            else:
                self.told, self.wants_screen = terminal.offset, True
            self.shells, self.was_running = terminal.shells, terminal.is_running
            self.first = {
                "epoch": terminal.epoch,
                "start": self.told,
                "running": terminal.is_running,
                "exit": terminal.status,
            }

    def serve(self) -> None:
        """Until it hangs up. Raises RuntimeError when there can be no thread for it."""
        self.peer.answer(**self.first)
        teller = threading.Thread(target=self._tell_for_ever, daemon=True)
        teller.start()
        try:
            while line := self.peer.line():
                self._do(json.loads(line))
        finally:
            with self.terminal.changed:
                self.is_over = True
                self.terminal.changed.notify_all()
            teller.join()

    def _do(self, said: dict[str, Any]) -> None:
        terminal = self.terminal
        match said:
            case {"keys": data}:
                terminal.type(base64.b64decode(data))
            case {"ack": offset}:
                terminal.acknowledge(int(offset))
            case {"size": [rows, columns]}:
                terminal.resize(int(rows), int(columns))
            case {"draw": _}:
                with terminal.changed:
                    self.wants_screen = True
                    terminal.changed.notify_all()
            case {"end": _}:
                self._hang_up()

    def _hang_up(self) -> None:
        """It may take its time: what else is said meanwhile is not to wait, if that can be had."""
        try:
            threading.Thread(target=self.terminal.hang_up, daemon=True).start()
        except RuntimeError:
            self.terminal.hang_up()

    def _tell_for_ever(self) -> None:
        with contextlib.suppress(OSError):
            while not self.is_over:
                for answer in self._next():
                    self.peer.answer(**answer)
        # The peer's own thread waits for it to speak or hang up.
        with contextlib.suppress(OSError):
            self.peer.socket.shutdown(2)

    def _next(self) -> list[dict[str, Any]]:
        """What to tell now, in order; after a while an empty word, to see who listens."""
        terminal = self.terminal
        with terminal.changed:
            terminal.changed.wait_for(self._has_something, LISTENS_SECONDS)
            if not self._has_something():
                return [{}]
            told: list[dict[str, Any]] = []
            if terminal.shells > self.shells:
                # What is left of the one before comes after this: it does no harm.
                self.shells, self.was_running = terminal.shells, True
                told.append({"began": True})
            if self.told < terminal.offset - len(terminal.kept):
                self.told, self.wants_screen = terminal.offset, True
            if data := terminal.after(self.told, PIECE_BYTES):
                self.told += len(data)
                told.append({"at": self.told, "d": base64.b64encode(data).decode()})
            if self.told < terminal.offset:
                return told
            if self.wants_screen:
                self.wants_screen = False
                screen = base64.b64encode(terminal.screen.painted()).decode()
                size = [terminal.rows, terminal.columns]
                told.append({"at": self.told, "screen": screen, "size": size})
            if self.was_running and not terminal.is_running:
                self.was_running = False
                told.append({"end": terminal.status})
            return told

    def _has_something(self) -> bool:
        terminal = self.terminal
        return (
            self.is_over
            or self.told < terminal.offset
            or self.wants_screen
            or terminal.shells > self.shells
            or (self.was_running and not terminal.is_running)
        )
