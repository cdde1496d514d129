"""`manage.py images`: what this portal's images hold, and which of it this host has."""

import subprocess
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.images.listing import BEGINS, markdown, python_versions
from portal.images.read import SHIPPED, read_images
from portal.images.spec import Image

GUIDE = "docs/images.md"


class Command(BaseCommand):
    """A line a program, with the version that this host has of it; or the guide's list."""

    help = __doc__ or ""
    # Nothing of the portal is needed for it.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to write, and where."""
        parser.add_argument("--markdown", action="store_true", help=f"write {GUIDE}'s list anew")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell, or write."""
        if options["markdown"]:
            guide = Path(settings.BASE_DIR) / GUIDE
            guide.write_text(renewed(guide.read_text()))
            return
        places = [Path(each) for each in settings.SLUICE_IMAGES_DIRS]
        found = read_images(places, Path(settings.PARTS_DIR))
        for image in found.images.values():
            self.stdout.write(f"{image.name}: {image.summary}")
            for line in held(image):
                self.stdout.write(f"  {line}")
        if found.problems:
            raise CommandError("\n".join(map(str, found.problems)))


def renewed(guide: str) -> str:
    """The guide with its list as the images that come with the portal are now."""
    images = read_images([SHIPPED], Path(settings.PARTS_DIR)).images
    lock = (Path(settings.BASE_DIR) / "requirements.lock").read_text()
    return guide.partition(BEGINS)[0] + markdown(images, python_versions(lock))


def held(image: Image) -> list[str]:
    """Its programs, with the Debian package and version that this host has of each."""
    return [
        f"{program:<16}{next(filter(None, map(installed, packages)), 'missing')}"
        for program, packages in sorted(image.programs.items())
    ]


def installed(package: str) -> str:
    """A Debian package with its version; empty when this host has not got it."""
    argv = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}", package]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
