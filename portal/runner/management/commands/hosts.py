"""`manage.py hosts prepare`: have the images of the docker runtime on this host, ahead of class.

`drain` and `use`: whether this host gets new sessions.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.activities.models import Host
from portal.activities.services import draining
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import Built
from portal.runner import images


class Command(BaseCommand):
    """A line an image. Exit status 0 only if all are there, built from what is here now."""

    help = __doc__ or ""
    # Images are built ahead of all else: no page or table is needed for them.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and from what."""
        parser.add_argument("verb", choices=["prepare", "verify", "drain", "use"])
        parser.add_argument("--base", default="", help="a Debian image, instead of the public one")
        parser.add_argument("--anew", action="store_true", help="build what is up to date, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build or look, and tell."""
        if options["verb"] in ("drain", "use"):
            self.drain(is_draining=options["verb"] == "drain")
            return
        try:
            for built in images.prepare(
                base=options["base"],
                anew=options["anew"],
                only_look=options["verb"] == "verify",
            ):
                self.tell(built, is_loud=options["verbosity"] > 1)
        except ClusterError as error:
            raise CommandError(f"{error} {error.advice}") from error

    def drain(self, *, is_draining: bool) -> None:
        """Have this host get no new sessions, or get them again. Raises CommandError."""
        host = settings.HOST_NAME
        try:
            left = draining.drain(host, is_draining=is_draining)
        except Host.DoesNotExist:
            raise CommandError(f"{host} has not reported: does its relay run?") from None
        says = "gets no new sessions" if is_draining else "gets new sessions"
        self.stdout.write(f"{host} {says}; {left} on it.")

    def tell(self, built: Built, *, is_loud: bool) -> None:
        """A line for an image that is done; of a build that runs, its steps and what to note."""
        if built.is_done:
            how = f"built in {built.seconds:.0f} s" if built.is_new else "up to date"
            self.stdout.write(f"{built.tag:<22}{built.size / 1e6:>7.0f} MB  {how}")
        elif is_loud or built.says.startswith(("Step ", "Note: ")):
            self.stdout.write(f"  {built.says[:110]}")
        self.stdout.flush()
