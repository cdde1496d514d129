"""What the portal's own database and Redis say. The settings are the portal's."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection

from portal.activities.models import Session, StepRun
from portal.activities.status import SessionStatus, StepStatus
from portal.live.connection import connect

GRACE_SLACK_SECONDS = 60


def runs(session: str, step: str) -> int:
    """How often a step of a session was run; for threads, which leave no connection behind."""
    try:
        return StepRun.objects.filter(session_id=session, step_id=step).count()
    finally:
        connection.close()


def sessions() -> list[str]:
    """Every session that there was."""
    return list(Session.objects.values_list("pk", flat=True))


def under_way() -> list[str]:
    """Rows that say that something runs, though nothing does."""
    active = [each for each in StepStatus if each.is_active]
    live = Session.objects.exclude(status=SessionStatus.ENDED)
    return [str(each) for each in (*live, *StepRun.objects.filter(status__in=active))]


def keys_past_grace(ended: Iterable[str]) -> list[str]:
    """Keys of ended sessions: streams that outlive their grace, and whatever never lapses."""
    client, names, found = connect(), tuple(ended), []
    for raw in client.scan_iter(count=1000):
        key = raw.decode(errors="replace")
        if not any(name in key for name in names):
            continue
        left = client.ttl(raw)
        most = settings.STREAM_KEEP_SECONDS
        if key.startswith("stream:"):
            most = settings.STREAM_GRACE_SECONDS + GRACE_SLACK_SECONDS
        if left == -1 or left > most:
            found.append(f"{key} ({left} s)")
    return found
