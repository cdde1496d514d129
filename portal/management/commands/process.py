"""`manage.py process NAME`: become one of the portal's processes, as a container does."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from portal import supervision


class Command(BaseCommand):
    """Runs in the foreground what `up` runs under its supervisor."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which."""
        parser.add_argument("name", choices=sorted(supervision.programs()))

    def handle(self, *args: Any, **options: Any) -> None:
        """Never returns: signals and the exit status are the process's own."""
        argv = supervision.programs()[options["name"]]
        self.stdout.flush()
        os.execvp(argv[0], argv)  # noqa: S606  a list, and no shell: nothing to audit
