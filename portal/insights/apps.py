"""See the package's modules."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """The app's registration."""

    name = "portal.insights"
