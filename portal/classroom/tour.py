"""The tour of a session's page: offered in somebody's first session, until they have seen it."""

from django.utils import timezone

from portal.activities.models import Session
from portal.classroom.models import User


def offered(session: Session) -> dict[str, bool]:
    """Whether the page offers the tour to its owner by itself. They can always ask for it."""
    is_new = session.owner.toured_at is None and not session.is_rehearsal
    others = Session.objects.filter(owner=session.owner_id).exclude(pk=session.pk)
    return {"is_offered": is_new and session.state.is_live and not others.exists()}


def seen(user: User) -> None:
    """They took it, or do not want it: it is offered no more."""
    User.objects.filter(pk=user.pk, toured_at=None).update(toured_at=timezone.now())
