"""The Docker engine that tests run on: found or started once a run, with the images on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.engine.runtimes.base import Image, Runtime
from portal.engine.runtimes.docker import DockerRuntime
from portal.parts import docker_images
from portal.parts.docker_engine import NoEngine
from portal.parts.places import PartsError

FIRST_TIME_SECONDS = 900
"""A test that comes first waits for the images to be built."""
IMAGES = {"mids": Image("mids", tag="sluice/mids:1")}

addresses: list[str] = []
"""That of the engine, while there is one."""


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[str]:
    """The address of an engine that has the images."""
    try:
        with docker_images.ready() as address:
            addresses.append(address)
            yield address
            addresses.clear()
    except NoEngine as error:
        pytest.skip(str(error))
    except PartsError as error:
        # Nobody should take tests that never ran for tests that passed.
        pytest.fail(str(error))


def make_docker(folder: Path) -> DockerRuntime:
    """A docker driver as settings make it, on the engine that the run has."""
    return DockerRuntime(folder=str(folder), images=IMAGES, url=addresses[0])


def kill_docker(runtime: Runtime, session: str) -> None:
    """SIGKILL every container of a session, as somebody on the host could."""
    assert isinstance(runtime, DockerRuntime)
    with runtime.engine.talk() as client:
        wanted = {"label": [f"sluice.session={session}"], "status": ["running", "paused"]}
        for container in client.containers(filters=wanted):
            client.kill(container["Id"])


def docker_leftovers(session: str) -> list[str]:
    """What the engine has with the session in its name, whatever its labels."""
    with DockerRuntime(folder="/", images={}, url=addresses[0]).engine.talk() as client:
        containers = [name for each in client.containers(all=True) for name in each["Names"]]
        networks = [each["Name"] for each in client.networks()]
        volumes = [each["Name"] for each in client.volumes()["Volumes"] or ()]
    return [name for name in [*containers, *networks, *volumes] if session in name]
