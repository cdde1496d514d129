"""The relay's side of terminals: keys from pages to a cluster, and what comes of them back.

The list of a host's requests is taken by one thread, which never waits for a cluster; each terminal
that is open has a thread that reads it. Which are open is noted in Redis, so that a relay that
starts anew goes on where the last one stood.
"""

import json
import logging
import threading
from typing import Any

from redis.exceptions import RedisError

from portal import clock
from portal.engine.terminals import Size
from portal.live import terminals
from portal.live.connection import connect_patiently
from portal.live.terminals import State, Terminal
from portal.runner.attachments import Asked, Attachment
from portal.runner.telling import Teller

log = logging.getLogger(__name__)
TAKE_SECONDS = 0.5
AWAY_SECONDS = 2.0
MOST_EACH = 8
"""Terminals of one session."""
TOO_MANY = f"This session has {MOST_EACH} terminals open. Close one first."


class Terminals:
    """All terminals of a host."""

    def __init__(self, host: str):
        self.host = host
        self.stopped = threading.Event()
        self.open: dict[Terminal, Attachment] = {}
        self.teller = Teller()
        self.thread = threading.Thread()

    def start(self) -> None:
        """Begin. Already begun is success."""
        if not self.thread.is_alive() and not self.stopped.is_set():
            self.teller.start()
            self.thread = threading.Thread(target=self._take, daemon=True, name="terminals")
            self.thread.start()

    def stop(self) -> None:
        """Leave all terminals, which go on. What comes from now on is the next relay's."""
        self.stopped.set()
        if self.thread.is_alive():
            self.thread.join(timeout=5)
        for each in list(self.open.values()):
            each.stopped.set()
        for each in list(self.open.values()):
            each.thread.join(timeout=5)
        self.teller.stop()

    def _take(self) -> None:
        client = connect_patiently(TAKE_SECONDS)
        has_resumed = False
        while not self.stopped.is_set():
            try:
                if not has_resumed:
                    self._resume()
                    has_resumed = True
                found: Any = client.blpop([terminals.requests_key(self.host)], timeout=TAKE_SECONDS)
                if found is not None:
                    self._accept(json.loads(found[1]))
            except RedisError as error:
                log.warning("terminals: %s", error)
                self.stopped.wait(AWAY_SECONDS)
            except Exception:
                log.exception("a request to a terminal was dropped")

    def _resume(self) -> None:
        """Attach to those that were open when the last relay ended."""
        for terminal in terminals.noted_open(self.host):
            self._begin(terminal, terminals.state(terminal).size, begin=False)

    def _accept(self, asked: Asked) -> None:
        if asked["until"] < clock.time():
            return
        terminal = Terminal(*(asked[each] for each in ("session", "generation", "service", "name")))
        found = self.open.get(terminal)
        if found is not None and found.ask(asked):
            return
        if asked["verb"] == "open":
            size = Size.of(asked["rows"], asked["columns"])
            self._begin(terminal, size, begin=True)

    def _begin(self, terminal: Terminal, size: Size, *, begin: bool) -> None:
        self.open = {key: each for key, each in self.open.items() if each.is_alive}
        if sum(each.session == terminal.session for each in self.open) >= MOST_EACH:
            terminals.set_state(terminal, State("failed", message=TOO_MANY))
            return
        made = self.open[terminal] = Attachment(self.host, terminal, size, self.teller, begin=begin)
        made.thread.start()
