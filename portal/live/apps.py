"""See the package's modules."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """The app's registration."""

    name = "portal.live"
