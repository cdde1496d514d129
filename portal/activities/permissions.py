"""Who may see and who may drive a session. Everybody else finds nothing there."""

from collections.abc import Callable

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.http import Http404

from portal.activities.models import Session

WATCH = "activities.watch_session"
Anybody = AbstractUser | AnonymousUser
Reach = Callable[[AbstractUser], Q]
_reaches: dict[Reach, Callable[[AbstractUser], bool]] = {}


def may_also_watch(reach: Reach, is_one: Callable[[AbstractUser], bool]) -> None:
    """Let an app above say which sessions of others somebody may watch, such as their class's.

    `is_one` says whether somebody is of those who watch any.
    """
    _reaches[reach] = is_one


def is_watcher(user: AbstractUser) -> bool:
    """Whether somebody may watch others at all, though there may be nobody to watch now."""
    return user.has_perm(WATCH) or any(is_one(user) for is_one in _reaches.values())


def watched(user: AbstractUser) -> Q:
    """The sessions of others that somebody may watch."""
    if user.has_perm(WATCH):
        return Q()
    nothing = Q(pk__in=[])
    for reach in _reaches:
        nothing |= reach(user)
    return nothing


def visible_sessions(user: Anybody) -> QuerySet[Session]:
    """The sessions that somebody may see: their own, and those that they may watch."""
    found = Session.objects.select_related("version__lab", "owner")
    if not isinstance(user, AbstractUser) or not user.is_active:
        return found.none()
    if user.has_perm(WATCH):
        return found
    return found.filter(Q(owner=user) | watched(user))


def find(session_id: str) -> Session:
    """The session. Raises Http404."""
    try:
        return Session.objects.select_related("version__lab", "owner").get(pk=session_id)
    except Session.DoesNotExist:
        raise Http404("There is no such session.") from None


def may_see(user: Anybody, session: Session) -> bool:
    """Its student, and whoever may watch it."""
    if not isinstance(user, AbstractUser) or not user.is_active:
        return False
    return session.owner_id == user.pk or may_watch(user, session)


def may_watch(user: AbstractUser, session: Session) -> bool:
    """Whether somebody may watch a session by what they are, not because it is their own."""
    return user.has_perm(WATCH) or Session.objects.filter(watched(user), pk=session.pk).exists()


def get_visible_session(user: Anybody, session_id: str) -> Session:
    """The session, for somebody who may see it. Raises Http404, as for one that isn't there."""
    session = find(session_id)
    if not may_see(user, session):
        raise Http404("There is no such session.")
    return session


def get_own_session(user: Anybody, session_id: str) -> Session:
    """The session, for its student alone. Raises Http404."""
    session = find(session_id)
    if not user.is_authenticated or session.owner_id != user.pk:
        raise Http404("There is no such session.")
    return session
