"""Which folders of the host a sandbox sees: the guest's programs, Python, and its images' parts."""

import compileall
import functools
import shutil
from pathlib import Path

from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.agent.layout import GUEST
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.sandbox.bubblewrap import python_home

PROGRAMS = "/usr/bin:/bin:/usr/sbin:/sbin"
GUEST_FOLDER = Path(__file__).resolve().parents[2] / "guest"


def binds(plan: Plan, venv: Path) -> dict[str, str]:
    """Host folders by guest path. Raises RuntimeUnavailable for one that isn't there."""
    compile_guest()
    found = {"/opt/venv": str(venv), f"{GUEST}/guest": str(GUEST_FOLDER)}
    home = python_home(venv)
    if home is not None:
        found[str(home)] = str(home)
    for service in plan.services:
        found |= plan.image(service).binds
    for host in found.values():
        if not Path(host).exists():
            raise RuntimeUnavailable(
                f"{host} is missing.", advice="Run 'make up' to install what is missing."
            )
    return found


@functools.cache
def compile_guest() -> None:
    """Compile the guest's programs, once: in a sandbox nobody may keep what Python compiles.

    A folder that this process may not write stays as it is.
    """
    compileall.compile_dir(GUEST_FOLDER, quiet=2)


def lacks(image: Image) -> list[str]:
    """What an image needs of this host, and isn't here: programs, and folders of its binds."""
    programs = [each for each in image.programs if not shutil.which(each, path=PROGRAMS)]
    return programs + [host for host in image.binds.values() if not Path(host).exists()]
