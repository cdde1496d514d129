"""The images of this portal, as their folders say them now."""

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from portal.images.read import Found, read_images
from portal.images.spec import Image


def found_images() -> Found:
    """All that can be used, and what is wrong with others: `portal.checks` tells of that."""
    return read_images([Path(each) for each in settings.SLUICE_IMAGES_DIRS], settings.PARTS_DIR)


def operator_images() -> Mapping[str, Image]:
    """All images, with those that only others start from."""
    return found_images().images


def offered() -> list[str]:
    """The names that a lab can choose from."""
    return sorted(name for name, each in operator_images().items() if each.for_labs)
