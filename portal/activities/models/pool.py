"""Clusters that are up before anybody asks for them: nobody's, until a launch claims one."""

import secrets

from django.db import models
from django.utils import timezone

from portal.activities.models.sessions import ALPHABET
from portal.catalog.models import LabVersion


def new_cluster_name() -> str:
    """A name that no session has: their ids have letters and digits alone."""
    return "pool-" + "".join(secrets.choice(ALPHABET) for _ in range(10))


class PoolStatus(models.TextChoices):
    """How far a cluster of the pool is."""

    FILLING = "filling", "filling"
    READY = "ready", "ready"


class PoolCluster(models.Model):
    """One cluster of a host's pool. It is nobody's for as long as there is this row.

    A launch takes it by deleting the row, so of two one has it. A cluster without a row, of a
    session or of the pool, is a stranger, and ended.
    """

    name = models.CharField(primary_key=True, max_length=16, default=new_cluster_name)
    host = models.CharField(max_length=60)
    runtime = models.CharField(max_length=20)
    version = models.ForeignKey(LabVersion, on_delete=models.CASCADE, related_name="+")
    made_from = models.CharField(
        max_length=64,
        help_text="A digest of its version and of its images: other ones, other pool.",
    )
    kept_for = models.CharField(
        max_length=40, blank=True, help_text="Only those of whoever wanted it may take it."
    )
    is_warm = models.BooleanField(default=True, help_text="Its pyspark starts with it.")
    status = models.CharField(max_length=8, choices=PoolStatus, default=PoolStatus.FILLING)
    created_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(
        default=timezone.now, help_text="Last sign of life of the task that fills it."
    )

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.status})"
