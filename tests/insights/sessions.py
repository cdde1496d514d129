"""Sessions in which something was done, without a cluster."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from portal.activities.models import Session, StepRun

CURL = "docker-compose exec mids curl http://localhost:5000/"
SWORD = "docker-compose exec mids curl http://localhost:5000/purchase_a_sword"


def done(session: Session, step_id: str, status: str = "passed", **fields: Any) -> StepRun:
    """A run of a step, a second after the one before it."""
    at = timezone.now() + timedelta(seconds=session.runs.count())
    given = {
        "session": session,
        "generation": session.generation,
        "step_id": step_id,
        "status": status,
        "created_at": at,
        "started_at": at,
        "finished_at": None if status in ("serving", "running") else at,
        **fields,
    }
    return StepRun.objects.create(**given)
