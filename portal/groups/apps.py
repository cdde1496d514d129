"""Consumer groups, live: a panel of the session."""

from django.apps import AppConfig

from portal.panels import Panel, add_panel

PANEL = Panel(
    name="groups",
    title="Groups",
    template="groups/_panel.html",
    order=37,
    look="See the groups",
    styles=("css/groups.css",),
    scripts=("js/asked-again.js",),
)


class GroupsConfig(AppConfig):
    """The app's registration."""

    name = "portal.groups"

    def ready(self) -> None:
        """Have relays read groups, and show them."""
        from portal.groups import reading, views
        from portal.runner import errands, relay

        relay.add_reader("groups", reading.read_groups, reading.watched)
        errands.add_errand(views.ERRAND, reading.reset)
        add_panel(PANEL)
