"""How far Spark is with a run: known while it runs, and for a moment after, to whoever asks."""

import json
from typing import Any

from portal.activities.keys import step_key
from portal.activities.models import StepRun
from portal.live.connection import connect

KEPT_SECONDS = 30


def key_of(run: StepRun) -> str:
    """Where it is kept."""
    return f"{step_key(run.session_id, run.pk)}:progress"


def keep(run: StepRun, progress: dict[str, Any]) -> None:
    """Keep the newest."""
    connect().set(key_of(run), json.dumps(progress), ex=KEPT_SECONDS)


def of(run: StepRun) -> dict[str, Any]:
    """The newest; empty when nothing was told for a while."""
    found: bytes | None = connect().get(key_of(run))  # type: ignore[assignment]
    progress: dict[str, Any] = json.loads(found or b"{}")
    return progress
