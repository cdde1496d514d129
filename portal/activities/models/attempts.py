"""What a student has reached on one cluster. It stays when the cluster does not."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from portal import clock
from portal.catalog.models import Lab


class Attempt(models.Model):
    """One student's try at a lab on one cluster: a relaunch or a reset begins the next one.

    What was done on it counts for good: neither a later attempt, nor a later version of the lab
    takes anything off it. Its points are of the version that it was made with.
    """

    session = models.ForeignKey(
        "activities.Session",
        on_delete=models.SET_NULL,
        null=True,
        related_name="attempts",
        help_text="Nothing once what the session recorded is no longer kept.",
    )
    generation = models.PositiveIntegerField(help_text="Which of the session's clusters.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lab_attempts"
    )
    lab = models.ForeignKey(Lab, on_delete=models.PROTECT, related_name="+")
    done = models.JSONField(
        default=list, help_text="The ids of the steps that were done, in order."
    )
    done_at = models.JSONField(
        default=dict, help_text="When each of them was done first, as ISO 8601 in UTC, by its id."
    )
    weights = models.JSONField(
        default=dict, help_text="What each step of the version counts, by its id."
    )
    steps = models.PositiveIntegerField(help_text="How many steps the version has.")
    points = models.PositiveIntegerField(default=0, help_text="The weights of what was done.")
    points_of = models.PositiveIntegerField(help_text="The weights of all steps.")
    share = models.FloatField(default=0.0, help_text="The one of the other, from 0 to 1.")
    began_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now, help_text="When a step was last done.")
    completed_at = models.DateTimeField(
        null=True, blank=True, help_text="When every step that counts was done."
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "generation"], name="one_attempt_per_cluster"
            )
        ]
        indexes = [models.Index(fields=["owner", "lab", "-share"], name="best_attempt")]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.generation}: {self.points} of {self.points_of}"

    @property
    def done_count(self) -> int:
        """How many steps were done."""
        return len(self.done)

    def when_done(self, step_id: str) -> datetime:
        """When a step was done first; where nobody noted it, when its attempt last moved."""
        noted = self.done_at.get(step_id)
        return datetime.fromisoformat(noted) if noted else self.moved_at

    def take(self, step_id: str) -> None:
        """A step is done. It stays done. Of several workers each waits for the other."""
        with transaction.atomic():
            row = Attempt.objects.select_for_update().get(pk=self.pk)
            if step_id in row.done or row.session is None:
                return
            spec = row.session.spec
            now = clock.now()
            row.done = [*row.done, step_id]
            row.done_at = {**row.done_at, step_id: now.astimezone(UTC).isoformat()}
            row.steps = spec.count_of(row.done)
            row.points = sum(each.weight for each in spec.steps if each.id in row.done)
            row.share = row.points / row.points_of if row.points_of else 1.0
            row.moved_at = now
            if row.completed_at is None and spec.steps_to_finish <= set(row.done):
                row.completed_at = now
            fields = ["done", "done_at", "steps", "points", "share", "moved_at", "completed_at"]
            row.save(update_fields=fields)
