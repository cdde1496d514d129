"""Structured streaming, live: a panel of the session."""

from django.apps import AppConfig

from portal.panels import Panel, add_panel

PANEL = Panel(
    name="streaming",
    title="Streaming",
    template="streaming/_panel.html",
    order=52,
    look="See the query",
    styles=("css/streaming.css",),
    scripts=("js/asked-again.js",),
)


class StreamingConfig(AppConfig):
    """The app's registration."""

    name = "portal.streaming"

    def ready(self) -> None:
        """Have relays read queries, and show them."""
        from portal.runner import errands, relay
        from portal.streaming import reading, views

        relay.add_reader("streaming", reading.read_queries, reading.watched)
        errands.add_errand(views.ERRAND, reading.stop)
        add_panel(PANEL)
