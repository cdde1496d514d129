"""Whose turn it is for a place: who has waited longest, but for places that are kept for others."""

from portal.activities import ahead, queries
from portal.activities.models import PoolCluster, PoolStatus, Session
from portal.activities.status import SessionStatus
from portal.runner.services.room import free_places


def has_come(session: Session, ready: int) -> bool:
    """Whether a session that waits may start; so many are `ready` for it in the pool."""
    mine, others = ahead.kept_for(session), ahead.kept_from(session)
    free = free_places(session.host, ready)
    if any(place_among(session, each) <= min(each.places, free) for each in mine):
        return True
    if not others:
        return queries.place_in_line(session) <= free
    # What is up for the others has taken its memory already.
    free = free_places(session.host, ready + sum(ready_of(session.host, each) for each in others))
    return queries.place_in_line(session) <= free - sum(each.places for each in others)


def place_among(session: Session, kept: ahead.Ahead) -> int:
    """A session's place in the line of those for whom the same places are kept."""
    line = Session.objects.filter(
        host=session.host,
        status=SessionStatus.QUEUED,
        owner__in=kept.people,
        lab=kept.version.lab_id,
        created_at__lte=session.created_at,
    )
    return line.count()


def ready_of(host: str, kept: ahead.Ahead) -> int:
    """How many clusters of the pool stand on the places that are kept."""
    ready = PoolCluster.objects.filter(host=host, kept_for=kept.key, status=PoolStatus.READY)
    return min(ready.count(), kept.places)


def first_in_line(host: str) -> Session | None:
    """Who is asked next: first those for whom places are kept, as others may have to wait."""
    line = Session.objects.filter(host=host, status=SessionStatus.QUEUED).order_by("created_at")
    kept = [each for each in ahead.on_host(host) if each.places]
    theirs = (each for each in line if any(part.is_for(each) for part in kept)) if kept else ()
    return next(iter(theirs), None) or line.first()
