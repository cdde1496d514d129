"""The images of this portal, as their folders say them now."""

from collections.abc import Collection, Mapping
from pathlib import Path

from django.conf import settings

from portal.engine.lab.spec import LabSpec
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


def unfetched() -> frozenset[str]:
    """Images that nobody has asked for yet on this machine, if it is one with clusters."""
    if not (Path(settings.PARTS_DIR) / "images").is_dir():
        return frozenset()
    return frozenset(name for name, each in operator_images().items() if not each.is_here)


def lacking(spec: LabSpec, missing: Collection[str]) -> list[str]:
    """Those of the missing images that a lab runs on."""
    return sorted({each.image for each in spec.services} & set(missing))
