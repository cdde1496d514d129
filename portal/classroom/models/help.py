"""What passes between a student and their instructor: a raised hand, hints."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.activities.models import Session


class RaisedHand(models.Model):
    """A student asks for help in a session. Answered or taken back, the row is gone."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="raised_hand")
    text = models.CharField(max_length=300, blank=True)
    step_id = models.CharField(max_length=40, blank=True)
    raised_at = models.DateTimeField(default=timezone.now)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["raised_at", "pk"]

    def __str__(self) -> str:
        return f"hand in {self.session_id}"


class Hint(models.Model):
    """An instructor's words in a session, until its student has put them away."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="hints")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    text = models.TextField(max_length=1000)
    is_broadcast = models.BooleanField(default=False, help_text="Said to the whole class.")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    has_helped = models.BooleanField(
        null=True, help_text="What its student said as they put it away, if anything."
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"hint in {self.session_id}"


class StudentNote(models.Model):
    """What those who run a class write down on one of its students."""

    klass = models.ForeignKey("classroom.Class", on_delete=models.CASCADE, related_name="notes")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="class_notes"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    text = models.TextField(max_length=2000)
    is_shown = models.BooleanField(
        default=False, help_text="Its student reads it too, on the page of their grades."
    )
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"on {self.student} in {self.klass}"
