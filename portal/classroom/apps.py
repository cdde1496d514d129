"""People and their classes: roles, the instructor's overview, and account of what was done."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClassroomConfig(AppConfig):
    """The portal's people."""

    name = "portal.classroom"

    def ready(self) -> None:
        """Join the apps below, which know nothing of classes."""
        from portal.activities import signals
        from portal.activities.permissions import may_also_watch
        from portal.classroom import audit, checks, receivers  # noqa: F401
        from portal.classroom.permissions import sessions_of_classes
        from portal.classroom.roles import ensure_groups

        # Roles' groups follow the permissions that migrations make.
        post_migrate.connect(ensure_groups, sender=self, dispatch_uid="roles")
        may_also_watch(sessions_of_classes)
        signals.session_changed.connect(receivers.tell_overviews, dispatch_uid="overviews")
        signals.acted.connect(audit.note_deed, dispatch_uid="audit")
