"""`manage.py down`: end the portal and every cluster on this host."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal import supervision
from portal.activities.services.clusters import end_everything


class Command(BaseCommand):
    """Ends what `up` started, and what was left of it."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop the processes first: nobody starts a cluster after that."""
        was_running = supervision.stop()
        ended = end_everything(settings.HOST_NAME)
        state = "Sluice has ended" if was_running else "Sluice was not running"
        self.stdout.write(f"{state}; {ended} clusters ended.")
