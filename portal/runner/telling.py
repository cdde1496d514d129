"""Tells apps above what went on in terminals, on a thread of its own: they may take their time."""

import logging
import queue
import threading
from typing import Any

from django.db import Error, close_old_connections
from redis.exceptions import RedisError

from portal.activities import signals
from portal.activities.models import Session
from portal.engine.commands import CommandRan
from portal.live import recordings
from portal.live.terminals import Terminal

log = logging.getLogger(__name__)
WAITING = 2000
STOP_SECONDS = 5.0


class Teller:
    """What waits is bounded: who types faster than rows are written loses commands, not keys."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[tuple[Terminal, CommandRan | str] | None] = queue.Queue(WAITING)
        self.thread = threading.Thread()

    def start(self) -> None:
        """Begin. Already begun is success."""
        if not self.thread.is_alive():
            self.thread = threading.Thread(target=self._tell_for_ever, daemon=True, name="telling")
            self.thread.start()

    def stop(self) -> None:
        """Tell what waits, and end."""
        if self.thread.is_alive():
            self._put(None)
            self.thread.join(STOP_SECONDS)

    def tell_command(self, terminal: Terminal, ran: CommandRan) -> None:
        """A command began or ended."""
        self._put((terminal, ran))

    def tell_recording(self, terminal: Terminal, epoch: str) -> None:
        """There is more to play back."""
        self._put((terminal, epoch))

    def _put(self, what: Any) -> None:
        try:
            self.waiting.put_nowait(what)
        except queue.Full:
            log.warning("more happens in terminals than can be told: something is left out")

    def _tell_for_ever(self) -> None:
        while (what := self.waiting.get()) is not None:
            terminal, told = what
            try:
                self._tell(terminal, told)
            except (Error, RedisError) as error:
                log.warning("terminal %s: %s", terminal.key, error)
            except Exception:
                log.exception("terminal %s: something could not be told", terminal.key)
            finally:
                close_old_connections()

    def _tell(self, terminal: Terminal, told: CommandRan | str) -> None:
        session = Session.objects.filter(pk=terminal.session).first()
        if session is None:
            return
        if isinstance(told, str):
            cast = recordings.recording(terminal, told)
            if cast:
                self._send(
                    signals.terminal_recorded, session, terminal=terminal, epoch=told, cast=cast
                )
            return
        signal = signals.command_began if told.ended_at is None else signals.command_ran
        self._send(signal, session, terminal=terminal, ran=told)

    def _send(self, signal: Any, session: Session, **fields: Any) -> None:
        for receiver, answer in signal.send_robust(Session, session=session, **fields):
            if isinstance(answer, Exception):
                log.error("%r failed on a terminal", receiver, exc_info=answer)
