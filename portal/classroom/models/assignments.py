"""Which labs a class does: in which order and version, from when to when, and for how much."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from portal.catalog.models import Lab, LabVersion

PERCENT = [MaxValueValidator(100)]


class Assignment(models.Model):
    """A lab that a class does."""

    klass = models.ForeignKey(
        "classroom.Class", on_delete=models.CASCADE, related_name="assignments"
    )
    lab = models.ForeignKey(Lab, on_delete=models.PROTECT, related_name="assignments")
    version = models.ForeignKey(
        LabVersion,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="What is launched; the newest published one if none is chosen.",
    )
    position = models.PositiveIntegerField(default=0)
    runtime = models.CharField(
        max_length=20, blank=True, help_text="What runs its clusters; the portal's own if empty."
    )
    points = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="What all of it is worth; the weights of its steps together if empty.",
    )
    opens_at = models.DateTimeField(
        null=True, blank=True, help_text="It can't be launched before, and nothing counts."
    )
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="What passes later counts less, by the rule below."
    )
    closes_at = models.DateTimeField(
        null=True, blank=True, help_text="What passes later counts nothing."
    )
    late_percent = models.PositiveSmallIntegerField(
        default=0, validators=PERCENT, help_text="Taken off for each day late that has begun."
    )
    late_floor = models.PositiveSmallIntegerField(
        default=0, validators=PERCENT, help_text="It never counts less than this, until it closes."
    )
    lms_column = models.CharField(
        max_length=200,
        blank=True,
        help_text="What its column is called in Canvas, such as “Third lab (4711)”.",
    )
    given_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["klass", "lab"], name="one_assignment_per_lab")
        ]

    def __str__(self) -> str:
        return f"{self.lab} in {self.klass}"

    @property
    def title(self) -> str:
        """What people read."""
        return self.lab.title or self.lab.name


class Extension(models.Model):
    """More time for one student."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="extensions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "user"], name="one_extension_per_student")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.assignment} until {self.due_at}"
