"""Who may do what with classes. Like the sessions', a class that isn't yours isn't there."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from portal.activities.models import Session
from portal.activities.permissions import WATCH, find, may_watch
from portal.classroom.models import Class, Membership, Right, Staff, User

ADD = "classroom.add_class"
Anybody = AbstractUser | AnonymousUser
View = Callable[..., HttpResponse]


def permitted(*names: str, words: str) -> Callable[[View], View]:
    """Let in whoever has all these permissions, and tell others in words who that is."""

    def guarded(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.has_perms(names):
                raise PermissionDenied(words)
            return view(request, *args, **kwargs)

        return checked

    return guarded


def taught(user: Anybody, right: Right = Right.WATCH) -> QuerySet[Class]:
    """The classes in which somebody has a right; all of them for whoever may watch everybody."""
    if user.has_perm(WATCH):
        return Class.objects.all()
    return Class.objects.filter(pk__in=posts(user).filter(Staff.with_right(right)).values("klass"))


def posts(user: Anybody) -> QuerySet[Staff]:
    """What somebody is in which classes: an instructor who was made a student is none any more."""
    mine = Staff.objects.filter(user=user.pk)
    return mine if may_teach(user) else mine.filter(role=Staff.Role.ASSISTANT)


def may_teach(user: Anybody) -> bool:
    """Whether somebody may have classes of their own."""
    return user.has_perm(ADD)


def is_staff_of_any(user: AbstractUser) -> bool:
    """Whether somebody runs a class, may have one, or helps in one."""
    return may_teach(user) or posts(user).exists()


def rights_in(user: Anybody, klass: Class) -> frozenset[Right]:
    """All that somebody may do in a class."""
    if klass.rights_of is None or klass.rights_of[0] != user.pk:
        post = posts(user).filter(klass=klass).first()
        rights = post.rights if post else frozenset()
        klass.rights_of = user.pk, frozenset(Right) if user.has_perm(WATCH) else rights
    return klass.rights_of[1]


def may_in(user: Anybody, klass: Class) -> dict[str, bool]:
    """The same for templates: `may.grade`."""
    rights = rights_in(user, klass)
    return {right.name.lower(): right in rights for right in Right}


def get_taught_class(user: Anybody, class_id: int, right: Right = Right.WATCH) -> Class:
    """The class, for those who have a right there. Raises Http404 for one that they can't see.

    Raises PermissionDenied for one that they see and may not do that in.
    """
    klass = find_class(user, class_id)
    if right not in rights_in(user, klass):
        raise PermissionDenied(WHO_MAY[right])
    return klass


def find_class(user: Anybody, class_id: int) -> Class:
    """A class that somebody may see, and knows their rights there. Raises Http404."""
    if user.has_perm(WATCH):
        klass = Class.objects.filter(pk=class_id).first()
        rights = frozenset(Right)
    else:
        post = posts(user).filter(klass=class_id).select_related("klass").first()
        klass, rights = (post.klass, post.rights) if post else (None, frozenset())
    if klass is None or Right.WATCH not in rights:
        raise Http404("There is no such class.")
    klass.rights_of = user.pk, rights
    return klass


WHO_MAY = {
    Right.WATCH: "it is for those who run or help in the class.",
    Right.HELP: "it is for those who run or help in the class.",
    Right.GRADE: "it is for the class's instructors, and assistants who were given its grades.",
    Right.MANAGE: "it is for the class's instructors.",
    Right.OWN: "it is for the class's owner.",
}


def sessions_of_classes(user: AbstractUser) -> Q:
    """The sessions that somebody may watch because they run or help in a class of theirs."""
    members = Membership.objects.filter(klass__in=posts(user).values("klass"))
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
