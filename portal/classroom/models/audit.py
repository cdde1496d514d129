"""Who did what to whose session: written once, changed by nobody."""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone


class AppendOnly(Exception):
    """An entry of the audit stays as it was written."""


class Entries(models.QuerySet["AuditEntry"]):
    """Entries can be asked for; the database refuses the rest as well (see the migration)."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Never."""
        raise AppendOnly("An entry of the audit can't be changed.")

    def delete(self) -> NoReturn:
        """Never."""
        raise AppendOnly("An entry of the audit can't be removed.")


class AuditEntry(models.Model):
    """One deed. Names are kept as text: who has left is still named."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150)
    verb = models.CharField(max_length=40, db_index=True)
    session_id = models.CharField(max_length=16, blank=True, db_index=True)
    owner = models.CharField(max_length=150, blank=True, help_text="Whose session it is.")
    class_id = models.BigIntegerField(null=True, db_index=True)
    detail = models.CharField(max_length=500, blank=True)

    objects = Entries.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "audit"

    def __str__(self) -> str:
        return f"{self.actor}: {self.verb} {self.session_id}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it. Raises AppendOnly for one that is written."""
        if not self._state.adding:
            raise AppendOnly("An entry of the audit can't be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise AppendOnly("An entry of the audit can't be removed.")

    @property
    def deed(self) -> str:
        """The verb in words: a button's is its address's name."""
        return self.verb.replace("_", " ")
