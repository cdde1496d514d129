"""The docker runtime beside docker-compose, on the same images, in turn: up, a command, down."""

import os
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from bench.clusters import cluster_of, week10
from bench.compose import Compose, compose
from bench.figures import Figure
from portal.catalog.images import operator_images
from portal.engine.lab.command import Command
from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.base import Runtime
from portal.engine.runtimes.docker import DockerRuntime
from portal.parts import docker_images

PAIRS = 5
COMMANDS = 20
"""`true` so many times in each pair."""
THEIRS = {"ready": "docker-compose", "a command": "docker exec", "down": "docker-compose"}
"""What is measured, and what it is compared with."""


class Taken:
    """Milliseconds by what they are of."""

    def __init__(self) -> None:
        self.by: dict[str, list[float]] = {what: [] for what in THEIRS}

    def time(self, what: str, do: Callable[[], object], times: int = 1) -> None:
        """Do it and note how long one time took."""
        began = time.monotonic()
        for _ in range(times):
            do()
        self.by[what].append(1000 * (time.monotonic() - began) / times)


def measure() -> list[Figure]:
    """Both, in turn, on the engine that answers, or else on one of this checkout's own."""
    lab, images = week10(), operator_images()
    ours, theirs = Taken(), Taken()
    with (
        docker_images.ready() as address,
        tempfile.TemporaryDirectory(prefix="sluice-") as name,
    ):
        os.environ["DOCKER_HOST"] = address  # For docker and docker-compose.
        folder = Path(name)
        runtime = DockerRuntime(folder=str(folder / "containers"), images=images, url=address)
        runtime.check()
        for _ in range(PAIRS):
            by_portal(ours, runtime, lab)
            with compose(folder, lab, images) as project:
                by_hand(theirs, project)
    return [figure for what in THEIRS for figure in figures(what, ours, theirs)]


def figures(what: str, ours: Taken, theirs: Taken) -> list[Figure]:
    """The portal's and the other's, to be compared."""
    other = f"{what}, {THEIRS[what]}"
    return [
        Figure(f"{what}, portal's driver", "ms", tuple(ours.by[what]), beside=(other,)),
        Figure(other, "ms", tuple(theirs.by[what])),
    ]


def by_portal(taken: Taken, runtime: Runtime, lab: LabSpec) -> None:
    """One cluster of the driver's, from launch to end."""
    session = f"bench-{uuid.uuid4().hex[:8]}"
    spec = cluster_of(session, lab)
    try:
        taken.time("ready", lambda: list(runtime.up(spec)))
        taken.time("a command", lambda: list(runtime.exec(session, lab.tools, ("true",))), COMMANDS)
        taken.time("down", lambda: runtime.down(session))
    finally:
        runtime.down(session)


def by_hand(taken: Taken, project: Compose) -> None:
    """One cluster of docker-compose's, from launch to end."""
    true = Command(service=project.lab.tools, argv=("true",))
    taken.time("ready", project.up)
    taken.time("a command", lambda: project.exec(true), COMMANDS)
    taken.time("down", project.down)
