"""A Docker engine for each host: in the host's network, with images and containers of its own.

Its images are those of the engine that tests share: what names them is copied, and their layers,
to which no engine ever writes, are linked to. Whoever removes such an image removes a link.
"""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.parts.docker_engine import DATA, OWN, Own
from tests.hosts.networks import HOSTS, inside, run

COPIES = DATA.with_name("docker-of-hosts")
"""Beside what is linked to."""
RUN = Path(tempfile.gettempdir()) / "sluice-hosts"


class HostEngine(Own):
    """The engine of one host."""

    def __init__(self, host: str):
        # It makes its bridge and its rules, as it would on a machine of its own.
        super().__init__(COPIES / host, RUN / host, inside(host), network=())

    def kill(self) -> None:
        """It ends from one moment to the next, and so does what starts its containers."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def finish(self) -> None:
        """End it with all that is on it, though it was killed."""
        if self.process.poll() is not None:
            self.start()  # It ends the containers that it finds.
        self.stop()
        self.clear_up()

    def sessions(self) -> list[str]:
        """The sessions of whose clusters something is there."""
        form = '{{.Label "sluice.session"}}'
        argv = ("docker", "--host", self.address, "ps", "--all", "--format", form)
        return sorted(set(run(*argv).split()))


@contextlib.contextmanager
def engines(source: str) -> Iterator[dict[str, HostEngine]]:
    """One for each host, with the images of the engine at `source`; to be used inside `networks`.

    Skips where that is none of the tests' own: nobody else's data is read behind its back.
    """
    if source != OWN:
        pytest.skip("this engine was here before the tests: its images are not linked to")
    made = {name: HostEngine(name) for name in HOSTS}
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, COPIES, ignore_errors=True)
        for each in made.values():
            each.end_forgotten()
            each.clear_up()
        shutil.rmtree(COPIES, ignore_errors=True)  # What a run that was killed has left.
        for each in made.values():
            link_images(each.data)
            each.start()
            ending.callback(each.finish)
        yield made


def link_images(to: Path) -> None:
    """Give a new engine the images that the tests' own has, and none of its containers."""
    image, layers = Path("image", "overlay2"), Path("overlay2")
    (to / image).parent.mkdir(parents=True)
    run("cp", "--archive", str(DATA / image), str(to / image))
    shutil.rmtree(to / image / "layerdb" / "mounts", ignore_errors=True)
    (to / layers).mkdir()
    run("cp", "--archive", str(DATA / layers / "l"), str(to / layers / "l"))
    for each in (DATA / layers).iterdir():
        if each.name != "l":
            (to / layers / each.name).symlink_to(each)
