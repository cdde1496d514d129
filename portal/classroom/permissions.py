"""Who may do what with classes. Like the sessions', a class that isn't yours isn't there."""

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.http import Http404

from portal.activities.models import Session
from portal.activities.permissions import WATCH, find, may_watch
from portal.classroom.models import Class, Membership, User

ADD = "classroom.add_class"
Anybody = AbstractUser | AnonymousUser


def taught(user: Anybody) -> QuerySet[Class]:
    """The classes that somebody teaches; all of them for whoever may watch everybody."""
    if user.has_perm(WATCH):
        return Class.objects.all()
    return Class.objects.filter(instructors=user.pk) if may_teach(user) else Class.objects.none()


def may_teach(user: Anybody) -> bool:
    """Whether somebody may have classes: an instructor who was made a student has none."""
    return user.has_perm(ADD)


def get_taught_class(user: Anybody, class_id: int) -> Class:
    """The class, for those who teach it. Raises Http404."""
    try:
        return taught(user).get(pk=class_id)
    except Class.DoesNotExist:
        raise Http404("There is no such class.") from None


def sessions_of_classes(user: AbstractUser) -> Q:
    """The sessions that somebody may watch because they teach their students."""
    if not may_teach(user):
        return Q(pk__in=[])
    members = Membership.objects.filter(klass__instructors=user.pk)
    # What a rehearsal shows is a draft, which is between its author and the admin.
    return Q(owner__in=members.values("user"), is_rehearsal=False)


def get_helped_session(user: Anybody, session_id: str) -> Session:
    """A session, for those who may help in it: its class's instructors. Raises Http404."""
    session = find(session_id)
    if not isinstance(user, AbstractUser) or not may_watch(user, session):
        raise Http404("There is no such session.")
    return session


def may_renew_password(user: Anybody, membership: Membership) -> bool:
    """Whether somebody may give a member a new way in.

    An instructor can do so for the logins that the class's own roster made, and no others: else
    adding somebody to a class would be a way to become them.
    """
    member: User = membership.user
    if member.is_staff or member.role != User.Role.STUDENT or member.is_guest:
        return False
    return user.has_perm(WATCH) or membership.made_account
