"""One terminal that is open: keys from pages to a cluster, and what comes of them back."""

import base64
import contextlib
import logging
import threading
import time
from collections import deque
from typing import Any

from django.db import close_old_connections
from redis.exceptions import RedisError

from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.engine.commands import Marks
from portal.engine.errors import ClusterError, ClusterGone
from portal.engine.runtimes.base import Pty, PtyBegan, PtyDrawn, PtyEnded, PtyEvent, PtyWrote
from portal.engine.terminals import Size
from portal.live import streams, terminals
from portal.live.terminals import State, Terminal
from portal.runner.recorder import Recorder
from portal.runner.runtimes import get_runtime
from portal.runner.services.sleeping import awake
from portal.runner.telling import Teller

log = logging.getLogger(__name__)
AGAIN_SECONDS = 0.3
EARLY = 200
"""Requests to one that is being opened."""
IDLE_SECONDS = 0.5
VIEWER_SECONDS = 2.0
"""For so long after a viewer's acknowledgement it is viewers that set the pace."""
DRAW_BYTES, DRAW_IDLE_BYTES, DRAW_SECONDS = 64 * 1024, 4 * 1024, 5.0
LAST_SECONDS = 5.0
RECORDED_SECONDS = 60.0
NOT_RUNNING = "The cluster is not running. Start it, then open the terminal again."

Asked = dict[str, Any]


