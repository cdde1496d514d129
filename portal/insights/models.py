"""What a student writes beside what they did."""

from django.db import models


class Note(models.Model):
    """A student's annotation of one run of a step; it goes with the transcript."""

    session = models.ForeignKey(
        "activities.Session", on_delete=models.CASCADE, related_name="notes"
    )
    run = models.OneToOneField("activities.StepRun", on_delete=models.CASCADE, related_name="note")
    text = models.TextField()
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.text[:60]
