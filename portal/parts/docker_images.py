"""The images for tests, built on any machine: from a Debian made here where none can be pulled."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.parts import docker_engine, jars, stack_images
from portal.parts.places import (
    GUEST,
    LOCK,
    PARTS,
    ROOT,
    VENV,
    PartsError,
    digest,
    images,
    is_stamped,
    put_stamp,
)
from portal.parts.run import run, say

RELEASE = "bookworm"
DEBIAN = f"sluice/debian:{RELEASE}"
STAMP = PARTS / "docker-images.stamp"
IMAGE_READER = ROOT / "portal" / "images"
DRIVER = ROOT / "portal" / "engine" / "runtimes" / "docker"
DEBOOTSTRAP_SECONDS = 600
BUILD_SECONDS = 1800
LEFT_OUT = ("./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*", "./usr/share/doc/*")


def is_ready() -> bool:
    """Whether the images were built from what is here now, or can't be had: see `NoEngine`."""
    if not docker_engine.found() and os.geteuid() != 0:
        return True
    return is_stamped(STAMP, _wanted())


def install() -> None:
    """Have the images, on an engine that is stopped again if it was not there before."""
    with ready():
        pass


@contextmanager
def ready() -> Iterator[str]:
    """The address of an engine that has the images. Raises PartsError."""
    with docker_engine.engine() as address:
        if not has(address, DEBIAN):
            make_debian(address)
        prepare(address)
        stack_images.prepare(address, DEBIAN)
        put_stamp(STAMP, _wanted())
        yield address


def _wanted() -> str:
    ours = (each.folder for each in images().values() if each.folder)
    folders = (*ours, IMAGE_READER, GUEST, DRIVER)
    files = sorted(path for folder in folders for path in folder.rglob("*") if is_source(path))
    contents = [
        piece for path in files for piece in (os.path.relpath(path, ROOT), path.read_bytes())
    ]
    state: list[str | bytes] = [jars.fingerprint(), stack_images.wanted(), LOCK.read_bytes()]
    return digest([docker_engine.found() or "own", *state, *contents])


def is_source(path: Path) -> bool:
    """Whether somebody wrote it, rather than Python."""
    return path.is_file() and "__pycache__" not in path.parts


def prepare(address: str) -> None:
    """Have the images, from a public Debian or, where that can't be had, one made here."""
    environment = {**os.environ, "DOCKER_HOST": address}
    hosts = [str(VENV / "bin" / "python"), "manage.py", "hosts"]
    base = ["--base", DEBIAN]
    if (
        subprocess.run(
            [*hosts, "verify", *base], env=environment, capture_output=True, cwd=ROOT, check=False
        ).returncode
        == 0
    ):
        return
    say("Docker images (two minutes the first time)")
    run(
        ["env", "-C", str(ROOT), *hosts, "prepare", *base, "--verbosity", "2"],
        log="images.log",
        failure="The Docker images could not be built",
        timeout_seconds=BUILD_SECONDS,
        environment=environment,
    )


def has(address: str, image: str) -> bool:
    """Whether the engine has an image."""
    argv = ["docker", "--host", address, "image", "inspect", image]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def make_debian(address: str) -> None:
    """Make a small Debian from its own packages, and give it to the engine. Needs root."""
    say(f"a Debian {RELEASE} for the images (half a minute)")
    folder = Path(tempfile.mkdtemp(prefix="sluice-debian-"))
    try:
        run(
            ["debootstrap", "--variant=minbase", RELEASE, str(folder / "root")],
            log="debootstrap.log",
            failure="A Debian could not be made: is there a network?",
            timeout_seconds=DEBOOTSTRAP_SECONDS,
        )
        bring_in(address, folder / "root")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def bring_in(address: str, root: Path) -> None:
    """Import a folder as an image."""
    left_out = [f"--exclude={each}" for each in LEFT_OUT]
    with subprocess.Popen(
        ["tar", "--create", "--directory", str(root), *left_out, "."], stdout=subprocess.PIPE
    ) as tar:
        argv = ["docker", "--host", address, "import", "-", DEBIAN]
        done = subprocess.run(argv, stdin=tar.stdout, capture_output=True, check=False)
    if tar.returncode or done.returncode:
        words = done.stderr.decode(errors="replace").strip()
        raise PartsError(f"The Debian could not be given to Docker: {words[-300:]}")
