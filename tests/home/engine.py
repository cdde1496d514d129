"""A folder that was taken home, and an engine with the images that it names."""

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from docker import APIClient
from docker.errors import ImageNotFound

from portal.engine.runtimes.docker.images import proxies
from portal.parts import jars
from portal.parts.docker_images import DEBIAN

PROJECT = "com.docker.compose.project"


def unpack(data: bytes, place: Path) -> Path:
    """Unpack a zip; the folder that is in it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(place)
        return place / archive.namelist()[0].partition("/")[0]


class Jars(SimpleHTTPRequestHandler):
    """A Maven repository of the jars that are installed here."""

    def translate_path(self, path: str) -> str:
        name = path.rpartition("/")[2]
        found = [each.folder / name for each in jars.collections() if (each.folder / name).exists()]
        return str(found[0] if found else Path("/nonexistent"))

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def repository() -> Iterator[str]:
    """The address of that repository."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Jars)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class Engine:
    """The engine, and the images that were made on it for a folder's names."""

    def __init__(self, address: str, maven: str) -> None:
        self.client = APIClient(address, version="auto", timeout=600)
        self.maven = maven
        self.made: list[str] = []

    def prepare(self, folder: Path) -> None:
        """Have every image under the name that the folder gives it.

        Those that need no PyPI are built as at home, on jars that were fetched before. For the
        others the portal's own stand in, which have the same packages.
        """
        services = yaml.safe_load((folder / "docker-compose.yml").read_text())["services"]
        for service in services.values():
            self.have(service["image"], folder / service["build"])

    def have(self, tag: str, folder: Path) -> None:
        """Have one image."""
        try:
            self.client.inspect_image(tag)
            return
        except ImageNotFound:
            self.made.append(tag)
        if (folder / "requirements.txt").exists():
            text = stand_in(folder).encode()
            self.build(tag, fileobj=io.BytesIO(text))
        else:
            arguments = {"BASE": DEBIAN, "MAVEN": self.maven, **proxies()}
            self.build(tag, path=str(folder), buildargs=arguments, network_mode="host")

    def build(self, tag: str, **options: Any) -> None:
        """Build an image."""
        said = [
            str(event.get("stream") or event.get("error") or "")
            for event in self.client.build(tag=tag, decode=True, rm=True, forcerm=True, **options)
        ]
        assert "Successfully tagged" in said[-1], "".join(said)[-3000:]

    def left(self, project: str) -> list[str]:
        """What Compose has left of a project."""
        wanted = {"label": f"{PROJECT}={project}"}
        containers = [each["Id"] for each in self.client.containers(all=True, filters=wanted)]
        networks = [each["Id"] for each in self.client.networks(filters=wanted)]
        volumes = self.client.volumes(filters=wanted)["Volumes"] or ()
        return [*containers, *networks, *(each["Name"] for each in volumes)]

    def close(self) -> None:
        """Remove the images that were made."""
        for tag in self.made:
            self.client.remove_image(tag, force=True)
        self.client.close()


def stand_in(folder: Path) -> str:
    """A Dockerfile that makes one of the portal's images what the folder's would be."""
    lines = (folder / "Dockerfile").read_text().splitlines()
    settings = [each for each in lines if each.startswith("ENV ")]
    return "\n".join([f"FROM sluice/{folder.name}:1", "USER root", *settings, "USER student", ""])
