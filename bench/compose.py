"""Week 10's cluster by docker-compose: the portal's own images, and nothing of the portal."""

import contextlib
import json
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.base import Image

PATIENCE = 180
GUEST_PATH = "/opt/venv/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Compose:
    """One project: a folder with its file, and a name of its own."""

    folder: Path
    lab: LabSpec
    name: str

    def run(self, *words: str) -> None:
        """`docker-compose WORDS`."""
        subprocess.run(
            ["docker-compose", "--project-name", self.name, *words],
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )

    def container(self, service: str) -> str:
        """The name that it gives a service's container."""
        return f"{self.name}_{service}_1"

    def exec(self, *argv: str) -> None:
        """`docker exec` in the service of the lab's tools."""
        subprocess.run(
            ["docker", "exec", self.container(self.lab.tools), *argv],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )

    def up(self) -> None:
        """`docker-compose up -d`, and then the lab's own probe until it has succeeded."""
        self.run("up", "-d")
        for service in self.lab.services:
            if service.ready:
                self.exec(*service.ready.run)

    def down(self) -> None:
        """End it as abruptly as the portal does: nobody waits for a shell to heed a signal."""
        self.run("down", "--volumes", "--timeout", "0")


@contextlib.contextmanager
def compose(folder: Path, lab: LabSpec, images: Mapping[str, Image]) -> Iterator[Compose]:
    """A project that is ended whatever happens; nothing of it runs yet."""
    project = Compose(folder, lab, f"bench{uuid.uuid4().hex[:8]}")
    (folder / "docker-compose.yml").write_text(json.dumps(file_of(lab, images)))
    try:
        yield project
    finally:
        project.down()


def file_of(lab: LabSpec, images: Mapping[str, Image]) -> dict[str, Any]:
    """The compose file that says what the lab says. JSON is YAML."""
    services = {}
    for service in lab.services:
        image = images[service.image]
        services[service.name] = {
            "image": image.tag,
            "command": list(service.command) or ["bash"],
            "stdin_open": True,
            "tty": not service.command,
            "environment": {
                "PATH": ":".join((*image.path, GUEST_PATH)),
                "PYTHONPATH": "/opt/sluice",
                "DATA_DIR": "/data",
                **service.environment,
            },
            "tmpfs": ["/data:mode=1777", "/tmp:mode=1777", "/w205:mode=1777"],
            "mem_limit": f"{service.limits.memory_mb}m",
            "cpus": service.limits.cpus,
        }
    return {"version": "2.4", "services": services, "networks": {"default": {"internal": True}}}
