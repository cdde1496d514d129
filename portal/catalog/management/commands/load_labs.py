"""`manage.py load_labs [folder]`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.catalog import services
from portal.catalog.signals import lab_changed
from portal.engine.lab.beside import DEFINITION
from portal.engine.lab.problems import LabInvalid


class Command(BaseCommand):
    """Loads every lab that there is a folder of, and publishes what is new."""

    help = "Load labs from their folders. Problems are told as path:line:column: message."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A folder of labs, or of one lab."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.LABS_DIR)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Load them all; exit 1 if one of them was invalid."""
        folders = labs_in(folder)
        if not folders:
            raise CommandError(f"{folder} holds no {DEFINITION}, nor a folder that does.")
        invalid = [each for each in folders if not self.load(each)]
        if invalid:
            names = ", ".join(each.name for each in invalid)
            raise CommandError(f"Not loaded: {names}.")

    def load(self, folder: Path) -> bool:
        """Load one lab and say what came of it; False if it is invalid."""
        try:
            version, change = services.store(services.read_folder(folder))
        except LabInvalid as error:
            for problem in error.problems:
                self.stderr.write(f"{folder / DEFINITION}:{problem}")
            return False
        if change is not services.Change.UNCHANGED:
            lab_changed.send(sender=type(version), user=None, verb="load lab", detail=str(version))
        self.stdout.write(f"{version}: {change}")
        return True


def labs_in(folder: Path) -> list[Path]:
    """The folder itself if it is a lab's, else those in it that are."""
    if (folder / DEFINITION).exists():
        return [folder]
    return sorted(path.parent for path in folder.glob(f"*/{DEFINITION}"))
