"""Who runs a class, and what each of them may do there."""

from enum import Enum, auto

from django.conf import settings
from django.db import models
from django.utils import timezone


class Right(Enum):
    """Something that is done in a class."""

    WATCH = auto()
    """See who is in it, and the sessions of its students."""
    HELP = auto()
    """Say something to them, answer hands, give more time to a session."""
    GRADE = auto()
    """See grades, and give them."""
    MANAGE = auto()
    """Its people, labs and deadlines; stop and reset sessions."""
    OWN = auto()
    """Its other instructors; archive it, delete it."""


class Staff(models.Model):
    """Somebody runs a class, or helps in it."""

    class Role(models.TextChoices):
        """What they are there."""

        OWNER = "owner"
        INSTRUCTOR = "instructor"
        ASSISTANT = "assistant"

        @property
        def rights(self) -> frozenset[Right]:
            """What follows from the role alone."""
            helping = {Right.WATCH, Right.HELP}
            teaching = helping | {Right.GRADE, Right.MANAGE}
            match self:
                case Staff.Role.OWNER:
                    return frozenset(teaching | {Right.OWN})
                case Staff.Role.INSTRUCTOR:
                    return frozenset(teaching)
                case _:
                    return frozenset(helping)

    klass = models.ForeignKey("classroom.Class", on_delete=models.CASCADE, related_name="staffing")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staffing"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.INSTRUCTOR)
    may_grade = models.BooleanField(
        default=False, help_text="An assistant sees no grades and gives none without this."
    )
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "staff"
        constraints = [models.UniqueConstraint(fields=["klass", "user"], name="one_role_per_class")]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.klass}"

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do there."""
        rights = Staff.Role(self.role).rights
        return rights | {Right.GRADE} if self.may_grade else rights

    @staticmethod
    def with_right(right: Right) -> models.Q:
        """The rows of those who have a right."""
        roles = [role for role in Staff.Role if right in role.rights]
        found = models.Q(role__in=roles)
        return found | models.Q(may_grade=True) if right is Right.GRADE else found
