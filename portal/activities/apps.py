"""See the package's modules."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    """The app's registration."""

    name = "portal.activities"
