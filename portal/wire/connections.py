"""Connections that are open now, held by a host's relay: pages open, feed and end them by errands.

The relay holds them since they may be open for minutes: they would keep threads of the worker from
steps. The row says what was wanted and how it went; what goes on meanwhile is a stream.
"""

import base64
import logging
import threading
import time
import uuid
from typing import Any

from django.db import Error, close_old_connections
from redis.exceptions import RedisError

from portal.activities.models import Session
from portal.engine.errors import ClusterError, StepFailed
from portal.engine.runtimes.base import Runtime
from portal.engine.wire import talk
from portal.engine.wire.talk import Piece, Place
from portal.live import streams
from portal.runner.runtimes import get_runtime
from portal.wire import passing, places, services
from portal.wire.models import Exchange
from portal.wire.services import Record

log = logging.getLogger(__name__)
AT_MOST = 64
"""On one host."""
UNEXPECTED = "That went wrong on the portal's side. Try again in a moment."
CONNECTING_SECONDS, ENDING_SECONDS = 10.0, 5.0
KEEPING_SECONDS, KEEPING_PAUSE = 60.0, 0.25
_held: dict[int, "Connection"] = {}
_lock = threading.Lock()


def open_(session: Session, exchange: int) -> dict[str, Any]:
    """An errand: begin it. Already begun is success."""
    row = Exchange.objects.get(pk=exchange, session=session)
    with _lock:
        mine = sum(each.row.session_id == session.pk for each in _held.values())
        if len(_held) >= AT_MOST or mine >= services.OPEN:
            raise StepFailed("Many connections are open already. Hang one up, then try again.")
        if row.is_open and row.pk not in _held:
            _held[row.pk] = Connection(session, row)
            _held[row.pk].thread.start()
    return {}


def say(session: Session, exchange: int, data: str) -> dict[str, Any]:
    """An errand: send more."""
    found = _held.get(exchange)
    if found is None or found.row.session_id != session.pk:
        raise StepFailed("The connection is closed. Open another one.")
    found.say(base64.b64decode(data))
    return {}


def hang_up(session: Session, exchange: int) -> dict[str, Any]:
    """An errand: end it. Already ended is success."""
    found = _held.get(exchange)
    if found is None:
        for row in Exchange.objects.filter(pk=exchange, session=session, ended=""):
            services.lose_one(row)
    elif found.row.session_id == session.pk:
        found.hung_up.set()
    return {}


def end_all() -> None:
    """The relay ends, and all of them with it."""
    held = list(_held.values())
    for each in held:
        each.is_lost = True
        each.hung_up.set()
    for each in held:
        each.thread.join(ENDING_SECONDS)


class Connection:
    """One that is held here, by a thread of its own."""

    def __init__(self, session: Session, row: Exchange):
        self.session, self.row = session, row
        self.spot = places.find(session.spec, f"{row.host}:{row.port}")
        self.door = f"wire-{uuid.uuid4().hex}" if row.is_by_lines else ""
        self.hung_up = threading.Event()
        self.begun = threading.Event()
        """There is a connection, or it is clear that there is none."""
        self.is_lost = False
        self.thread = threading.Thread(target=self.hold, daemon=True, name=f"wire:{row.pk}")
        self.key = services.key_of(row)
        self.entries: list[tuple[int, dict[str, Any]]] = []
        self.appended = 0

    @property
    def runtime(self) -> Runtime:
        """What its cluster runs on."""
        return get_runtime(self.session.runtime)

    def say(self, data: bytes) -> None:
        """Send more, once there is a connection. Raises ClusterError."""
        if not self.begun.wait(CONNECTING_SECONDS):
            raise StepFailed("There is no connection yet. Send the line again in a moment.")
        talk.say(self.runtime, self.session.cluster, self.row.service, self.door, data)

    def hold(self) -> None:
        """Talk until it is over, then keep how it went, and only then tell that it is over."""
        record, problem = Record(), ""
        place = Place(self.row.service, self.row.host, self.row.port)
        last = Piece("ended", 0.0, how="failed")
        try:
            for piece in talk.talk(
                self.runtime,
                self.session.cluster,
                place,
                bytes(self.row.request),
                door=self.door,
                cancelled=self.hung_up.is_set,
            ):
                if piece.kind == "ended":
                    last = Piece("ended", piece.at, how="lost" if self.is_lost else piece.how)
                else:
                    record.take(piece)
                    self.tell(piece)
                    self.begun.set()
            problem = services.problem_of(last.how, self.spot, self.row.port)
        except ClusterError as error:
            problem = f"{error} {error.advice}"
        except Exception:
            log.exception("connection %s failed", self.row.pk)
            problem = UNEXPECTED
        try:
            record.take(last)
            self.keep(record, problem)
            self.pass_step()
        except Exception:
            log.exception("what connection %s did is not known", self.row.pk)
        finally:
            self.begun.set()
            with _lock:
                _held.pop(self.row.pk, None)
            self.tell(last)
            close_old_connections()

    def pass_step(self) -> None:
        """What was typed may have been what a step asks for."""
        self.row.refresh_from_db()
        if self.row.response:
            passing.consider(self.session, self.row, self.runtime)

    def keep(self, record: Record, problem: str) -> None:
        """Write how it went, again and again for a while where the database can't take it."""
        deadline = time.monotonic() + KEEPING_SECONDS
        while True:
            try:
                services.finish(self.row, record, problem)
            except Error as error:
                log.warning("how connection %s went can't be kept: %s", self.row.pk, error)
                close_old_connections()
                if time.monotonic() > deadline:
                    return
                time.sleep(KEEPING_PAUSE)
            else:
                return

    def tell(self, piece: Piece) -> None:
        """Append it to the stream; while Redis is away it waits for the next one."""
        self.entries.append((len(self.entries) + 1, services.as_entry(piece)))
        try:
            try:
                streams.append(self.key, self.entries[self.appended :], follows=self.appended)
            except streams.Behind as behind:
                streams.append(self.key, self.entries[behind.last :], follows=behind.last)
            self.appended = len(self.entries)
        except (RedisError, OSError, streams.Behind) as error:
            log.warning("what connection %s says waits: %s", self.row.pk, error)
