"""Classes: who teaches, who learns, and how one gets in."""

import secrets
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.activities.models import LIVE, Session
from portal.catalog.models import Lab
from portal.classroom.models.staff import Right, Staff

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits that can't be misread when somebody says them aloud."""
CODE_LENGTH = 8
LINK_LENGTH = 26
"""128 bits: a link that lets people in without a login is followed, and never typed."""


def new_code(length: int = CODE_LENGTH) -> str:
    """A code that can be read from a blackboard and not be guessed: 31⁸ is about 10¹²."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class Counts(models.TextChoices):
    """Which of several attempts counts."""

    BEST = "best", "the best"
    LAST = "last", "the last"
    FIRST = "first", "the first"


class Class(models.Model):
    """Some people who learn together, at their meetings or alone.

    Its staff see its members' sessions, and no others.
    """

    name = models.CharField(max_length=80)
    lab = models.ForeignKey(
        Lab,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="classes",
        help_text="What the overview shows first, and guests are given.",
    )
    staff = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Staff", related_name="staffed_classes"
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="classes"
    )
    admits_guests = models.BooleanField(
        default=False, help_text="Whoever has a guest link may try the lab without a login."
    )
    counts = models.CharField(
        max_length=5,
        choices=Counts,
        default=Counts.BEST,
        help_text="Which of a student's attempts at a lab counts.",
    )
    time_zone = models.CharField(
        max_length=60,
        blank=True,
        help_text="Whose clock deadlines go by; the portal's own if empty.",
    )
    quiet_at = models.TimeField(
        null=True,
        blank=True,
        help_text="All clusters of its students end at this time of the class's day.",
    )
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then it is only to be looked at."
    )
    delete_at = models.DateTimeField(
        null=True, blank=True, help_text="It is to go then, unless somebody keeps it after all."
    )
    keep_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="What sessions of its students recorded goes so many days after they ended; "
        "points and grades stay. For ever if empty.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    rights_of: tuple[int | None, frozenset[Right]] | None = None
    """Who looks at it, and what they may do in it; nothing as long as nobody has asked."""

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "classes"

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """Whose clock its days and hours go by."""
        return ZoneInfo(self.time_zone or settings.TIME_ZONE)

    def add_staff(self, user: AbstractUser, role: Staff.Role = Staff.Role.INSTRUCTOR) -> Staff:
        """Have somebody run it too, or in another role than before."""
        made, _ = Staff.objects.update_or_create(
            klass=self, user_id=user.pk, defaults={"role": role}
        )
        return made

    def live_sessions(self) -> models.QuerySet[Session]:
        """The sessions in which its members are at work."""
        return Session.objects.filter(
            owner__memberships__klass=self, status__in=LIVE, is_rehearsal=False
        )


class Section(models.Model):
    """A part of a class, such as those who come on Mondays. Somebody may be in several."""

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="sections")
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["klass", "name"], name="one_section_per_name")
        ]

    def __str__(self) -> str:
        return self.name


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
    sections = models.ManyToManyField(Section, related_name="memberships", blank=True)
    lms = models.JSONField(
        default=dict,
        blank=True,
        help_text="What the roster's own system calls them: its columns, which its import wants.",
    )
    time_multiplier = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal(1)), MaxValueValidator(Decimal(5))],
        help_text="An accommodation: so many times as long until a deadline, and in a session.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["klass", "user"], name="one_membership_per_class")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.klass}"


class JoinCode(models.Model):
    """A way into a class: for everybody or for one, until it expires or is withdrawn."""

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="codes")
    code = models.CharField(max_length=32, unique=True, default=new_code)
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
