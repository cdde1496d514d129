"""`manage.py down`: end the portal and every cluster on this host."""

from typing import Any

from django.core.management.base import BaseCommand

from portal import supervision
from portal.activities.runtimes import end_all_clusters


class Command(BaseCommand):
    """Ends what `up` started, and what was left of it."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop the processes first: nobody starts a cluster after that."""
        was_running = supervision.stop()
        ended = end_all_clusters()
        state = "Sluice has ended" if was_running else "Sluice was not running"
        self.stdout.write(f"{state}; {ended} clusters ended.")
