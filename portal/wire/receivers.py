"""What a step gave, as it comes from activities."""

from typing import Any

from portal.activities.models import Session, StepRun
from portal.engine import http
from portal.wire import services


def keep_exchange(
    sender: object, session: Session, run: StepRun, outcome: object, **others: Any
) -> None:
    """Keep what an http step gave; other kinds of steps are others' business."""
    if isinstance(outcome, http.Exchange):
        services.keep(session, run, outcome)
