"""Keep exchanges: those of steps when they are over, those that are typed from their first byte."""

import base64
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from portal.activities import keeping
from portal.activities.models import Session, StepRun
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus
from portal.engine import http
from portal.engine.wire.talk import GOT, SENT, Piece
from portal.live import streams
from portal.wire import escapes
from portal.wire.models import CRLF, LF, NO_CONNECTION, Exchange, Origin
from portal.wire.places import Spot

log = logging.getLogger(__name__)
KEPT = 50
"""Exchanges of a session; older ones make room for new ones."""
NAMED = 30
"""Of them so many can have names, which nothing makes room for."""
OPEN = 3
"""Connections of a session that are open at once."""
TOO_LONG = (
    f"That is more than the {SENT // 1024} KB that one connection takes. Nothing was sent: make it "
    "shorter."
)


def keep(session: Session, run: StepRun | None, exchange: http.Exchange) -> Exchange:
    """Keep what went out and what came in.

    Safe to repeat: a run's exchange is kept once, and the first one stays.
    """
    exchanges = Exchange.objects.filter(session=session)
    kept = keeping.once(exchanges, run, lambda: _keep(session, run, exchange))
    make_room(session)
    return kept


def _keep(session: Session, run: StepRun | None, exchange: http.Exchange) -> Exchange:
    return Exchange.objects.create(
        session=session,
        step_run=run,
        host=exchange.host[:255],
        port=exchange.port,
        request=exchange.request,
        response=exchange.response,
        status_line=exchange.status_line[:255],
        connect_seconds=exchange.connect_seconds,
        first_byte_seconds=exchange.first_byte_seconds,
        total_seconds=exchange.total_seconds,
        ended=exchange.ended,
    )


def keep_captured(exchange: Exchange) -> None:
    """Make a row of what had none."""
    exchange.key = ""
    exchange.save()
    make_room(exchange.session)


def make_room(session: Session) -> None:
    """Remove the oldest beyond what is kept; what has a name, or is open, stays."""
    all_ = Exchange.objects.filter(session=session)
    staying = all_.filter(~models.Q(name="") | models.Q(ended=""))
    keeping.trim(all_.exclude(name="", ended="").filter(name=""), KEPT - staying.count())


def typed_bytes(text: str, line_ends: str, *, has_escapes: bool = False) -> bytes:
    """What was typed with the ends of lines that were chosen; nothing is added. Raises NotNow."""
    if len(text) > (escapes.LONGEST if has_escapes else 2) * SENT:
        raise NotNow(TOO_LONG)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    ended = lines if line_ends == LF else lines.replace("\n", "\r\n")
    data = ended.encode("utf-8", "replace")
    data = escapes.unescaped(data) if has_escapes else data
    if len(data) > SENT:
        raise NotNow(TOO_LONG)
    return data


def begin(
    session: Session, spot: Spot, data: bytes, *, line_ends: str = CRLF, is_by_lines: bool = False
) -> Exchange:
    """The row of a connection that is about to be opened. Raises NotNow."""
    if session.state is not SessionStatus.READY:
        raise NotNow("The cluster is not running. Nothing was sent.")
    if not data and not is_by_lines:
        raise NotNow("There is nothing to send yet: type a request, or choose an example.")
    if len(data) > SENT:
        raise NotNow(TOO_LONG)
    if Exchange.objects.filter(session=session, ended="").count() >= OPEN:
        raise NotNow(f"{OPEN} connections are open already. Hang one of them up first.")
    made = Exchange.objects.create(
        session=session,
        origin=Origin.TYPED,
        service=spot.place.service,
        host=spot.place.host,
        port=spot.place.port,
        line_ends=line_ends,
        is_by_lines=is_by_lines,
        request=data,
        connect_seconds=0,
        total_seconds=0,
    )
    make_room(session)
    return made


