"""A request as it was sent and the answer as it came. Outlives the cluster."""

from django.db import models
from django.utils import timezone

ENDINGS = {
    "complete": "It ended where its own headers say.",
    "close": "The server closed the connection.",
    "reset": "The server cut the connection off.",
    "idle": "Nothing more came, and the connection stayed open.",
    "timeout": "The time was over.",
    "limit": "There was more; only the beginning is kept.",
}


class Exchange(models.Model):
    """Both directions, exactly, and when. Seconds count from the first try to connect."""

    session = models.ForeignKey(
        "activities.Session", on_delete=models.CASCADE, related_name="exchanges"
    )
    step_run = models.OneToOneField(
        "activities.StepRun",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="exchange",
    )
    created_at = models.DateTimeField(default=timezone.now)
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    request = models.BinaryField()
    response = models.BinaryField(blank=True)
    status_line = models.CharField(max_length=255, blank=True)
    connect_seconds = models.FloatField()
    first_byte_seconds = models.FloatField(null=True, blank=True)
    total_seconds = models.FloatField()
    ended = models.CharField(max_length=10, choices=ENDINGS)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["session", "-id"], name="exchanges_of_session")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.host}:{self.port} {self.status_line}".strip()

    @property
    def connect_ms(self) -> float:
        """Milliseconds until there was a connection."""
        return round(self.connect_seconds * 1000, 1)

    @property
    def first_byte_ms(self) -> float | None:
        """Milliseconds until the first byte came; None when none did."""
        seconds = self.first_byte_seconds
        return None if seconds is None else round(seconds * 1000, 1)

    @property
    def total_ms(self) -> float:
        """Milliseconds until the end."""
        return round(self.total_seconds * 1000, 1)
