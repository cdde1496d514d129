"""Who may see and who may drive a session. Everybody else finds nothing there."""

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.http import Http404

from portal.activities.models import Session

WATCH = "activities.watch_session"


def find(session_id: str) -> Session:
    """The session. Raises Http404."""
    try:
        return Session.objects.select_related("version__lab", "owner").get(pk=session_id)
    except Session.DoesNotExist:
        raise Http404("There is no such session.") from None


def may_see(user: AbstractUser | AnonymousUser, session: Session) -> bool:
    """Its student, and whoever may watch all."""
    return user.is_authenticated and (session.owner_id == user.pk or user.has_perm(WATCH))


def get_visible_session(user: AbstractUser | AnonymousUser, session_id: str) -> Session:
    """The session, for somebody who may see it. Raises Http404, as for one that isn't there."""
    session = find(session_id)
    if not may_see(user, session):
        raise Http404("There is no such session.")
    return session


def get_own_session(user: AbstractUser | AnonymousUser, session_id: str) -> Session:
    """The session, for its student alone. Raises Http404."""
    session = find(session_id)
    if not user.is_authenticated or session.owner_id != user.pk:
        raise Http404("There is no such session.")
    return session