def name(exchange: Exchange, text: str) -> None:
    """Give it a name, or take it away. Raises NotNow."""
    wanted = " ".join(text.replace("\0", "").split())[:60]
    named = Exchange.objects.filter(session=exchange.session_id).exclude(name="")
    if wanted and named.exclude(pk=exchange.pk).count() >= NAMED:
        raise NotNow(f"{NAMED} exchanges have names already. Take one of them away first.")
    exchange.name = wanted
    exchange.save(update_fields=["name"])


@dataclass(slots=True)
class Record:
    """What has gone over a connection so far."""

    request: bytearray = field(default_factory=bytearray)
    response: bytearray = field(default_factory=bytearray)
    pieces: list[tuple[str, float, int]] = field(default_factory=list)
    connected: float = 0.0
    first_byte: float | None = None
    total: float = 0.0
    ended: str = ""

    def take(self, piece: Piece) -> None:
        """Add what has happened."""
        self.total = piece.at
        match piece.kind:
            case "connected":
                self.connected = piece.at
            case "sent":
                self.request += piece.data
                self.pieces.append((">", round(piece.at, 6), len(piece.data)))
            case "got":
                if self.first_byte is None:
                    self.first_byte = piece.at
                self.response += piece.data
                self.pieces.append(("<", round(piece.at, 6), len(piece.data)))
            case "ended":
                self.ended = piece.how


def finish(exchange: Exchange, record: Record, problem: str = "") -> bool:
    """Keep how a connection went. False where that is known already."""
    response = bytes(record.response)
    typed = bytes(exchange.request)
    sent = bytes(record.request)
    if typed and not exchange.is_by_lines and not problem and len(sent) < len(typed):
        problem = f"Only {len(sent):,} of the {len(typed):,} bytes were sent." if sent else ""
    fields: dict[str, Any] = {
        "request": sent if exchange.is_by_lines else typed,
        "response": response,
        "pieces": record.pieces,
        "status_line": http.status_line(response)[:255],
        "connect_seconds": record.connected,
        "first_byte_seconds": record.first_byte,
        "total_seconds": record.total,
        "ended": record.ended or "failed",
        "problem": problem,
    }
    return bool(Exchange.objects.filter(pk=exchange.pk, ended="").update(**fields))


def lose(host: str) -> None:
    """The connections of a host's earlier relay ended with it: keep what is known of them."""
    for exchange in Exchange.objects.filter(ended="", session__host=host):
        lose_one(exchange)


def lose_one(exchange: Exchange) -> None:
    """Nobody holds this connection any more."""
    record = Record()
    for piece in kept_in(key_of(exchange)):
        record.take(piece)
    record.ended = "lost"
    finish(exchange, record)


def fail(exchange: Exchange, problem: str) -> None:
    """There was no connection, for a reason that is the portal's."""
    finish(exchange, Record(ended="failed"), problem)


def problem_of(how: str, spot: Spot | None, port: int) -> str:
    """What to do where there was no connection."""
    if how not in NO_CONNECTION:
        return ""
    nothing = f"Nothing answers on port {port}."
    if spot is not None and spot.starts:
        return f"{nothing} Run the step “{spot.starts}” first, then send it again."
    return f"{nothing} Look at the log of the service that should listen there."


def key_of(exchange: Exchange) -> str:
    """The stream of what goes and comes."""
    return f"{exchange.session_id}:wire:{exchange.pk}"


def key_in(session: Session, rest: str) -> str | None:
    """The same by the name that a page follows."""
    if not rest.isdecimal() or len(rest) > 18:
        return None
    found = Exchange.objects.filter(session=session, pk=int(rest)).first()
    return key_of(found) if found else None


def as_entry(piece: Piece) -> dict[str, Any]:
    """A piece as pages get it."""
    told = {"kind": piece.kind, "at": round(piece.at, 6), "how": piece.how}
    return told | {"text": base64.b64encode(piece.data).decode("ascii")}


def kept_in(key: str) -> Iterable[Piece]:
    """What a stream has of a connection."""
    size = 0
    for _, told in streams.entries(key):
        data = base64.b64decode(told["text"])
        size += len(data)
        if size <= SENT + GOT:
            yield Piece(told["kind"], told["at"], data, told["how"])
