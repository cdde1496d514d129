"""What becomes of people who want to be forgotten."""

import secrets

from django.db import models
from django.utils import timezone


def new_pseudonym() -> str:
    """Somebody whom nobody can tell from anybody else."""
    return f"erased-{secrets.token_hex(5)}"


class Erasure(models.Model):
    """Somebody has had what is known of them erased. Who it was, nothing here says."""

    pseudonym = models.CharField(max_length=20, unique=True, default=new_pseudonym)
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.pseudonym


class KeptGrade(models.Model):
    """What somebody who was erased had reached in a class: kept where the institution must."""

    klass = models.ForeignKey("classroom.Class", on_delete=models.CASCADE, related_name="kept")
    name = models.CharField(max_length=310)
    identifiers = models.CharField(max_length=400, blank=True)
    lab = models.CharField(max_length=120)
    points = models.DecimalField(max_digits=9, decimal_places=2)
    possible = models.DecimalField(max_digits=9, decimal_places=2)
    completed_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name}: {self.points} in {self.lab}"
