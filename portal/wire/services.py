"""Keep an exchange."""

from portal.activities import keeping
from portal.activities.models import Session, StepRun
from portal.engine import http
from portal.wire.models import Exchange

KEPT = 50
"""Exchanges of a session; older ones make room for new ones."""


def keep(session: Session, run: StepRun | None, exchange: http.Exchange) -> Exchange:
    """Keep what went out and what came in.

    Safe to repeat: a run's exchange is kept once, and the first one stays.
    """
    exchanges = Exchange.objects.filter(session=session)
    kept = keeping.once(exchanges, run, lambda: _keep(session, run, exchange))
    keeping.trim(exchanges, KEPT)
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
