"""What steps gave, as it comes from activities, and how relays come and go."""

from typing import Any

from portal.activities.models import Session, StepRun
from portal.engine import http
from portal.wire import connections, services


def keep_exchange(
    sender: object, session: Session, run: StepRun, outcome: object, **others: Any
) -> None:
    """Keep what an http step gave; other kinds of steps are others' business."""
    if isinstance(outcome, http.Exchange):
        services.keep(session, run, outcome)


def lose_connections(sender: object, host: str, **others: Any) -> None:
    """What an earlier relay of the host held ended with it."""
    services.lose(host)


def end_connections(sender: object, host: str, **others: Any) -> None:
    """What this one holds ends with it."""
    connections.end_all()
