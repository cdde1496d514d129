"""What is to be ready for a class that meets: from when to when, and how much of it still.

Its times are those of the clock on the class's wall, so that 9:55 stays 9:55 when clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from portal.activities.ahead import Ahead
from portal.activities.models import LIVE, Host, Session
from portal.activities.status import SessionStatus
from portal.catalog import queries as catalog
from portal.catalog.models import LabVersion
from portal.classroom.models import Class, Meeting, Membership, Staff
from portal.classroom.shelves import version_of

FILL_EACH = timedelta(seconds=20)
FILL_LEAST = timedelta(minutes=2)
"""A cluster is up sooner; the host may have something else to do meanwhile."""
FAR = timedelta(days=2)
"""No clock is so far from ours, and nothing is begun so long before."""
COMING = (SessionStatus.QUEUED, SessionStatus.STARTING)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a class meets."""

    fills_at: datetime
    """When the portal begins to bring clusters up."""
    ready_at: datetime
    begins_at: datetime
    places_until: datetime
    ends_at: datetime

    def is_on(self, now: datetime) -> bool:
        """Whether its clusters are to be up, or made."""
        return self.fills_at <= now < self.ends_at

    def keeps_places(self, now: datetime) -> bool:
        """Whether places are kept for it."""
        return self.ready_at <= now < self.places_until


@dataclass(frozen=True, slots=True)
class Shown:
    """A meeting as the settings show it."""

    meeting: Meeting
    next: Occurrence | None
    """The one that is on, or comes next; None where all are over."""
    ready: int = 0
    wanted: int = 0
    why: tuple[str, ...] = ()
    """Why there are not more."""
    is_on: bool = False


def next_of(meeting: Meeting, now: datetime) -> Occurrence | None:
    """The occurrence that is on, or comes next; None where all are over."""
    zone = meeting.klass.zone
    passed = max(0, (now.astimezone(zone).date() - meeting.on).days // 7)
    for week in (passed, passed + 1):
        day = meeting.on + timedelta(weeks=week)
        last = meeting.last_on or meeting.on
        if meeting.on <= day <= last and (found := on_day(meeting, day, zone)).ends_at > now:
            return found
    return None


def on_day(meeting: Meeting, day: date, zone: ZoneInfo) -> Occurrence:
    """A day's times."""
    ready, begins, ends = (
        moment(day, at, zone) for at in (meeting.ready_at, meeting.begins_at, meeting.ends_at)
    )
    return Occurrence(
        fills_at=ready - max(FILL_LEAST, meeting.clusters * FILL_EACH),
        ready_at=ready,
        begins_at=begins,
        places_until=min(ends, begins + timedelta(minutes=meeting.keep_minutes)),
        ends_at=ends,
    )


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When a clock of that zone shows that time on that day."""
    return datetime.combine(day, at).replace(tzinfo=zone).astimezone(UTC)


def wanted() -> Iterator[Ahead]:
    """What all classes want now."""
    now = timezone.now()
    early, late = now.date() - FAR, now.date() + FAR
    meetings = Meeting.objects.filter(
        Q(last_on__gte=early) | Q(last_on=None, on__gte=early),
        klass__archived_at=None,
        on__lte=late,
    )
    for meeting in meetings.select_related("klass", "lab"):
        found = next_of(meeting, now)
        chosen = chosen_for(meeting) if found is not None and found.is_on(now) else None
        if found is not None and chosen is not None:
            yield of(meeting, found, *chosen)


def chosen_for(meeting: Meeting) -> tuple[LabVersion, str] | None:
    """The version and the runtime with which the class does the lab; None where none can be."""
    given = meeting.klass.assignments.filter(lab=meeting.lab).select_related("lab", "version")
    for assignment in given:
        version = version_of(assignment)
        return (version, assignment.runtime or default_runtime()) if version else None
    version = catalog.latest_version(meeting.lab.name)
    readable = version is not None and catalog.is_readable(version)
    return (version, default_runtime()) if version is not None and readable else None


def default_runtime() -> str:
    """What clusters run on where nothing else is said."""
    return str(settings.SLUICE_DEFAULT_RUNTIME)


def of(meeting: Meeting, found: Occurrence, version: LabVersion, runtime: str) -> Ahead:
    """What one meeting wants now: nothing for those who have come already.

    A class into which people come only now has more than it has members yet.
    """
    students = set(Membership.objects.filter(klass=meeting.klass).values_list("user", flat=True))
    staff = set(Staff.objects.filter(klass=meeting.klass).values_list("user", flat=True))
    begun, up = came(meeting, students, found.fills_at)
    keeps = found.keeps_places(timezone.now())
    clusters = min(meeting.clusters, max(0, max(len(students), meeting.clusters) - up))
    places = min(meeting.places, max(0, max(len(students), meeting.places) - begun))
    return Ahead(
        key=f"meeting:{meeting.pk}",
        whose=meeting.klass.name,
        version=version,
        runtime=runtime,
        clusters=clusters,
        warm=meeting.warm,
        places=places if keeps else 0,
        begins_at=found.begins_at,
        places_until=found.places_until,
        people=frozenset(students | staff),
    )


def came(meeting: Meeting, students: set[int], since: datetime) -> tuple[int, int]:
    """How many students hold a place or have held one since then, and how many got a cluster."""
    sessions = Session.objects.filter(
        Q(status__in=LIVE) | Q(created_at__gte=since),
        owner__in=students,
        lab=meeting.lab,
        is_rehearsal=False,
    )
    found = list(sessions.values_list("owner", "status"))
    begun = {owner for owner, status in found if status != SessionStatus.QUEUED}
    return len(begun), len({owner for owner, status in found if status not in COMING})


def shown(klass: Class) -> list[Shown]:
    """A class's meetings with what there is for each."""
    now = timezone.now()
    told = [each for host in Host.objects.all() if not host.is_silent for each in host.pool]
    return [show(meeting, now, told) for meeting in klass.meetings.select_related("klass", "lab")]


def show(meeting: Meeting, now: datetime, told: list[dict[str, str | int]]) -> Shown:
    """One of them, by what hosts have told of their pools."""
    found = next_of(meeting, now)
    mine = [each for each in told if each.get("key") == f"meeting:{meeting.pk}"]
    return Shown(
        meeting=meeting,
        next=found,
        ready=sum(int(each["ready"]) for each in mine),
        wanted=sum(int(each["wanted"]) for each in mine),
        why=tuple(sorted({str(each["why"]) for each in mine if each["why"]})),
        is_on=found is not None and found.is_on(now),
    )


def room() -> int | None:
    """How many clusters all hosts together take; None while none reports."""
    places = [host.places for host in Host.objects.all() if host.takes_sessions]
    return sum(places) if places else None
