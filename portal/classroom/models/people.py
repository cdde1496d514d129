"""The portal's people."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac


class User(AbstractUser):
    """Somebody with a login. What they may do follows from their groups' permissions."""

    class Role(models.TextChoices):
        """How the portal greets them; permissions are the groups' business."""

        STUDENT = "student"
        INSTRUCTOR = "instructor"
        ADMIN = "admin"

    role = models.CharField(max_length=12, choices=Role, default=Role.STUDENT)
    is_author = models.BooleanField(
        "writes labs",
        default=False,
        help_text="Drafts labs, test-runs them, and hands them in.",
    )
    may_publish = models.BooleanField(
        default=False, help_text="Decides what students are offered: publishes and retires labs."
    )
    is_guest = models.BooleanField(
        default=False, help_text="Came by a class's guest link: no password, one browser."
    )
    time_zone = models.CharField(
        max_length=60,
        blank=True,
        help_text="Theirs, as they have chosen; or as their browser says.",
    )
    mails_messages = models.BooleanField(
        default=False, help_text="What those who run their classes write to them comes by mail too."
    )
    toured_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When they had seen the tour, or put it away.",
    )
    sign_outs = models.PositiveIntegerField(
        default=0, editable=False, help_text="Grows when everybody who is in has to sign in anew."
    )

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a browser's session was begun with, and ends without: Django's own for none."""
        if not self.sign_outs:
            return super()._get_session_auth_hash(secret)  # type: ignore[misc,no-any-return]
        salt = "portal.classroom.models.User.session"
        begun_with = f"{self.sign_outs}:{self.password}"
        return salted_hmac(salt, begun_with, secret=secret, algorithm="sha256").hexdigest()

    def end_sessions(self) -> None:
        """Whoever is signed in to this login has to sign in anew."""
        User.objects.filter(pk=self.pk).update(sign_outs=F("sign_outs") + 1)
        self.refresh_from_db(fields=["sign_outs"])


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
