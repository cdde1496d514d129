"""Tables that students extracted: kept when a step gives one, shown, exported."""

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """The tables that there are."""

    name = "portal.results"

    def ready(self) -> None:
        """Keep what steps give."""
        from portal.activities.signals import step_output
        from portal.results.receivers import keep_extraction

        step_output.connect(keep_extraction, dispatch_uid="results")
