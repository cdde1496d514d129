"""`python -m portal.engine.home.lock`: write anew what images get from PyPI.

For whoever has changed requirements, after `make lock` and `make install`. Versions and sums are
the portal's; what needs what is read off the packages that are installed. So the files in `locks/`
also serve a portal that has none of these.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from portal.engine.runtimes.docker import packages
from portal.parts.places import LOCK, ROOT

LOCKS = Path(__file__).with_name("locks")
PORTALS_OWN = {"ipykernel", "jupyter-client"}
"""Behind the pyspark that the portal keeps open; one that is typed into needs none."""
REQUIREMENT = re.compile(r"^([\w.-]+)==.*\n(?:[ \t].*\n)*", re.MULTILINE)


def lock_of(name: str) -> Path:
    """The file that says what an image of that name gets."""
    return LOCKS / f"{name}.txt"


def asked() -> Iterator[Path]:
    """The requirements of every image that has some."""
    yield from sorted(ROOT.glob("labs/*/images/*/requirements.in"))


def locked(requirements: Path) -> str:
    """The packages that are asked for and all that they need, pinned, with their sums."""
    wanted = [each for each in packages.wanted(requirements) if each not in PORTALS_OWN]
    names = {plain(str(each.metadata["Name"])) for each in packages.closure(wanted)}
    blocks = REQUIREMENT.finditer(LOCK.read_text())
    return "".join(each[0] for each in blocks if plain(each[1]) in names)


def plain(name: str) -> str:
    """A package's name in the one spelling that compares."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Write them all."""
    for requirements in asked():
        lock_of(requirements.parent.name).write_text(locked(requirements))


if __name__ == "__main__":
    main()
