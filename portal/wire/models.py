"""What was sent and what came back on one connection. Outlives the cluster."""

from django.db import models
from django.utils import timezone

ENDINGS = {
    "complete": "Every reply was as long as it says; then the portal hung up.",
    "close": "The server closed the connection.",
    "reset": "The server cut the connection off.",
    "idle": "Nothing more came, and the connection stayed open.",
    "timeout": "The time for the step was over.",
    "you": "You hung up.",
    "time": "The longest time for a connection was over, and the portal hung up.",
    "limit": "There was more; only the beginning is kept.",
    "gone": "The cluster ended, and the connection with it.",
    "lost": "The portal was restarted meanwhile, which ended the connection.",
    "refused": "The connection was refused: nothing listens there.",
    "unknown-host": "The cluster knows no host of that name.",
    "unreachable": "The server could not be reached.",
    "failed": "The portal could not hold the connection.",
}
CLOSED_BY = {
    "close": "closed by the server",
    "reset": "cut off by the server",
    "you": "you hung up",
    **dict.fromkeys(("complete", "time", "limit", "idle", "timeout"), "the portal hung up"),
    "lost": "lost",
    "gone": "lost with the cluster",
}
"""Who ended it."""
NO_CONNECTION = frozenset({"refused", "unknown-host", "unreachable"})
CRLF, LF = "crlf", "lf"
LINE_ENDS = {CRLF: "\\r\\n", LF: "\\n"}


class Origin(models.TextChoices):
    """How an exchange came to be."""

    STEP = "step", "a step"
    TYPED = "typed", "typed"
    CAPTURED = "captured", "captured"


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
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.STEP)
    name = models.CharField(max_length=60, blank=True)
    service = models.CharField(max_length=63, blank=True)
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    line_ends = models.CharField(max_length=4, choices=LINE_ENDS, default=CRLF)
    is_by_lines = models.BooleanField(default=False)
    request = models.BinaryField()
    response = models.BinaryField(blank=True)
    pieces = models.JSONField(default=list, blank=True)
    """Each piece as it went (`>`) or came (`<`): `[">", seconds, bytes]`."""
    status_line = models.CharField(max_length=255, blank=True)
    connect_seconds = models.FloatField()
    first_byte_seconds = models.FloatField(null=True, blank=True)
    total_seconds = models.FloatField()
    ended = models.CharField(max_length=14, choices=ENDINGS, blank=True)
    """Empty while the connection is open."""
    problem = models.TextField(blank=True)
    """Why there was none, or what went wrong with it, for the student."""

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["session", "-id"], name="exchanges_of_session")]

    _key = ""

    def __str__(self) -> str:
        return f"{self.session_id}: {self.host}:{self.port} {self.status_line}".strip()

    @property
    def key(self) -> str:
        """Its name in addresses: the row's, or that of what is captured and has no row."""
        return self._key or str(self.pk)

    @key.setter
    def key(self, key: str) -> None:
        self._key = key

    @property
    def is_open(self) -> bool:
        """Whether the connection is still there."""
        return not self.ended

    @property
    def was_connected(self) -> bool:
        """Whether there was a connection at all."""
        return self.ended not in NO_CONNECTION

    @property
    def closed_by(self) -> str:
        """Who ended the connection, in a few words."""
        return CLOSED_BY.get(self.ended, "over")

    @property
    def stream(self) -> str:
        """The stream of what goes and comes, as pages follow it."""
        return f"wire:{self.pk}"

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
    def last_byte_ms(self) -> float | None:
        """Milliseconds until the last byte came; None when none did, or nobody noted when."""
        came = [seconds for direction, seconds, _ in self.pieces if direction == "<"]
        return round(came[-1] * 1000, 1) if came else None

    @property
    def total_ms(self) -> float:
        """Milliseconds until the end."""
        return round(self.total_seconds * 1000, 1)
