"""What tests of the portal's own containers need: PostgreSQL, Redis and a proxy, as one image."""

import subprocess

from portal.parts.places import ROOT, digest
from portal.parts.run import run, say

SERVICES = "sluice/services:test"
FOLDER = ROOT / "tests" / "stack"
LABEL = "sluice.digest"
BUILD_SECONDS = 900


def wanted() -> str:
    """What changes when an image would."""
    return digest([path.read_bytes() for path in (FOLDER / "Dockerfile", FOLDER / "entrypoint.sh")])


def prepare(address: str, base: str) -> None:
    """Have the image, built on a Debian that is there. Raises PartsError."""
    stamp = digest([wanted(), base])
    if label_of(address, SERVICES) == stamp:
        return
    say("PostgreSQL, Redis and a proxy for the tests (half a minute)")
    run(
        [
            *("docker", "--host", address, "build", "--network", "host", "--tag", SERVICES),
            *("--build-arg", f"BASE={base}", "--label", f"{LABEL}={stamp}", str(FOLDER)),
        ],
        log="services.log",
        failure="The image of PostgreSQL, Redis and a proxy could not be built",
        timeout_seconds=BUILD_SECONDS,
    )


def label_of(address: str, image: str) -> str:
    """What an image was built from; empty where it is missing."""
    form = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    argv = ["docker", "--host", address, "image", "inspect", "--format", form, image]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
