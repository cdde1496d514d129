"""What a step gave, as it comes from activities."""

from typing import Any

from django.db import transaction

from portal.activities.models import Session, StepRun
from portal.engine.spark import SparkOutcome
from portal.results import services, store
from portal.results.models import Extraction


def keep_extraction(
    sender: object, session: Session, run: StepRun, outcome: object, **others: Any
) -> None:
    """Keep what a spark step gave; other kinds of steps are others' business."""
    if isinstance(outcome, SparkOutcome):
        services.keep(session, run, outcome)


def remove_rows(sender: object, instance: Extraction, **others: Any) -> None:
    """An extraction's file goes with its row, once that is surely gone."""
    transaction.on_commit(lambda: store.remove(instance.store))
