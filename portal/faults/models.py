"""What was broken on purpose, by whom, and what became of it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.engine.faults import Deed

LAPSES = timedelta(minutes=5)
"""Nobody who was asked so long ago causes it any more."""
DEEDS = [(each.value, each.done) for each in Deed]


class Fault(models.Model):
    """One fault in one session's cluster. It never outlives that cluster."""

    session = models.ForeignKey(
        "activities.Session", on_delete=models.CASCADE, related_name="faults"
    )
    generation = models.PositiveIntegerField()
    does = models.CharField(max_length=10, choices=DEEDS)
    target = models.CharField(max_length=249, help_text="A process, or a topic.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_drill = models.BooleanField(
        default=False, help_text="The student is to find out what it is."
    )
    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    righted_at = models.DateTimeField(null=True, blank=True)
    said = models.TextField(blank=True, help_text="What was done, or why it was not.")
    failed = models.BooleanField(default=False)
    answer = models.CharField(max_length=249, blank=True, help_text="The student's diagnosis.")
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.target} {self.deed.done}"

    @property
    def deed(self) -> Deed:
        """What was done, as its enum."""
        return Deed(self.does)

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has done it yet, and somebody still may."""
        is_recent = timezone.now() - self.asked_at < LAPSES
        return self.done_at is None and not self.failed and is_recent

    @property
    def has_lapsed(self) -> bool:
        """Whether its worker was lost, or never came to it."""
        return self.done_at is None and not self.failed and not self.is_waiting

    @property
    def is_found(self) -> bool:
        """Whether the student has said what it is."""
        return self.answer == self.target
