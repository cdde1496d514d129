"""What a step gave, as it comes from activities."""

from typing import Any

from portal.activities.models import Session, StepRun
from portal.engine.spark import SparkOutcome
from portal.results import services


def keep_extraction(
    sender: object, session: Session, run: StepRun, outcome: object, **others: Any
) -> None:
    """Keep what a spark step gave; other kinds of steps are others' business."""
    if isinstance(outcome, SparkOutcome):
        services.keep(session, run, outcome)
