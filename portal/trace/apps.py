"""What became of each request: a panel of the session, and links from what it went through."""

from django.apps import AppConfig

from portal.panels import Panel, Piece, Place, add_panel, add_piece

PANEL = Panel(
    name="trace",
    title="Trace",
    template="trace/_panel.html",
    order=55,
    look="Follow an event",
    styles=("css/trace.css",),
    scripts=("js/trace-view.js",),
)
ORIGIN = Piece(Place.ROW_ORIGIN, "trace/_of_row.html")


class TraceConfig(AppConfig):
    """The app's registration."""

    name = "portal.trace"

    def ready(self) -> None:
        """Show traces beside the steps, and lead to them from a table's rows."""
        add_panel(PANEL)
        add_piece(ORIGIN)
