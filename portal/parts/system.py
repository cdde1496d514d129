"""Programs that the operating system brings: find them, or have apt-get install them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from portal.parts.places import PartsError, images, versions
from portal.parts.run import run, say

APT_SECONDS = 1200
APT_OPTIONS = ("-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2")


def missing(*, for_tests: bool) -> list[list[str]]:
    """The packages to install: for each program that isn't there, its possible names."""
    known = versions()
    programs: dict[str, list[str]] = dict(known["system"])
    for image in images().values():
        programs |= {name: list(packages) for name, packages in image.programs.items()}
    if for_tests:
        programs |= known["system-for-tests"]
    found: list[list[str]] = []
    for program, packages in programs.items():
        if java_fits() if program == "java" else _find(program):
            continue
        found += [packages, *([name] for name in known["companions"].get(program, []))]
    return [each for number, each in enumerate(found) if each not in found[:number]]


def _find(program: str) -> str | None:
    # Services' programs may be outside an ordinary user's PATH.
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    return shutil.which(program, path=path)


def java_home() -> Path | None:
    """The Java that a sandbox sees, which is the system's, whatever else the PATH holds."""
    java = Path("/usr/bin/java")
    return java.resolve().parents[1] if java.exists() else None


def java_release() -> str:
    """The `release` file of that Java: its exact build; empty when there is none."""
    home = java_home()
    try:
        return (home / "release").read_text() if home else ""
    except OSError:
        return ""


def java_fits() -> bool:
    """Whether that Java is of a version that both Kafka and Spark run on."""
    found = re.search(r'^JAVA_VERSION="(\d+)', java_release(), re.MULTILINE)
    bounds = versions()["java"]
    return bool(found and bounds["oldest"] <= int(found[1]) <= bounds["newest"])


def install(wanted: Iterable[list[str]]) -> None:
    """Install Debian packages. Raises PartsError, which names the command to type by hand."""
    groups = list(wanted)
    if not groups:
        return
    by_hand = f"apt-get install {' '.join(names[0] for names in groups)}"
    if shutil.which("apt-get") is None:
        raise PartsError(
            "Some programs are missing, and there is no apt-get here. Install by your system's "
            f"own means what this would on Debian: {by_hand}"
        )
    if os.geteuid() != 0:
        raise PartsError(f"Some programs are missing. Type this once, then again: sudo {by_hand}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    failure = f"apt-get could not install what is missing. Type by hand: {by_hand}"
    # Old lists may still do, so a failure here isn't the end; the install then tells.
    try:
        run(
            ["apt-get", "update", *APT_OPTIONS],
            log="apt-update.log",
            failure="",
            timeout_seconds=APT_SECONDS,
            environment=environment,
        )
    except PartsError:
        say("apt-get update failed; trying with the package lists that are here")
    names = [_choose(each) for each in groups]
    say(f"system packages: {' '.join(names)}")
    run(
        ["apt-get", "install", "--yes", "--no-install-recommends", *APT_OPTIONS, *names],
        log="apt-install.log",
        failure=failure,
        timeout_seconds=APT_SECONDS,
        environment=environment,
    )


def _choose(names: list[str]) -> str:
    """The first that the package lists know; the first of all when they know none."""
    for name in names if len(names) > 1 else ():
        known = subprocess.run(
            ["apt-cache", "show", "--no-all-versions", name], capture_output=True, check=False
        )
        if known.returncode == 0 and known.stdout:
            return name
    return names[0]