class Attachment:
    """One terminal that is open, on its thread."""

    def __init__(self, host: str, terminal: Terminal, size: Size, teller: Teller, *, begin: bool):
        self.host, self.terminal, self.size, self.begin = host, terminal, size, begin
        self.teller = teller
        self.lock = threading.Lock()
        self.pty: Pty | None = None
        self.early: deque[Asked] = deque(maxlen=EARLY)
        self.stopped = threading.Event()
        self.state = State(rows=size.rows, columns=size.columns)
        self.viewed_at = -VIEWER_SECONDS
        self.offset = self.acknowledged = self.drawn = 0
        self.drawn_at = self.recorded_at = time.monotonic()
        self.is_recorded = True
        self.thread = threading.Thread(target=self._run, daemon=True, name=terminal.key)

    @property
    def is_alive(self) -> bool:
        """Whether it takes requests."""
        return self.thread.is_alive() and not self.stopped.is_set()

    # -- what pages ask: on the thread of requests, so nothing here waits

    def ask(self, asked: Asked) -> bool:
        """Take a request; one that comes while it is being opened waits for that. False once this
        has ended, which pages have been told by then: what they ask now is for the next one."""
        with self.lock:
            if not self.is_alive:
                return False
            if self.pty is None:
                self.early.append(asked)
            else:
                self._do(self.pty, asked)
            return True

    def _do(self, pty: Pty, asked: Asked) -> None:
        try:
            match asked:
                case {"verb": "keys", "data": data}:
                    pty.type(base64.b64decode(data))
                case {"verb": "open" | "resize", "rows": rows, "columns": columns}:
                    pty.resize(Size.of(rows, columns))
                    pty.draw()
                case {"verb": "ack", "offset": offset}:
                    self.viewed_at = time.monotonic()
                    pty.acknowledge(min(int(offset), self.offset))
                case {"verb": "close"}:
                    pty.end()
        except ClusterError as error:
            log.info("terminal %s: %s", self.terminal.key, error)

    # -- what the cluster tells: on its own thread

    def _run(self) -> None:
        try:
            self._attach()
        except ClusterGone as error:
            self._finish("gone", message=f"{error} {error.advice}")
        except ClusterError as error:
            self._finish("failed", message=f"{error} {error.advice}")
        except Exception:
            log.exception("terminal %s failed", self.terminal.key)
            self._finish("failed", message="The portal made a mistake. Open the terminal again.")
        finally:
            self.stopped.set()
            close_old_connections()

    def _attach(self) -> None:
        self.state = patiently(self.stopped, lambda: terminals.state(self.terminal)) or self.state
        self._be("opening")
        session = self._session()
        awake(session)
        epoch = self.state.epoch
        key = terminals.stream_key(self.terminal, epoch)
        since = streams.last_number(key) if epoch else 0
        close_old_connections()
        pty = get_runtime(session.runtime).open_pty(
            session.cluster,
            self.terminal.service,
            self.terminal.name,
            self.size,
            since=since,
            epoch=epoch,
            begin=self.begin,
        )
        try:
            with self.lock:
                self.pty = pty
                for asked in self.early:
                    self._do(pty, asked)
            self._follow(pty, terminals.kept_command(self.terminal, pty.epoch))
        finally:
            pty.close()

    def _session(self) -> Session:
        """Whose it is. Raises ClusterGone where its cluster isn't running."""
        session = Session.objects.filter(pk=self.terminal.session, host=self.host).first()
        if (
            session is None
            or session.generation != self.terminal.generation
            or session.state not in (SessionStatus.READY, SessionStatus.STARTING)
        ):
            raise ClusterGone(NOT_RUNNING, advice=" ")
        return session

    def _follow(self, pty: Pty, running: Any) -> None:
        self.offset = self.drawn = pty.start
        marks = Marks(pty.epoch, running)
        recorder = Recorder(self.terminal, pty.epoch)
        pty.draw()
        try:
            while not self.stopped.is_set():
                event = pty.read(IDLE_SECONDS)
                patiently(self.stopped, lambda e=event: self._note(pty, marks, recorder, e))
                if isinstance(event, PtyEnded):
                    self._end(pty, marks, recorder, event.exit_status)
                    return
        except ClusterGone:
            self._tell(marks.ended(time.time()))
            self._record(pty.epoch)
            raise

    def _note(self, pty: Pty, marks: Marks, recorder: Recorder, event: PtyEvent | None) -> None:
        """Pass on what happened. Raises RedisError; may be done again then."""
        now = time.monotonic()
        match event:
            case PtyBegan():
                self._be("running", epoch=pty.epoch, exit_status=None, message="")
            case PtyWrote(offset=offset, data=data):
                terminals.append(self.terminal, pty.epoch, offset, data)
                if offset > self.offset:
                    self._take_in(pty, marks, recorder, event)
                self._acknowledge(pty)
            case PtyDrawn(offset=offset, screen=screen, size=size):
                self._draw(pty, recorder, offset, screen, size)
            case None:
                self._acknowledge(pty)
        self._look(pty, recorder, now, is_idle=event is None)

    def _take_in(self, pty: Pty, marks: Marks, recorder: Recorder, wrote: PtyWrote) -> None:
        self.offset, self.is_recorded = wrote.offset, False
        told = marks.read(wrote.data, wrote.offset, time.time())
        self._tell(told)
        # Without these a recording has a hole, and a command may have no end: no more than that.
        with contextlib.suppress(RedisError):
            recorder.put_out(wrote.data)
            for each in told:
                if each.ended_at is None:
                    recorder.mark(each.command)
            if told:
                terminals.keep_command(self.terminal, pty.epoch, marks.running)

    def _acknowledge(self, pty: Pty) -> None:
        """What is in Redis, unless somebody who looks sets the pace."""
        is_watched = time.monotonic() - self.viewed_at < VIEWER_SECONDS
        if not is_watched and self.acknowledged < self.offset:
            self.acknowledged = self.offset
            pty.acknowledge(self.offset)

    def _draw(self, pty: Pty, recorder: Recorder, offset: int, screen: bytes, size: Size) -> None:
        terminals.keep_screen(self.terminal, pty.epoch, offset, screen)
        self.offset = self.drawn = offset
        self.drawn_at = time.monotonic()
        if size != self.state.size:
            self._be(self.state.status, rows=size.rows, columns=size.columns)
            if recorder.has_picture:
                recorder.resize(size)
        recorder.draw(screen, size)

    def _look(self, pty: Pty, recorder: Recorder, now: float, *, is_idle: bool) -> None:
        """Ask for the screen when much has changed, or something a while ago."""
        new = self.offset - self.drawn
        is_due = new > DRAW_BYTES or (is_idle and new > DRAW_IDLE_BYTES)
        is_late = is_idle and (new or recorder.wants_picture) and now - self.drawn_at > DRAW_SECONDS
        if is_due or is_late:
            pty.draw()
            self.drawn = self.offset
        if not self.is_recorded and now - self.recorded_at > RECORDED_SECONDS:
            self._record(pty.epoch)

    def _end(self, pty: Pty, marks: Marks, recorder: Recorder, status: int) -> None:
        """The shell has ended: keep its last screen."""
        pty.draw()
        until = time.monotonic() + LAST_SECONDS
        while time.monotonic() < until:
            event = pty.read(IDLE_SECONDS)
            if isinstance(event, PtyDrawn):
                self._draw(pty, recorder, event.offset, event.screen, event.size)
                break
        recorder.end(status)
        self._tell(marks.ended(time.time()))
        self._record(pty.epoch)
        self._finish("ended", epoch=pty.epoch, exit_status=status, message="")

    def _tell(self, told: list[Any]) -> None:
        for ran in told:
            self.teller.tell_command(self.terminal, ran)

    def _record(self, epoch: str) -> None:
        self.is_recorded, self.recorded_at = True, time.monotonic()
        self.teller.tell_recording(self.terminal, epoch)

    def _finish(self, status: str, **fields: Any) -> None:
        """Have a last state, and take no more."""
        with self.lock:
            self.stopped.set()
            self._be(status, **fields)

    def _be(self, status: str, **fields: Any) -> None:
        """Note whether it is open, then tell its state: who reads that it ended finds it gone."""
        made = {**{name: getattr(self.state, name) for name in State.__slots__}, **fields}
        self.state = State(**{**made, "status": status, "offset": self.offset})
        try:
            terminals.note_open(self.host, self.terminal, status in ("opening", "running"))
            terminals.set_state(self.terminal, self.state)
        except RedisError as error:
            log.warning("terminal %s: %s", self.terminal.key, error)


def patiently(stopped: threading.Event, do: Any) -> Any:
    """Do it, again while Redis is away."""
    while True:
        try:
            return do()
        except RedisError as error:
            log.warning("terminals: %s", error)
            if stopped.wait(AGAIN_SECONDS):
                return None
