"""A further host by the commands of docs/operating.md, typed as they stand there.

But for `make install`: what that brings is here already, and would be made anew elsewhere.
"""

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from portal.parts.docker_images import DEBIAN
from portal.parts.places import PARTS, VENV
from tests.hosts.stage import Stage
from tests.portal_process import ROOT
from tests.stack.production import SECRETS, compose

GUIDE = ROOT / "docs" / "operating.md"
BEFORE = (
    "Then, on the further host, in a checkout of the same release, with the first one's `.env`:"
)
COMMAND_SECONDS = 300
SCP = '#!/bin/sh\n# The first host is this machine.\nexec cp "$FIRST_ENV" "$2"\n'
DOCKER = '#!/bin/sh\n[ "$1" = compose ] && shift && exec docker-compose "$@"\nexec {} "$@"\n'
"""Where Compose is the program that it was."""


def commands(name: str) -> list[str]:
    """The five of the guide, for a host of that name."""
    _, _, rest = GUIDE.read_text().partition(BEFORE)
    block = rest.strip("\n").partition("\n\n")[0]
    return [
        line.strip().removeprefix("make install && ").replace("_NAME=two", f"_NAME={name}")
        for line in block.splitlines()
    ]


@dataclass
class Further:
    """A checkout on a host's machine, with the host's own engine."""

    made: Stage
    host: str
    """Whose engine and network it has."""
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.made.folder / f"{self.host}-checkout"

    def prepare(self) -> None:
        """What is there before: the release's files, what was installed, the first one's `.env`."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.folder / name, follow_symlinks=False)
        shutil.copytree(
            ROOT / "deploy" / "wheels", self.folder / "deploy/wheels", dirs_exist_ok=True
        )
        (self.folder / "var").mkdir()
        (self.folder / "var" / "parts").symlink_to(PARTS)
        (self.folder / ".venv").symlink_to(VENV)
        trusted = self.folder / "deploy" / "trusted"
        trusted.mkdir(exist_ok=True)
        shutil.copy(self.made.folder / "server.crt", trusted / "own.pem")
        lines = [f"{name}={value}" for name, value in self.settings().items()]
        (self.made.folder / "first.env").write_text("\n".join(lines) + "\n")
        programs = self.folder / "bin"
        programs.mkdir()
        written = {"scp": SCP}
        if compose() == ["docker-compose"]:
            written["docker"] = DOCKER.format(shutil.which("docker"))
        for name, text in written.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)

    def settings(self) -> dict[str, str]:
        """The first host's `.env`: servers as containers reach them, and images that are here."""
        shared = dict(self.made.shared)
        own = str(self.made.folder / "server.crt")
        urls = {
            f"SLUICE_{name}": shared.pop(name).replace(own, "/trusted/own.pem")
            for name in ("DATABASE_URL", "REDIS_URL")
        }
        engine = self.made.engines[self.host].address.removeprefix("unix://")
        return {
            **SECRETS,
            **shared,
            **urls,
            "COMPOSE_PROJECT_NAME": "sluice-further",
            "PIP_NO_INDEX": "1",
            "SLUICE_BASE": DEBIAN,
            "SLUICE_DOCKER_FOLDER": str(self.made.folder / f"{self.host}-containers"),
            "SLUICE_DOCKER_SOCKET": engine,
        }

    def type(self, line: str) -> str:
        """Type a line in the checkout's shell; what it says."""
        kept = self.made.environment(self.host)
        path = f"{self.folder / 'bin'}:{kept['PATH']}"
        env = {name: value for name, value in kept.items() if not name.startswith("SLUICE_")}
        env |= {
            "PATH": path,
            "DOCKER_HOST": self.made.engines[self.host].address,
            "FIRST_ENV": str(self.made.folder / "first.env"),
            "SLUICE_BASE_IMAGE": DEBIAN,
        }
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-4000:]}"
        return done.stdout
