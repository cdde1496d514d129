"""Put clusters to sleep that nobody needs for a while, and wake them when somebody comes.

The row is told first: whoever dies in between leaves one that says asleep, and the reconciler
mends what row and cluster say differently.
"""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from portal import clock
from portal.activities.announce import announce
from portal.activities.models import Session, StepRun
from portal.activities.status import Desired, SessionStatus, StepStatus
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import Health, State
from portal.runner.runtimes import get_runtime

log = logging.getLogger(__name__)
QUIET_SECONDS = 10.0
QUIET_SHARE = 0.08
"""Of one processor: services that wait take a third of that, and whatever does something more."""
MOST_MEASURED = 1000


class Quiet:
    """Which clusters compute nothing to speak of: a server with requests does, or a loop."""

    def __init__(self) -> None:
        self.measured: dict[str, tuple[float, float]] = {}
        """By session: when, by the monotonic clock, and how many seconds it had computed."""

    def is_so(self, session: Session) -> bool:
        """Whether it was quiet since it was measured last, some seconds ago; else measure it.

        One whose processor time nobody knows never is. Raises ClusterError.
        """
        now = time.monotonic()
        since, before = self.measured.get(session.pk, (0.0, 0.0))
        if session.pk in self.measured and now - since < QUIET_SECONDS:
            return False
        computed = get_runtime(session.runtime).stats(session.cluster).processor_seconds
        if computed is None:
            return False
        was_measured = session.pk in self.measured
        if len(self.measured) > MOST_MEASURED:
            self.measured.clear()
        self.measured[session.pk] = (now, computed)
        return was_measured and 0 <= computed - before <= QUIET_SHARE * (now - since)

    def forget(self, session: Session) -> None:
        """Measure it anew when its time has come again."""
        self.measured.pop(session.pk, None)


quiet = Quiet()
"""This process's, so the reconciler's."""


def look_at(session: Session, health: Health) -> bool:
    """Wake a cluster for whoever came, or put it to sleep; True where nothing else is to be seen.

    A row and a cluster of which only one says asleep were left by somebody who died in between.
    """
    is_noted, is_frozen = session.asleep_since is not None, health.state is State.ASLEEP
    if is_noted or is_frozen:
        if not (is_noted and is_frozen) or is_wanted(session):
            wake(session.pk)
        return True
    if not idle().filter(pk=session.pk).exists():
        quiet.forget(session)
        return False
    return quiet.is_so(session) and fall_asleep(session)


def idle() -> QuerySet[Session]:
    """The sessions that nobody has had open for a while, and that have nothing to do."""
    minutes = settings.SLUICE_SLEEP_MINUTES
    if not minutes:
        return Session.objects.none()
    limit = clock.now() - timedelta(minutes=minutes)
    return Session.objects.filter(
        ~busy(),
        status=SessionStatus.READY,
        desired=Desired.UP,
        asleep_since=None,
        is_rehearsal=False,
        is_autorunning=False,
        wanted_at__lt=limit,
        last_active_at__lt=limit,
        files_put__gte=F("files_saved"),
    )


def busy() -> Exists:
    """Whether a step of a session runs, is about to, or is to end."""
    is_busy = Q(status__in=(StepStatus.QUEUED, StepStatus.RUNNING)) | Q(
        status=StepStatus.SERVING, cancel_requested=True
    )
    return Exists(StepRun.objects.filter(is_busy, session=OuterRef("pk")))


def is_wanted(session: Session) -> bool:
    """Whether somebody has come since it fell asleep, or there is something for it to do."""
    came = Q(wanted_at__gt=F("asleep_since")) | Q(last_active_at__gt=F("asleep_since"))
    has_work = Q(busy()) | Q(is_autorunning=True) | Q(files_put__lt=F("files_saved"))
    return Session.objects.filter(came | has_work, pk=session.pk).exists()


def fall_asleep(session: Session) -> bool:
    """Have its cluster stand still if it is idle still; True unless somebody was quicker."""
    quiet.forget(session)
    now = clock.now()
    won = idle().filter(pk=session.pk).update(asleep_since=now, revision=F("revision") + 1)
    if not won:
        return False
    try:
        get_runtime(session.runtime).freeze(session.cluster)
    except ClusterError as error:
        log.warning("session %s did not fall asleep: %s", session.pk, error)
        wake(session.pk)
        return True
    announce(session.pk)
    # Who came in between has found nothing to thaw.
    if not Session.objects.filter(pk=session.pk, asleep_since=now).exists():
        wake(session.pk)
    return True


def awake(session: Session) -> None:
    """Have its cluster awake, before something is asked of it. Raises ClusterError."""
    if Session.objects.filter(pk=session.pk, asleep_since__isnull=False).exists():
        go_on(session)


def wake(session_id: str) -> None:
    """Have a cluster go on. Awake already, or gone meanwhile, is success."""
    session = Session.objects.get(pk=session_id)
    if session.state is not SessionStatus.READY:
        return
    try:
        go_on(session)
    except ClusterError as error:
        # One that is gone the reconciler finds; one that can't be woken it tries again.
        log.warning("session %s could not be woken: %s", session_id, error)


def go_on(session: Session) -> None:
    """Thaw its cluster, then note for how long it slept. Raises ClusterError."""
    get_runtime(session.runtime).thaw(session.cluster)
    for since in Session.objects.filter(pk=session.pk).values_list("asleep_since", flat=True):
        now = clock.now()
        if since is None:
            return
        won = Session.objects.filter(pk=session.pk, asleep_since=since).update(
            asleep_since=None,
            slept_seconds=F("slept_seconds") + (now - since).total_seconds(),
            wanted_at=now,
            revision=F("revision") + 1,
        )
        if won:
            announce(session.pk)
