"""Rows that steps leave with a session: each run's once, and of all only the newest."""

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, models, transaction

from portal.activities.models import StepRun

Kept = TypeVar("Kept", bound=models.Model)


def once(kept: models.QuerySet[Kept], run: StepRun | None, make: Callable[[], Kept]) -> Kept:
    """Make the row of a run, or return the one that it has: a task may be delivered twice.

    `kept` are the rows in which that one would be. What has no run is made each time.
    """
    try:
        with transaction.atomic():
            return make()
    except IntegrityError:
        if run is None:
            raise
        return kept.get(step_run=run)


def trim(kept: models.QuerySet[Kept], most: int) -> None:
    """Remove all but the newest `most`; the rows come newest first."""
    outdated = list(kept.values_list("pk", flat=True)[most:])
    kept.model._default_manager.filter(pk__in=outdated).delete()
