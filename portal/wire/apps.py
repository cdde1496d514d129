"""The raw HTTP inspector: what went out, what came in, byte by byte."""

from django.apps import AppConfig


class WireConfig(AppConfig):
    """The exchanges that there were."""

    name = "portal.wire"

    def ready(self) -> None:
        """Keep what steps give."""
        from portal.activities.signals import step_output
        from portal.wire.receivers import keep_exchange

        step_output.connect(keep_exchange, dispatch_uid="wire")
