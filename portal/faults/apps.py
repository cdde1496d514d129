"""Faults on purpose: a panel of the session, and word of what is broken above it."""

from django.apps import AppConfig

from portal.panels import Panel, Piece, Place, add_panel, add_piece

PANEL = Panel(
    name="faults",
    title="Faults",
    template="faults/_panel.html",
    order=80,
    look="Break something",
    styles=("css/faults.css",),
)


class FaultsConfig(AppConfig):
    """The app's registration."""

    name = "portal.faults"

    def ready(self) -> None:
        """Keep what steps break, and show it."""
        from portal.activities.signals import step_output
        from portal.faults import receivers

        step_output.connect(receivers.keep_fault, dispatch_uid="faults")
        add_panel(PANEL)
        add_piece(Piece(Place.SESSION_TOP, "faults/_notice.html", context=receivers.notice))
