"""Classes: who teaches, who learns, and how one gets in."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.activities.models import LIVE, Session
from portal.catalog.models import Lab

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits that can't be misread when somebody says them aloud."""
CODE_LENGTH = 8


def new_code() -> str:
    """A code that can be read from a blackboard and not be guessed: 31⁸ is about 10¹²."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


class Class(models.Model):
    """Some people who learn together. Its instructors see its members' sessions, and no others."""

    name = models.CharField(max_length=80)
    lab = models.ForeignKey(
        Lab,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="classes",
        help_text="What the overview shows first, and guests are given.",
    )
    instructors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="taught_classes", blank=True
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="classes"
    )
    admits_guests = models.BooleanField(
        default=False, help_text="Whoever has a guest link may try the lab without a login."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "classes"

    def __str__(self) -> str:
        return self.name

    def live_sessions(self) -> models.QuerySet[Session]:
        """The sessions in which its members are at work."""
        return Session.objects.filter(
            owner__memberships__klass=self, status__in=LIVE, is_rehearsal=False
        )


class Membership(models.Model):
    """Somebody learns in a class."""

    class Origin(models.TextChoices):
        """How they got in."""

        CODE = "code", "join code"
        ROSTER = "roster", "roster"
        GUEST = "guest", "guest link"

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.CODE)
    made_account = models.BooleanField(
        default=False,
        help_text="The class's roster made this login, so its instructors may renew its password.",
    )
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["klass", "user"], name="one_membership_per_class")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.klass}"


class JoinCode(models.Model):
    """A way into a class: for everybody or for one, until it expires or is withdrawn."""

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="codes")
    code = models.CharField(max_length=16, unique=True, default=new_code)
    is_single_use = models.BooleanField(default=False)
    is_for_guests = models.BooleanField(default=False, help_text="Used as a link, without a login.")
    expires_at = models.DateTimeField()
    uses = models.PositiveIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.code

    @staticmethod
    def good(now: datetime | None = None) -> Q:
        """The codes that still admit somebody."""
        return Q(
            Q(is_single_use=False) | Q(uses=0),
            expires_at__gt=now or timezone.now(),
            withdrawn_at=None,
        )

    @property
    def state(self) -> str:
        """What it is good for now, in a word."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.is_single_use and self.uses:
            return "used"
        return "expired" if self.expires_at <= timezone.now() else "open"
