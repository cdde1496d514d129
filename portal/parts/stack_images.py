"""What tests of the portal's own containers need, built where no public image can be pulled.

PostgreSQL, Redis and a proxy from Debian's packages, as one image; and all of the portal's image
but its own code, from packages that are fetched here, where pip is known to reach an index.
"""

import subprocess
from pathlib import Path

from portal.parts import python
from portal.parts.places import ROOT, digest, is_stamped, put_stamp
from portal.parts.run import run, say

SERVICES = "sluice/services:test"
PACKAGES = "sluice/portal-packages:test"
LABEL = "sluice.digest"
BUILD_SECONDS = 900
LOCK = ROOT / "requirements-portal.lock"
WHEELS = ROOT / "deploy" / "wheels"
PORTAL = (ROOT / "deploy" / "Dockerfile", LOCK)
OTHERS = (ROOT / "tests" / "stack" / "Dockerfile", ROOT / "tests" / "stack" / "entrypoint.sh")
IMAGE_PYTHON = "3.11"
"""Debian bookworm's."""


def wanted() -> str:
    """What changes when an image would, or what it is built from is missing here."""
    return digest([*contents(PORTAL), *contents(OTHERS), str(has_wheels())])


def contents(files: tuple[Path, ...]) -> list[bytes]:
    """What is in them."""
    return [path.read_bytes() for path in files]


def prepare(address: str, base: str) -> None:
    """Have the images, built on a Debian that is there. Raises PartsError."""
    if not has_wheels():
        fetch_wheels()
    build(address, base, SERVICES, OTHERS, [str(ROOT / "tests" / "stack")])
    portal = ["--target", "packages", "--build-arg", "PIP_NO_INDEX=1"]
    portal += ["--file", str(PORTAL[0]), str(ROOT)]
    build(address, base, PACKAGES, PORTAL, portal)


def build(address: str, base: str, image: str, files: tuple[Path, ...], options: list[str]) -> None:
    """Build an image, unless it was built from just these files. Raises PartsError."""
    stamp = digest([base, *contents(files)])
    if label_of(address, image) == stamp:
        return
    say(f"{image} (half a minute)")
    run(
        [
            *("docker", "--host", address, "build", "--network", "host", "--tag", image),
            *("--build-arg", f"BASE={base}", "--label", f"{LABEL}={stamp}", *options),
        ],
        log="stack-images.log",
        failure=f"The image {image} could not be built",
        timeout_seconds=BUILD_SECONDS,
    )


def label_of(address: str, image: str) -> str:
    """What an image was built from; empty where it is missing."""
    form = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    argv = ["docker", "--host", address, "image", "inspect", "--format", form, image]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


def has_wheels() -> bool:
    """Whether every package of the lock was fetched."""
    return is_stamped(WHEELS / ".stamp", digest(contents((LOCK,))))


def fetch_wheels() -> None:
    """Fetch the packages that the portal's image installs. Raises PartsError."""
    say("Python packages for the portal's image")
    for old in WHEELS.glob("*.whl"):
        old.unlink()
    python.fetch_wheels(
        LOCK,
        WHEELS,
        *("--python-version", IMAGE_PYTHON),
        log="wheels.log",
        failure="The packages of the portal's image could not be fetched: is there a network?",
        timeout_seconds=BUILD_SECONDS,
    )
    put_stamp(WHEELS / ".stamp", digest(contents((LOCK,))))
