"""What a step gave, as it comes from activities."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction

from portal.activities.models import Session, StepRun
from portal.engine.spark import SparkOutcome
from portal.results import quota, services, store
from portal.results.bounds import Bounds
from portal.results.models import Extraction


def keep_extraction(
    sender: object,
    session: Session,
    run: StepRun | None,
    outcome: object,
    cancelled: Callable[[], bool] = lambda: False,
    seconds: float = 3600.0,
    limit: float | None = None,
    **others: Any,
) -> str:
    """Keep what a spark step gave; other kinds of steps are others' business.

    Return what its student should know of that, if anything.
    """
    if not isinstance(outcome, SparkOutcome):
        return ""
    kept = services.keep(session, run, outcome, Bounds(seconds, cancelled, limit))
    dropped = quota.make_room(kept) if kept else 0
    if not dropped:
        return ""
    return (
        f"To make room, the rows of your {dropped} oldest extraction{'s' * (dropped > 1)} are not "
        f"kept any more: {settings.SLUICE_RESULT_MB} MB is what is kept for a person.\n"
    )


def remove_rows(sender: object, instance: Extraction, **others: Any) -> None:
    """An extraction's file goes with its row, once that is surely gone."""
    transaction.on_commit(lambda: store.remove(instance.store))
