"""Which rows have lost the worker that worked on them, and what their people are told."""

import time
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from portal import vitals
from portal.activities.models import PoolCluster, Session, Work
from portal.engine.errors import ClusterError
from portal.runner.services.beating import BEAT_SECONDS, STALE_SECONDS

SURE_SECONDS = 2.5 * BEAT_SECONDS
"""After a worker's end, whoever lives still has beaten."""
AHEAD_SECONDS = 10.0
"""A sign of life that is from the future so far was given before the clock was set back."""


class Clock:
    """Whether signs of life can be judged by the clock now.

    It may be set, and the database may refuse them for a while: then everybody gets the time to
    beat again before anything is concluded from old beats.
    """

    def __init__(self) -> None:
        self.offset = time.time() - time.monotonic()
        self.trusted_at = 0.0

    def is_trusted(self) -> bool:
        """Look at the clock, once in every look of the reconciler."""
        offset = time.time() - time.monotonic()
        if abs(offset - self.offset) > 2.0:
            self.distrust()
        self.offset = offset
        return time.monotonic() >= self.trusted_at

    def distrust(self) -> None:
        """Signs of life may not have been noted until now."""
        self.trusted_at = time.monotonic() + SURE_SECONDS + 2.0


clock = Clock()
"""This process's, so the reconciler's."""


def is_lost(row: Session | Work | PoolCluster, host: str) -> bool:
    """Whether nobody works on a row on which somebody should."""
    if row.beat_at is None:
        return True
    if not clock.is_trusted():
        return False
    return row.beat_at < lost_before(host) or is_ahead(row.beat_at)


def is_ahead(beat_at: datetime) -> bool:
    """Whether a sign of life is from the future."""
    return beat_at > timezone.now() + timedelta(seconds=AHEAD_SECONDS)


def lost_before(host: str) -> datetime:
    """Whoever gave its last sign of life before this has lost its worker."""
    silent = timezone.now() - timedelta(seconds=STALE_SECONDS)
    worker = vitals.worker_of(host)
    if worker.ended_at and time.time() - worker.ended_at > SURE_SECONDS:
        return max(silent, datetime.fromtimestamp(worker.ended_at, UTC))
    return silent


def why_lost(row: Session | Work, host: str, doing: str, advice: str) -> ClusterError:
    """What became of the worker that did something for this row."""
    worker = vitals.worker_of(host)
    was_there = row.beat_at is not None and row.beat_at.timestamp() <= worker.ended_at
    if was_there and worker.why in WORDS:
        return ClusterError(WORDS[worker.why].format(doing), advice=advice)
    if worker.up_since and row.beat_at and worker.up_since < row.beat_at.timestamp():
        return ClusterError(LOST_SIGHT.format(doing), advice=advice)
    return ClusterError(WORDS[vitals.STOPPED].format(doing), advice=advice)


WORDS = {
    vitals.STOOD_STILL: "The portal's worker stood still while {}, and was replaced.",
    vitals.KILLED: "The portal's worker was killed while {}; another has taken over.",
    vitals.ENDED: "The portal's worker ended by itself while {}; another has taken over.",
    vitals.STOPPED: "The portal was restarted while {}.",
}
LOST_SIGHT = (
    "The portal lost sight of what it did: its worker runs, but no sign of life could be noted "
    "while {}. It hung, or the portal's disk or database could not be written to."
)
