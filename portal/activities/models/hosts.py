"""Hosts as their runners report them, and the preparations of their images."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal import clock
from portal.activities.models.sessions import ACTIVE
from portal.activities.models.work import Work
from portal.release import release

CLOCK_SECONDS = 60
"""A clock that is off by more than this tells wrong times of lines and records."""


class Host(models.Model):
    """One runner's host. Only the runner writes it: no page ever asks an engine itself.

    But whether it is being drained is an admin's to say.
    """

    name = models.CharField(primary_key=True, max_length=60)
    seen_at = models.DateTimeField(help_text="The runner's last sign of life.")
    places = models.PositiveIntegerField(default=0, help_text="Clusters that it takes at once.")
    memory_total = models.BigIntegerField(default=0, help_text="Bytes.")
    memory_available = models.BigIntegerField(default=0, help_text="Bytes.")
    clusters = models.JSONField(default=dict, help_text="Bytes of memory, by session.")
    runtimes = models.JSONField(
        default=list, help_text="Each runtime's name, what it is made of, and what it lacks."
    )
    images = models.JSONField(
        default=list, help_text="Each Docker image's tag, state, size and when it was built."
    )
    pool = models.JSONField(
        default=list,
        help_text="By lab and for whom: how many clusters are wanted, are ready, and why not more.",
    )
    swap = models.JSONField(
        default=dict, help_text="Its kind, bytes of it, and whether who sleeps gives memory back."
    )
    merging = models.JSONField(
        default=dict,
        help_text="Whether its kernel merges memory that is alike, where that is asked for, and "
        "what it saves.",
    )
    release = models.CharField(max_length=20, blank=True, help_text="Of which its runner is.")
    clock_ahead = models.FloatField(
        default=0.0, help_text="Seconds by which its clock is ahead of the database's."
    )
    is_busy = models.BooleanField(
        default=False, help_text="Its processors have no time for one more."
    )
    is_draining = models.BooleanField(default=False, help_text="It gets no new sessions.")
    inspected_at = models.DateTimeField(
        null=True, blank=True, help_text="When runtimes and images were looked at."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def queue(self) -> str:
        """The Celery queue that its worker serves."""
        return f"host.{self.name}"

    @property
    def is_silent(self) -> bool:
        """Whether its runner has given no sign of life for too long."""
        return self.seen_at < clock.now() - timedelta(seconds=settings.SLUICE_STALE_SECONDS)

    @property
    def has_wrong_clock(self) -> bool:
        """Whether its clock is off by too much."""
        return abs(self.clock_ahead) > CLOCK_SECONDS

    @property
    def is_of_another_release(self) -> bool:
        """Whether its runner is of another release than whoever asks."""
        return self.release not in ("", release())

    @property
    def takes_sessions(self) -> bool:
        """Whether new sessions may be placed on it."""
        is_off = self.is_draining or self.has_wrong_clock or self.is_of_another_release
        return not (self.is_silent or is_off)

    def can_run(self, runtime: str) -> bool:
        """Whether it has reported the runtime, and nothing that is wrong with it."""
        return any(each["name"] == runtime and not each["trouble"] for each in self.runtimes)


class Preparation(Work):
    """One time that an admin has a host's images prepared."""

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="preparations")
    asked_by = models.CharField(max_length=150)
    images = models.JSONField(default=list, help_text="How far each image is, the newest last.")
    log = models.TextField(blank=True, help_text="The last lines of the builds.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["host"],
                condition=Q(status__in=ACTIVE),
                name="one_preparation_under_way_per_host",
            )
        ]

    def __str__(self) -> str:
        return f"{self.host_id} ({self.status})"
