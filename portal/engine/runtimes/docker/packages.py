"""Python packages for the images, taken from the portal's own environment.

`make up` has installed them there from the lock, checked; so a build of images downloads none.
"""

from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from portal.engine.errors import RuntimeUnavailable

IMAGE_PYTHON = (3, 11)
"""Debian bookworm's."""
SITE = Path(f"opt/venv/lib/python{IMAGE_PYTHON[0]}.{IMAGE_PYTHON[1]}/site-packages")


def files(names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Each file of these packages and of what they need: its path in the image, and here.

    Raises RuntimeUnavailable for a package that can't be taken from here.
    """
    for package in closure(names):
        found = list(installed(package))
        check_fits(package, found)
        for path, here in found:
            yield str(SITE / path), here


def installed(package: metadata.Distribution) -> Iterator[tuple[Path, Path]]:
    """The files of a package: path among the packages, and here. No programs, nothing compiled."""
    if package.read_text("RECORD") is not None:
        paths = [Path(each) for each in package.files or ()]
    else:
        # Installed the old way, as a source distribution may be: only its folders are noted.
        site = Path(str(package.locate_file("")))
        tops = [site / name for name in (package.read_text("top_level.txt") or "").split()]
        paths = [path.relative_to(site) for top in tops for path in top.rglob("*")]
    for path in paths:
        here = Path(str(package.locate_file(path)))
        if path.suffix != ".pyc" and ".." not in path.parts and here.is_file():
            yield path, here


def closure(names: Iterable[str]) -> list[metadata.Distribution]:
    """The packages of these names, and all that they need here, each once."""
    found: dict[str, metadata.Distribution] = {}
    left = [Requirement(name) for name in names]
    while left:
        requirement = left.pop()
        if requirement.name in found:
            continue
        try:
            found[requirement.name] = package = metadata.distribution(requirement.name)
        except metadata.PackageNotFoundError as error:
            raise RuntimeUnavailable(
                f"The Python package {requirement.name} is missing here.",
                advice="Run 'make up' to install what is missing.",
            ) from error
        needs = map(Requirement, package.requires or ())
        left += [each for each in needs if not each.marker or each.marker.evaluate({"extra": ""})]
    unique = {str(each.metadata["Name"]): each for each in found.values()}
    return [unique[name] for name in sorted(unique)]


def check_fits(package: metadata.Distribution, found: Iterable[tuple[Path, Path]]) -> None:
    """Raise RuntimeUnavailable for compiled code that the image's Python can't load."""
    fits = f".cpython-{IMAGE_PYTHON[0]}{IMAGE_PYTHON[1]}-"
    if any(".cpython-" in path.name and fits not in path.name for path, _ in found):
        raise RuntimeUnavailable(
            f"The package {package.metadata['Name']} is compiled for another Python than the "
            f"images' {IMAGE_PYTHON[0]}.{IMAGE_PYTHON[1]}.",
            advice="Build the images on a host with that Python (Debian 12), then move them: "
            "docker save, docker load.",
        )
