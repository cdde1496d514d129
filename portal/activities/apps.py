"""Sessions and their steps: what people want of them, and the page that shows them."""

from django.apps import AppConfig

from portal.panels import Panel, Piece, Place, add_panel, add_piece

PANELS = (
    Panel(
        name="output",
        title="Output",
        template="activities/_output.html",
        order=10,
        look="See the output",
        scripts=("js/step-output.js",),
    ),
    Panel(
        name="log",
        title="Log",
        template="activities/_panel_log.html",
        order=20,
        look="See the log",
        scripts=("js/live-log.js",),
    ),
    Panel(
        name="events",
        title="Events",
        template="activities/_panel_events.html",
        order=30,
        look="See the events",
        has_count=True,
        scripts=("js/live-topic.js",),
    ),
    Panel(
        name="code",
        title="Code",
        template="activities/_code.html",
        order=60,
        look="See the code",
        scripts=("js/code-editor.js", "js/code-files.js"),
    ),
)


class ActivitiesConfig(AppConfig):
    """The app's registration."""

    name = "portal.activities"

    def ready(self) -> None:
        """Show on the session's page what the app has, and on labs' pages how one is launched."""
        from portal.activities import preview

        for panel in PANELS:
            add_panel(panel)
        add_piece(Piece(Place.LAB_START, "activities/_launch.html"))
        add_piece(Piece(Place.LAB_ASIDE, "activities/_take_home.html"))
        add_piece(
            Piece(
                Place.STEP_PREVIEW,
                "activities/_preview.html",
                context=preview.of_step,
                styles=("css/session.css", "css/step.css", "css/calls.css"),
            )
        )
