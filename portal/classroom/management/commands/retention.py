"""`manage.py retention`: what would go of what sessions recorded; with `--apply` it goes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from portal.classroom.services import retention


class Command(BaseCommand):
    """Shows what retention would remove, class by class, and removes it if that is asked for."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A look is the default."""
        parser.add_argument("--apply", action="store_true", help="remove it, and don't only look")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, or do."""
        for klass, found in retention.due():
            name = f"{klass} (kept {klass.keep_days} days)" if klass else "people in no class"
            self.stdout.write(f"{name}: {found.count()} sessions")
        if options["apply"]:
            self.stdout.write(f"removed {retention.apply()} sessions; points and grades stay")
        else:
            self.stdout.write("nothing was removed; --apply does it")
