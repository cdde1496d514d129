"""What steps gave, and what the session's page shows of it."""

from typing import Any

from portal.activities.models import Session
from portal.engine import faults as engine
from portal.faults import queries, services


def keep_fault(sender: object, session: Session, outcome: object, **others: Any) -> None:
    """Keep what a fault's step has done; other kinds of steps are others' business."""
    if isinstance(outcome, engine.Fault):
        services.keep(session, outcome)


def notice(session: Session) -> dict[str, Any]:
    """What is in force, for above the page."""
    found = queries.open_of(session)
    return {
        "drill": next((each for each in found if each.is_drill and each.done_at), None),
        "others": [each for each in found if not each.is_drill],
        "lasts": any(each.deed.lasts for each in found),
        "candidates": queries.candidates(session.spec) if found else [],
    }
