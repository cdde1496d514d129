"""What a student leaves in a session beside runs: texts that were edited, hints asked for."""

from django.db import models
from django.utils import timezone

from portal.activities.models.sessions import Session


class SessionFile(models.Model):
    """A lab's file as the student has edited it; the lab's own text stays in the version."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "path"], name="one_text_per_session_file")
        ]

    def __str__(self) -> str:
        return self.path


class SessionFileVersion(models.Model):
    """A text that a student once saved: of a lab's file, or of a step's lines for pyspark."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="file_versions")
    path = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["session", "path", "-id"], name="versions_of_file")]

    def __str__(self) -> str:
        return f"{self.path}, {self.saved_at:%H:%M:%S}"


class ShownHint(models.Model):
    """A student asked for one of a step's hints: the lab's first is number 1, and so on."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="shown_hints")
    step_id = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    shown_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "step_id", "number"], name="a_hint_is_shown_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.step_id}: hint {self.number}"
