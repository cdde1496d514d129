"""Week 10's cluster by docker-compose: the portal's own images, and nothing of the portal."""

import contextlib
import json
import shlex
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.engine.lab.command import Command
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

    def inside(self, command: Command) -> list[str]:
        """What `docker exec` is told, for a command in a service."""
        return [self.container(command.service), *command.argv]

    def exec(self, command: Command, fed: bytes | None = None) -> None:
        """`docker exec`; what is fed to it is fed as root, whose folder `/w205` is."""
        options = [] if fed is None else ["--interactive", "--user", "root"]
        subprocess.run(
            ["docker", "exec", *options, *self.inside(command)],
            input=fed,
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )

    def lay(self, path: str, content: bytes) -> None:
        """Write a file where the lab's tools run; `docker cp` can't write to memory."""
        lines = f"mkdir -p {shlex.quote(str(Path(path).parent))} && cat > {shlex.quote(path)}"
        self.exec(Command(service=self.lab.tools, argv=("sh", "-c", lines)), content)

    def up(self) -> None:
        """`docker-compose up -d`, and then the lab's own probe until it has succeeded."""
        self.run("up", "-d")
        for service in self.lab.services:
            if service.ready:
                self.exec(Command(service=self.lab.tools, argv=tuple(service.ready.run)))

    def down(self) -> None:
        """End it as abruptly as the portal does: nobody waits for a shell to heed a signal."""
        self.run("down", "--volumes", "--timeout", "0")


@contextlib.contextmanager
def compose(folder: Path, lab: LabSpec, images: Mapping[str, Image]) -> Iterator[Compose]:
    """A project that is ended whatever happens; nothing of it runs yet."""
    project = project_in(folder, lab, images)
    try:
        yield project
    finally:
        project.down()


def project_in(folder: Path, lab: LabSpec, images: Mapping[str, Image]) -> Compose:
    """A project whose file is written."""
    (folder / "docker-compose.yml").write_text(json.dumps(file_of(lab, images)))
    return Compose(folder, lab, f"bench{uuid.uuid4().hex[:8]}")


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
