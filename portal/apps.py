"""The portal as an app: its system checks, and the Celery application that tasks belong to."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Holds what belongs to no single app."""

    name = "portal"

    def ready(self) -> None:
        """Register the checks, and make Celery's app the current one."""
        from portal import celery, checks  # noqa: F401
