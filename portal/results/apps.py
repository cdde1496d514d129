"""Tables that students extracted: kept when a step gives one, shown, exported."""

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """The tables that there are."""

    name = "portal.results"

    def ready(self) -> None:
        """Keep what steps give."""
        from django.db.models.signals import post_delete

        from portal.activities.signals import step_output
        from portal.results.receivers import keep_extraction, remove_rows

        step_output.connect(keep_extraction, dispatch_uid="results")
        post_delete.connect(remove_rows, sender="results.Extraction", dispatch_uid="results")
