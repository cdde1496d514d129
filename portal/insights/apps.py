"""What a session says about itself: the gap meter, the transcript, the pipeline board."""

from django.apps import AppConfig

from portal.panels import Piece, Place, add_piece

BAR = Piece(
    Place.SESSION_BAR,
    "insights/_bar.html",
    styles=("css/insights.css",),
    scripts=("js/gap-meter.js",),
)
MENU = Piece(Place.SESSION_MENU, "insights/_menu.html")
END = Piece(Place.SESSION_END, "insights/_end.html", order=1)


class InsightsConfig(AppConfig):
    """The app's registration."""

    name = "portal.insights"

    def ready(self) -> None:
        """Show the meter on a session's page, and the way to its transcript."""
        add_piece(BAR)
        add_piece(MENU)
        add_piece(END)
