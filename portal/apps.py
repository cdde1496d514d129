"""The portal as an app: its system checks, and the Celery application that tasks belong to."""

from django.apps import AppConfig
from django.conf import settings


class PortalConfig(AppConfig):
    """Holds what belongs to no single app."""

    name = "portal"

    def ready(self) -> None:
        """Register the checks and the operator's kinds, and make Celery's app the current one."""
        from portal import celery, checks  # noqa: F401
        from portal.engine.kinds import registry

        registry.add(*settings.SLUICE_KINDS)
