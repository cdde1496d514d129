"""Keep account of who did what, to whose session or in which class."""

from typing import Any

from django.contrib.auth.models import AbstractUser, AnonymousUser

from portal.activities.models import Session
from portal.classroom.models import AuditEntry, Class

LONGEST = 500


def record(
    user: AbstractUser | AnonymousUser | None,
    verb: str,
    *,
    session: Session | None = None,
    klass: Class | None = None,
    detail: str = "",
) -> None:
    """Write one entry."""
    AuditEntry.objects.create(
        actor_id=user.pk if user else None,
        actor=user.get_username() if user else "the portal",
        verb=verb[:40],
        session_id=session.pk if session else "",
        owner=session.owner.get_username() if session else "",
        class_id=klass.pk if klass else None,
        detail=detail[:LONGEST],
    )


def note_deed(session: Session, user: Any, verb: str, detail: str = "", **kwargs: Any) -> None:
    """Somebody has used a button of a session's page, or looked at somebody else's."""
    is_watching = verb == "session"
    record(user, "watch" if is_watching else verb, session=session, detail=detail)
