"""The raw HTTP inspector: what went out, what came in, byte by byte."""

from django.apps import AppConfig

from portal.panels import Panel, add_panel

PANEL = Panel(
    name="http",
    title="HTTP",
    template="wire/_panel.html",
    order=40,
    look="See the bytes",
    styles=("css/wire.css",),
    scripts=("js/wire-composer.js", "js/wire-live.js"),
)


class WireConfig(AppConfig):
    """The exchanges that there were."""

    name = "portal.wire"

    def ready(self) -> None:
        """Keep what steps give, and show it."""
        from portal.activities import keys
        from portal.activities.signals import step_output
        from portal.runner import errands
        from portal.runner.signals import relay_began, relay_ended
        from portal.wire import connections, orders, receivers, services

        step_output.connect(receivers.keep_exchange, dispatch_uid="wire")
        relay_began.connect(receivers.lose_connections, dispatch_uid="wire")
        relay_ended.connect(receivers.end_connections, dispatch_uid="wire")
        keys.add_streams("wire", services.key_in)
        errands.add_errand(orders.OPEN, connections.open_)
        errands.add_errand(orders.SAY, connections.say)
        errands.add_errand(orders.HANG_UP, connections.hang_up)
        add_panel(PANEL)
