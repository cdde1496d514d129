"""What a class offers its students: its labs, in its order, from when to when."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject

from portal.activities.models import Session
from portal.activities.services.wishes import NotNow
from portal.activities.terms import Terms
from portal.catalog import queries as catalog
from portal.catalog.models import LabVersion
from portal.catalog.offering import Anybody, Offer, Shelf
from portal.classroom.deadlines import Deadlines, deadlines_of, next_time
from portal.classroom.models import Assignment, Extension, Membership, User
from portal.classroom.permissions import is_staff_of_any

MOMENT = "D j M Y, H:i T"


def memberships(user_id: int) -> list[Membership]:
    """Where somebody learns now."""
    found = Membership.objects.filter(user=user_id, klass__archived_at=None)
    return list(
        found.select_related("klass")
        .prefetch_related("klass__assignments__lab", "klass__assignments__version__lab")
        .order_by("klass__name", "pk")
    )


def version_of(given: Assignment) -> LabVersion | None:
    """What is launched of a lab; nothing where none can be."""
    version = given.version or catalog.latest_version(given.lab.name)
    can_be = version is not None and version.is_published and catalog.is_readable(version)
    return version if can_be else None


def offers(
    member: Membership, extensions: dict[int, Extension]
) -> Iterator[tuple[Assignment, LabVersion, Deadlines]]:
    """A class's labs as they are for one of its students."""
    for given in member.klass.assignments.all():
        if version := version_of(given):
            extension = extensions.get(given.pk)
            zone, multiplier = member.klass.zone, member.time_multiplier
            yield given, version, deadlines_of(given, zone, multiplier, extension)


def extensions_of(user_id: int) -> dict[int, Extension]:
    """More time that somebody was given, by the assignment."""
    return {each.assignment_id: each for each in Extension.objects.filter(user=user_id)}


def shelves_of(user: Anybody) -> list[Shelf] | None:
    """A shelf for each class that has chosen its labs; all others where nobody hides them.

    Who learns in no such class is offered what everybody is.
    """
    if not isinstance(user, AbstractUser):
        return None
    learning = memberships(user.pk)
    choosing = [each for each in learning if each.klass.assignments.all()]
    if not choosing:
        return None
    now, extensions = timezone.now(), extensions_of(user.pk)
    made = [
        Shelf(
            member.klass.name,
            [
                Offer(version, held.is_open(now), (note(member, given, held, now),))
                for given, version, held in offers(member, extensions)
            ],
        )
        for member in choosing
    ]
    if len(choosing) < len(learning) or is_staff_of_any(user):
        known = {offer.version.lab_id for shelf in made for offer in shelf.offers}
        rest = [each for each in catalog.published_labs() if each.lab_id not in known]
        made.append(Shelf("Other labs", [Offer(each) for each in rest]))
    return made


def note(
    member: Membership, given: Assignment, held: Deadlines, now: datetime
) -> dict[str, object]:
    """What a lab's card says of the class's deadline."""
    return {
        "template": "classroom/_offer.html",
        "klass": member.klass,
        "assignment": given,
        "held": held,
        "is_closed": held.is_closed(now),
        "is_late": held.days_late(now) > 0,
        "is_open": held.is_open(now),
    }


def due_in(session: Session) -> dict[str, object]:
    """When a session's lab is due for its student, class by class; asked for as it is shown."""
    return {"notes": SimpleLazyObject(lambda: notes_on(session))}


def notes_on(session: Session) -> list[dict[str, object]]:
    """The deadlines of a session's lab."""
    if session.is_rehearsal:
        return []
    now, extensions = timezone.now(), extensions_of(session.owner_id)
    return [
        note(member, given, held, now)
        for member in memberships(session.owner_id)
        for given, version, held in offers(member, extensions)
        if version.lab_id == session.lab_id and (held.due_at or held.closes_at)
    ]


def terms_of(user_id: int, version: LabVersion) -> Terms:
    """On which terms somebody launches a lab. Raises NotNow for one that isn't theirs to launch."""
    user = User.objects.get(pk=user_id)
    shelves = shelves_of(user)
    stretch = max((float(each.time_multiplier) for each in memberships(user_id)), default=1.0)
    if shelves is None:
        return Terms(stretch=stretch)
    offered = [each for shelf in shelves for each in shelf.offers if same_lab(each, version)]
    if not offered:
        raise NotNow("None of your classes does this lab. Launch one of those on the page of labs.")
    found = [each for each in offered if each.is_open]
    if not found:
        raise NotNow(f"This lab opens on {opening(offered[0])}. It can't be launched before.")
    if version.pk not in {each.version.pk for each in found}:
        raise NotNow("Your class works with another version of this lab: launch it from its page.")
    return Terms(runtime=next(filter(None, map(runtime_of, found)), ""), stretch=stretch)


def same_lab(offer: Offer, version: LabVersion) -> bool:
    """Whether an offer is of the lab that a version is of."""
    return offer.version.lab_id == version.lab_id


def opening(offer: Offer) -> str:
    """When a class opens a lab, in the reader's own time zone."""
    held = offer.notes[0]["held"]
    return date_format(timezone.localtime(held.opens_at), MOMENT)


def runtime_of(offer: Offer) -> str:
    """What a class has run a lab's clusters."""
    return str(offer.notes[0]["assignment"].runtime) if offer.notes else ""


def quiet_hour(session: Session) -> tuple[datetime, str] | None:
    """When the quiet hour of its student's classes ends a session: the first after its launch."""
    if session.is_rehearsal:
        return None
    quiet = Membership.objects.filter(user=session.owner_id, klass__archived_at=None).exclude(
        klass__quiet_at=None
    )
    times = [
        next_time(session.created_at, each.klass.quiet_at, each.klass.zone)
        for each in quiet.select_related("klass")
        if each.klass.quiet_at is not None
    ]
    return (min(times), "quiet") if times else None
