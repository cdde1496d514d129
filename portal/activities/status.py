"""The states of sessions and step runs, and every move between them."""

from django.db.models import TextChoices


class Desired(TextChoices):
    """What a session's people want of its cluster."""

    UP = "up"
    DOWN = "down"


class SessionStatus(TextChoices):
    """What a session's cluster is, as last observed."""

    QUEUED = "queued", "waiting for a place"
    STARTING = "starting", "starting"
    READY = "ready", "ready"
    STOPPING = "stopping", "stopping"
    FAILED = "failed", "failed"
    ENDED = "ended", "ended"

    @property
    def is_live(self) -> bool:
        """Has a cluster, or may yet get one without a new launch."""
        return self is not SessionStatus.ENDED


class StepStatus(TextChoices):
    """How far one run of a step is."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "running"
    SERVING = "serving", "serving"
    PASSED = "passed", "passed"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"

    @property
    def is_active(self) -> bool:
        """Something runs, or is about to."""
        return self in (StepStatus.QUEUED, StepStatus.RUNNING, StepStatus.SERVING)

    @property
    def is_good(self) -> bool:
        """Later steps may build on it."""
        return self in (StepStatus.SERVING, StepStatus.PASSED)


S, R = SessionStatus, StepStatus

NEXT_SESSION: dict[SessionStatus, frozenset[SessionStatus]] = {
    S.QUEUED: frozenset({S.STARTING, S.STOPPING, S.FAILED}),
    S.STARTING: frozenset({S.READY, S.FAILED, S.STOPPING, S.QUEUED}),
    S.READY: frozenset({S.STOPPING, S.FAILED}),
    S.FAILED: frozenset({S.QUEUED, S.STOPPING}),
    S.STOPPING: frozenset({S.ENDED, S.QUEUED}),
    S.ENDED: frozenset(),
}

NEXT_STEP: dict[StepStatus, frozenset[StepStatus]] = {
    R.QUEUED: frozenset({R.RUNNING, R.CANCELLED, R.FAILED}),
    R.RUNNING: frozenset({R.SERVING, R.PASSED, R.FAILED, R.CANCELLED}),
    # A server that was stopped on purpose has passed; one that died by itself has failed.
    R.SERVING: frozenset({R.PASSED, R.FAILED}),
    R.PASSED: frozenset(),
    R.FAILED: frozenset(),
    R.CANCELLED: frozenset(),
}
