"""Tables that students extracted: kept when a step gives one, shown, exported."""

from django.apps import AppConfig

from portal.panels import Panel, Piece, Place, add_panel, add_piece

PANEL = Panel(
    name="results",
    title="Results",
    template="results/_panel.html",
    order=50,
    look="See the table",
    styles=("css/results.css",),
    scripts=("js/results-view.js",),
)


class ResultsConfig(AppConfig):
    """The tables that there are."""

    name = "portal.results"

    def ready(self) -> None:
        """Keep what steps give, and show it."""
        from django.db.models.signals import post_delete

        from portal.activities.signals import step_output
        from portal.results import queries
        from portal.results.receivers import keep_extraction, remove_rows

        step_output.connect(keep_extraction, dispatch_uid="results")
        add_panel(PANEL)
        add_piece(Piece(Place.SESSION_END, "results/_end.html", context=queries.newest_table_of))
        add_piece(Piece(Place.SESSIONS, "results/_count.html", context=queries.rows_of))
        post_delete.connect(remove_rows, sender="results.Extraction", dispatch_uid="results")
