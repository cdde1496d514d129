"""The portal's people."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """Somebody with a login. What they may do follows from their groups' permissions."""

    class Role(models.TextChoices):
        """How the portal greets them; permissions are the groups' business."""

        STUDENT = "student"
        INSTRUCTOR = "instructor"
        ADMIN = "admin"

    role = models.CharField(max_length=12, choices=Role, default=Role.STUDENT)
    is_guest = models.BooleanField(
        default=False, help_text="Came by a class's guest link: no password, one browser."
    )


class Identity(models.Model):
    """What an identity provider calls somebody. A name or an address is never taken for it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    """What the provider last called them, for people to read."""
    linked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_identity"),
            models.UniqueConstraint(fields=["user", "issuer"], name="one_identity_per_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.called} at {self.issuer}"

    @property
    def called(self) -> str:
        """Their name there, or what stands for it."""
        return self.name or self.subject
