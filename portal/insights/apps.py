"""What a session says about itself: the gap meter, the transcript, the pipeline board."""

from django.apps import AppConfig

from portal.panels import Piece, Place, add_piece

MENU = Piece(Place.SESSION_MENU, "insights/_menu.html")
END = Piece(Place.SESSION_END, "insights/_end.html", order=1)


class InsightsConfig(AppConfig):
    """The app's registration."""

    name = "portal.insights"

    def ready(self) -> None:
        """Show the meter on a session's page, and the way to its transcript."""
        # Models can be imported only now.
        from portal.insights.counting import flow_of

        bar = Piece(
            Place.SESSION_BAR,
            "insights/_bar.html",
            context=flow_of,
            styles=("css/insights.css",),
            scripts=("js/gap-meter.js",),
        )
        add_piece(bar)
        add_piece(MENU)
        add_piece(END)
