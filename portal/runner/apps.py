"""See the package's modules."""

from django.apps import AppConfig


class RunnerConfig(AppConfig):
    """The app's registration."""

    name = "portal.runner"
