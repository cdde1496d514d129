"""Keep account of who did what, to whose session or in which class."""

from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import AbstractUser, AnonymousUser

from portal.activities.models import Session
from portal.classroom.limits import Limit
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


def refuses(limit: Limit, who: str, user: Any, verb: str, place: str = "") -> bool:
    """Count a try; whether it is one too many. The audit is told of the first such in a window."""
    count = limit.count(who)
    if count == limit.most + 1:
        record(user, verb, detail=f"too many tries {place}".strip())
    return count > limit.most


def note_deed(session: Session, user: Any, verb: str, detail: str = "", **kwargs: Any) -> None:
    """Somebody has used a button of a session's page, or looked at somebody else's."""
    is_watching = verb == "session"
    record(user, "watch" if is_watching else verb, session=session, detail=detail)


def note_lab(user: Any, verb: str, detail: str = "", **kwargs: Any) -> None:
    """Somebody has changed what others see of a lab."""
    record(user, verb, detail=detail)


def note_admin(instance: LogEntry, created: bool, **kwargs: Any) -> None:
    """Something was added, changed or deleted in the admin, whose own log can be deleted."""
    if not created:
        return
    verb = {ADDITION: "admin add", CHANGE: "admin change", DELETION: "admin delete"}
    kind = instance.content_type.model if instance.content_type else ""
    said = f"{kind} {instance.object_repr}: {instance.get_change_message()}"
    record(instance.user, verb.get(instance.action_flag, "admin"), detail=said.strip(": "))
