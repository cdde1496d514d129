"""People, their roles, and what each role may do."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClassroomConfig(AppConfig):
    """The portal's people."""

    name = "portal.classroom"

    def ready(self) -> None:
        """Roles' groups follow the permissions that migrations make."""
        from portal.classroom.roles import ensure_groups

        post_migrate.connect(ensure_groups, sender=self, dispatch_uid="roles")
