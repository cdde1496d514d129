"""What pages ask about exchanges, one function a question."""

from django.db.models import QuerySet

from portal.activities.models import Session
from portal.wire.models import Exchange


def exchanges_of(session: Session) -> QuerySet[Exchange]:
    """A session's exchanges, newest first."""
    return Exchange.objects.filter(session=session).select_related("step_run")


def find(session: Session, key: str) -> Exchange | None:
    """One of a session's exchanges."""
    if not key.isdecimal() or len(key) > 18:
        return None
    return exchanges_of(session).filter(pk=int(key)).first()
