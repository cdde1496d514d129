"""What an instructor says of a student's work, beside what was counted."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.classroom.models.assignments import Assignment


class Grade(models.Model):
    """Points that count in place of the counted ones, and a comment for the student."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="grades")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grades"
    )
    points = models.DecimalField(
        max_digits=7, decimal_places=2, null=True, help_text="Nothing: what was counted counts."
    )
    reason = models.CharField(max_length=300, blank=True, help_text="For instructors to read.")
    comment = models.TextField(max_length=2000, blank=True, help_text="For the student to read.")
    revision = models.PositiveIntegerField(
        default=1, help_text="Grows with each change, so that of two tabs the second is told."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "user"], name="one_grade_per_student")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.points} in {self.assignment}"
