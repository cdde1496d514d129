"""`python -m portal.engine.home.lock`: write anew what images get from PyPI.

For whoever has changed requirements, after `make lock` and `make install`. Versions and sums are
the portal's; what needs what is read off the packages that are installed. So the files beside
each image.toml also serve a portal that has none of these.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker import packages
from portal.images.read import folders, read_images
from portal.images.spec import ancestors

LOCK = "requirements.lock"
PORTALS_LOCK = Path(__file__).resolve().parents[3] / LOCK
REQUIREMENT = re.compile(r"^([\w.-]+)==.*\n(?:[ \t].*\n)*", re.MULTILINE)


def asked(images: Mapping[str, Image]) -> Iterator[Image]:
    """The images with Python packages."""
    return (each for each in images.values() if each.python and each.folder)


def locked(image: Image, images: Mapping[str, Image]) -> str:
    """The packages that an image has and all that they need, pinned, with their sums."""
    line = [image, *ancestors(image, images)]
    wanted = [name for each in line for name in each.python]
    names = {plain(str(each.metadata["Name"])) for each in packages.closure(wanted)}
    blocks = REQUIREMENT.finditer(PORTALS_LOCK.read_text())
    return "".join(each[0] for each in blocks if plain(each[1]) in names)


def plain(name: str) -> str:
    """A package's name in the one spelling that compares."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Write them all."""
    images = read_images(folders(), Path()).images
    for image in asked(images):
        if image.folder:
            (image.folder / LOCK).write_text(locked(image, images))


if __name__ == "__main__":
    main()
