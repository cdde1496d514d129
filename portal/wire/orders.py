"""What people want of connections: their rows, and errands for the relay that holds them."""

import base64
import contextlib

from redis.exceptions import RedisError

from portal.activities.errands import NoAnswer, ask
from portal.activities.models import Session
from portal.activities.services import sessions
from portal.activities.services.wishes import NotNow
from portal.wire import services
from portal.wire.models import Exchange
from portal.wire.places import Spot

OPEN, SAY, HANG_UP = "wire.open", "wire.say", "wire.hang_up"


def send(
    session: Session, spot: Spot, data: bytes, *, line_ends: str, is_by_lines: bool
) -> Exchange:
    """Open a connection and say this. Raises NotNow."""
    made = services.begin(session, spot, data, line_ends=line_ends, is_by_lines=is_by_lines)
    sessions.touch(session)
    try:
        ask(session, OPEN, exchange=made.pk)
    except (NoAnswer, RedisError, OSError) as error:
        services.fail(made, str(error))
    made.refresh_from_db()
    return made


def say(exchange: Exchange, text: str, *, has_escapes: bool = False) -> None:
    """One line more, with its end. Raises NotNow."""
    data = services.typed_bytes(f"{text}\n", exchange.line_ends, has_escapes=has_escapes)
    sessions.touch(exchange.session)
    try:
        told = base64.b64encode(data).decode("ascii")
        ask(exchange.session, SAY, exchange=exchange.pk, data=told)
    except (NoAnswer, RedisError, OSError) as error:
        raise NotNow(str(error)) from error


def hang_up(exchange: Exchange) -> None:
    """End it. Already ended is success."""
    with contextlib.suppress(NoAnswer, RedisError, OSError):
        ask(exchange.session, HANG_UP, exchange=exchange.pk)
        return
    # Nobody can be asked: a cluster that is gone has no connections.
    services.lose_one(exchange)
