"""The portal's people."""

from django.contrib.auth.models import AbstractUser
from django.db import models


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
