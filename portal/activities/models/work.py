"""Something that one worker carries out, and what went wrong with it."""

from typing import Any

from django.db import models
from django.utils import timezone

from portal.activities.status import NEXT_STEP, StepStatus
from portal.engine.errors import Part


class Failure(models.Model):
    """What went wrong, in the terms of `engine.errors`."""

    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    error_part = models.CharField(max_length=12, blank=True)
    error_advice = models.TextField(blank=True)
    error_details = models.JSONField(
        default=dict, blank=True, help_text="What it is about: its cause, a line, a record."
    )

    class Meta:
        abstract = True

    @property
    def part_label(self) -> str:
        """Whose part it was, as a page says it."""
        return Part(self.error_part).label if self.error_part else ""


class Work(Failure):
    """Something that one worker carries out, and how far it is."""

    status = models.CharField(max_length=10, choices=StepStatus, default=StepStatus.QUEUED)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def state(self) -> StepStatus:
        """The status as its enum, which answers questions."""
        return StepStatus(self.status)

    def move(self, to: StepStatus, **fields: Any) -> bool:
        """As `Session.move`: of two that try, one wins."""
        allowed = [status for status, following in NEXT_STEP.items() if to in following]
        mine = type(self)._default_manager.filter(pk=self.pk, status__in=allowed)
        won = mine.update(status=to, **fields)
        self.refresh_from_db()
        return bool(won)
