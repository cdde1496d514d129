"""`manage.py down`: end the portal and every cluster on this host."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from portal import supervision
from portal.runner.services.clusters import end_everything


class Command(BaseCommand):
    """Ends what `up` started, and what was left of it."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop the processes first: nobody starts a cluster after that."""
        was_running = supervision.stop()
        # It may never have been up, or with an older release.
        call_command("migrate", verbosity=0, interactive=False)
        with supervision.ending():
            ended = end_everything(settings.HOST_NAME)
        if was_running:
            self.stdout.write("Sluice has ended, and every cluster with it.")
        else:
            self.stdout.write(f"Sluice was not running; {ended} clusters were left and have ended.")
