"""What people want of a session: launch, reset, extend, tear down."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from portal import clock, disk
from portal.activities import ahead, queries, terms
from portal.activities.models import LIVE, Host, Session, SessionFile
from portal.activities.services.placement import choose_host
from portal.activities.services.wishes import NotNow
from portal.activities.status import Desired, SessionStatus
from portal.activities.terms import Terms
from portal.catalog.models import LabVersion
from portal.catalog.services import mark_used

WAITED = timedelta(minutes=1)
"""Who has waited for less is still there."""
TURN = timedelta(minutes=2)
FILE_LIMIT = 256 * 1024
"""Characters in one edited file."""


def launch(
    owner_id: int,
    version: LabVersion,
    *,
    runtime: str = "",
    host: str = "",
    is_rehearsal: bool = False,
) -> tuple[Session, bool]:
    """Make a session, or return the live one that the student has: a double click is harmless.

    A live session with an older version of the lab counts too: a student has one cluster a lab.
    Without a `host` the one with the most room is chosen.
    The second value says whether it is new, and its cluster has to be brought up.
    Raises NotNow while nothing new can be begun.
    """
    if not is_rehearsal and (live := live_session(owner_id, version)):
        return live, False
    if disk.is_full():
        raise NotNow("Nothing was launched: the portal's disk is full.")
    now = clock.now()
    held = Terms() if is_rehearsal else terms.of(owner_id, version)
    runtime = runtime or held.runtime or settings.SLUICE_DEFAULT_RUNTIME
    try:
        with transaction.atomic():
            session = Session.objects.create(
                owner_id=owner_id,
                version=version,
                is_rehearsal=is_rehearsal,
                runtime=runtime,
                host=host or choose_host(runtime),
                expires_at=now + timedelta(minutes=version.spec.time.expires) * held.stretch,
            )
            if not is_rehearsal:  # Its author goes on writing, and looks at what is written.
                mark_used(version)
    except IntegrityError:
        # A click at the same moment was quicker.
        if live := live_session(owner_id, version):
            return live, False
        raise
    return session, True


def live_session(owner_id: int, version: LabVersion) -> Session | None:
    """The student's session with any version of the lab that has not ended."""
    mine = Session.objects.filter(owner_id=owner_id, status__in=LIVE, is_rehearsal=False)
    return mine.filter(version__lab=version.lab_id).select_related("version__lab").first()


def tear_down(session: Session, reason: str = "student") -> bool:
    """Want the cluster gone. Return whether a worker has something to do."""
    if session.state is SessionStatus.ENDED:
        return False
    session.change(desired=Desired.DOWN, end_reason=reason, is_autorunning=False)
    if session.state is SessionStatus.STARTING:
        return False  # Its launch sees the wish, and ends what it started.
    return session.move(SessionStatus.STOPPING)


def reset(session: Session) -> bool:
    """Want a new cluster in the same session; what was recorded stays.

    Return whether a worker has something to do. Raises NotNow.
    """
    if session.state not in (SessionStatus.READY, SessionStatus.FAILED):
        raise NotNow("Wait until the cluster is up, or has failed, before you reset it.")
    session.change(desired=Desired.UP, is_autorunning=False)
    return session.move(SessionStatus.STOPPING)


def extend(session: Session) -> None:
    """Give it more time, counted from now. Raises NotNow for one that has ended."""
    if session.state is SessionStatus.ENDED:
        raise NotNow("This session has ended. Launch the lab again.")
    now = clock.now()
    more = timedelta(minutes=session.spec.time.extend)
    session.change(
        expires_at=max(session.expires_at, now + more),
        last_active_at=now,
        last_watched_at=now,
        is_warned=False,
    )


def touch(session: Session) -> None:
    """Somebody uses it. A change that nobody sees, but for a warning that it ends."""
    now = clock.now()
    with disk.spared():  # A page can be read though nobody can note that.
        Session.objects.filter(pk=session.pk).update(
            last_active_at=now, last_watched_at=now, wanted_at=now
        )
        if session.is_warned:
            session.change(is_warned=False)


def come(session: Session) -> None:
    """Somebody has it open."""
    with disk.spared():
        Session.objects.filter(pk=session.pk).update(wanted_at=clock.now())


def ends_at(session: Session, *, is_watched: bool = False) -> tuple[datetime, str]:
    """When the session ends unless somebody does something, and why: expired, idle, orphaned.

    Apps above may have a reason of their own.

    A page that shows it is proof that it is no orphan: `is_watched` leaves that clock out.
    """
    time = session.spec.time
    limits = [
        *terms.ends(session),
        (session.expires_at, "expired"),
        (session.last_active_at + timedelta(minutes=time.idle), "idle"),
    ]
    if not session.is_rehearsal and not is_watched:
        limits.append((session.last_watched_at + timedelta(minutes=time.orphaned), "orphaned"))
        limits += turn_ends(session)
    return min(limits)


def turn_ends(session: Session) -> list[tuple[datetime, str]]:
    """Whoever had to wait for a place, and was not there when it came, keeps it for a while from
    those who still wait."""
    began, ready = session.starting_at, session.ready_at
    if began is None or ready is None or session.generation > 1:
        return []
    was_seen = max(session.last_watched_at, session.last_active_at) > ready
    if was_seen or began - session.created_at < WAITED:
        return []
    line = Session.objects.filter(host=session.host, status=SessionStatus.QUEUED)
    return [(ready + TURN, "missed")] if line.exists() else []


def place_free_at(session: Session) -> datetime | None:
    """When the place is free that it waits for, if nobody ends theirs or is given more time.

    None where it doesn't wait, or nobody can say.
    """
    place = queries.place_in_line(session)
    host = Host.objects.filter(pk=session.host).first() if place else None
    if host is None:
        return None
    holding = queries.on_host(session.host).filter(status__in=queries.HOLDING)
    ends = [ends_at(each)[0] for each in holding]
    free = host.places - len(ends)
    kept = ahead.kept_from(session)
    ends += [each.places_until for each in kept for _ in range(each.places)]
    number = place - max(0, free - sum(each.places for each in kept))
    ends.sort()
    return max(ends[number - 1], clock.now()) if 0 < number <= len(ends) else None


def save_file(session: Session, path: str, content: str) -> SessionFile:
    """Keep a student's text of one of the lab's editable files. Raises NotNow."""
    if path not in {each.path for each in session.spec.files if each.editable}:
        raise NotNow(f"{path} is not a file that can be edited in this lab.")
    if len(content) > FILE_LIMIT:
        raise NotNow(f"{path} is too large: at most {FILE_LIMIT // 1024} KB can be saved.")
    if "\0" in content:
        raise NotNow(f"{path} holds a NUL character, which no script can.")
    content = content.replace("\r\n", "\n")
    file, _ = SessionFile.objects.update_or_create(
        session=session, path=path, defaults={"content": content}
    )
    note_saved(session)
    return file


def note_saved(session: Session) -> None:
    """The cluster's files are to change; counted after the texts are kept."""
    Session.objects.filter(pk=session.pk).update(files_saved=F("files_saved") + 1)


def reset_file(session: Session, path: str) -> None:
    """Go back to the lab's own text of a file."""
    SessionFile.objects.filter(session=session, path=path).delete()
    note_saved(session)


def files_of(session: Session) -> dict[str, bytes]:
    """What the cluster's `/w205` should hold: the lab's files, as the student has edited them."""
    edited = {file.path: file.content.encode() for file in session.files.all()}
    return {**session.version.file_contents(), **edited}
