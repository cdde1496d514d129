"""Exchanges that nobody typed here: as the student's server read and wrote them, whoever asked."""

import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from redis.exceptions import RedisError

from portal.activities import captures
from portal.activities.captures import Capture
from portal.activities.models import Session
from portal.engine.http import status_line
from portal.wire.models import Exchange, Origin

log = logging.getLogger(__name__)
LISTED = 50
KEY = re.compile(r"([A-Za-z0-9_.-]{1,63})\.([0-9]{1,18})")
SLACK = 30.0
"""Seconds by which a connection may begin after its row, on a machine with much to do."""


def newest(session: Session) -> list[Exchange]:
    """The newest of the session's cluster, newest first; none where nobody can be asked."""
    try:
        found = captures.captures(session, most=LISTED)
    except (RedisError, OSError) as error:
        log.warning("what session %s captured can't be read: %s", session.pk, error)
        return []
    # Whoever only looks whether the port answers says nothing.
    said = [each for each in found if each.request or each.response]
    return [as_exchange(session, each) for each in reversed(said)]


def find(session: Session, key: str) -> Exchange | None:
    """One of them, by its key."""
    parts = KEY.fullmatch(key)
    if parts is None:
        return None
    try:
        found = captures.capture(session, parts[1], int(parts[2]))
    except (RedisError, OSError):
        return None
    return as_exchange(session, found) if found else None


def as_exchange(session: Session, capture: Capture) -> Exchange:
    """A capture as the exchange that it was, which no row knows. Seconds count from its accept."""

    def since(moment: float) -> float:
        return max(0.0, moment - capture.at) if moment else 0.0

    pieces = [
        (">", since(capture.first_in), len(capture.request)),
        ("<", since(capture.first_out), min(1, len(capture.response))),
        ("<", since(capture.last_out), max(0, len(capture.response) - 1)),
    ]
    made = Exchange(
        session=session,
        origin=Origin.CAPTURED,
        created_at=datetime.fromtimestamp(capture.at, UTC),
        service=capture.service,
        host="localhost",
        port=capture.server_port,
        request=capture.request,
        response=capture.response,
        pieces=[piece for piece in pieces if piece[2]],
        status_line=status_line(capture.response)[:255],
        connect_seconds=0,
        first_byte_seconds=since(capture.first_out) if capture.first_out else None,
        total_seconds=since(capture.ended_at or capture.last_out),
        ended="limit" if capture.is_cut else "close",
    )
    made.key = f"{capture.service}.{capture.number}"
    return made


def others(found: Iterable[Exchange], kept: Iterable[Exchange]) -> list[Exchange]:
    """Those that no row tells of already: what is typed here is captured, too."""
    rows = list(kept)
    left = []
    for each in found:
        same = next((row for row in rows if is_same(each, row)), None)
        if same is None:
            left.append(each)
        else:
            rows.remove(same)
    return left


def is_same(captured: Exchange, row: Exchange) -> bool:
    """Whether both tell of one connection."""
    apart = (captured.created_at - row.created_at).total_seconds()
    request, other = bytes(captured.request), bytes(row.request)
    is_near = -SLACK - row.total_seconds <= apart <= row.total_seconds + SLACK
    return is_near and captured.port == row.port and bool(request) and other.startswith(request)
