"""Which shells a session has open. What they print is in Redis alone."""

from django.db import models
from django.utils import timezone


class Shell(models.Model):
    """One terminal of a session's page; its shell may have ended, and another begin in it."""

    session = models.ForeignKey(
        "activities.Session", on_delete=models.CASCADE, related_name="shells"
    )
    generation = models.PositiveIntegerField(help_text="Which of the session's clusters.")
    service = models.CharField(max_length=40)
    name = models.CharField(max_length=32, help_text="Tells it from others of the service.")
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "generation", "service", "name"], name="one_shell_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.service} {self.name}"


class TypedCommand(models.Model):
    """A line that somebody typed in a shell, as the shell's own marks told of it."""

    session = models.ForeignKey(
        "activities.Session", on_delete=models.CASCADE, related_name="typed_commands"
    )
    generation = models.PositiveIntegerField()
    service = models.CharField(max_length=40)
    name = models.CharField(max_length=32, help_text="The terminal's.")
    mark = models.CharField(max_length=120, help_text="The same when it is told again.")
    line = models.TextField()
    output = models.TextField(blank=True, help_text="The end of what it printed.")
    is_cut = models.BooleanField(default=False, help_text="There was more output before that.")
    used_screen = models.BooleanField(default=False, help_text="It had the screen for itself.")
    exit_status = models.IntegerField(null=True, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    run = models.ForeignKey(
        "activities.StepRun",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="typed_as",
        help_text="Of the step that it did, if any.",
    )
    why_not = models.CharField(
        max_length=500, blank=True, help_text="Why it did not do the step that it was for."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "mark"], name="each_command_is_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.line[:60]}"


class Recording(models.Model):
    """What a terminal has shown, to be played again. Outlives the cluster."""

    session = models.ForeignKey(
        "activities.Session", on_delete=models.CASCADE, related_name="recordings"
    )
    generation = models.PositiveIntegerField()
    service = models.CharField(max_length=40)
    name = models.CharField(max_length=32)
    epoch = models.CharField(max_length=64, help_text="Which life of the terminal.")
    cast = models.BinaryField(blank=True, help_text="asciicast version 3; empty in a bucket.")
    store = models.CharField(max_length=60, blank=True, help_text="The object that has it.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    began_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "generation", "service", "name", "epoch"],
                name="one_recording_of_a_life",
            )
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.service} {self.name}"
