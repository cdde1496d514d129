"""Images are built from what is here now, and what they replace does not stay behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import APIClient
from docker.errors import ImageNotFound

from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker import images
from portal.engine.runtimes.docker.engine import Engine
from portal.parts.docker_images import DEBIAN
from tests.docker.engine import FIRST_TIME_SECONDS

pytestmark = [pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]
TAG = "sluice/only-for-tests:1"
DOCKERFILE = "ARG BASE=debian:bookworm-slim\nFROM ${BASE}\nCOPY . /opt/test\n"


@pytest.fixture
def client(docker_engine: str) -> Iterator[APIClient]:
    """The engine's own word; the image is gone afterwards."""
    made = APIClient(docker_engine, version="auto")
    yield made
    try:
        made.remove_image(TAG, force=True)
    finally:
        made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A base image of the tests' own."""
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def prepare(address: str, folder: Path) -> bool:
    """Whether the image was built."""
    image = Image("only-for-tests", tag=TAG, folder=folder, starts_from="")
    done = [*images.prepare(Engine(address), {image.name: image}, base=DEBIAN)]
    return done[-1].is_new


def has(client: APIClient, image_id: str) -> bool:
    """Whether the engine has an image."""
    try:
        client.inspect_image(image_id)
    except ImageNotFound:
        return False
    return True


def test_it_builds_what_changed_and_removes_what_that_replaced(
    docker_engine: str, client: APIClient, folder: Path
) -> None:
    assert prepare(docker_engine, folder)
    first = client.inspect_image(TAG)["Id"]
    assert not prepare(docker_engine, folder)
    assert client.inspect_image(TAG)["Id"] == first

    (folder / "Dockerfile").write_text(DOCKERFILE + "LABEL changed=yes\n")
    assert prepare(docker_engine, folder)
    assert client.inspect_image(TAG)["Id"] != first
    assert not has(client, first)


def test_an_image_that_a_container_is_made_of_stays(
    docker_engine: str, client: APIClient, folder: Path
) -> None:
    prepare(docker_engine, folder)
    used = client.inspect_image(TAG)["Id"]
    container = client.create_container(TAG, "true")["Id"]
    try:
        (folder / "Dockerfile").write_text(DOCKERFILE + "LABEL more=yes\n")
        assert prepare(docker_engine, folder)
        assert has(client, used)
    finally:
        client.remove_container(container)
        client.remove_image(used)
