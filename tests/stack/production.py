"""The portal as docker-compose.yml runs it, under a name of its own, with images built here."""

import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.engine.runtimes.docker.names import PORTAL, mark
from portal.parts.docker_images import DEBIAN
from portal.parts.places import ROOT
from portal.parts.stack_images import SERVICES
from tests.faults.student import eventually
from tests.portal_process import Portal, free_port

COMMAND_SECONDS = 240
UP_SECONDS = 120.0
SERVED = ("postgres", "proxy", "redis", "relay", "runner", "web")
ROOT_CERTIFICATE = "/data/caddy/pki/authorities/local/root.crt"
IMAGE = f"sluice/portal:test-{zlib.crc32(bytes(ROOT)):08x}"
SECRETS = {
    "SLUICE_HOST": "localhost",
    "SLUICE_SECRET_KEY": "only-for-tests-0123456789abcdefghijklmnopqrstuvwxyz",
    "SLUICE_DATABASE_PASSWORD": "database-0123456789",
    "SLUICE_REDIS_PASSWORD": "redis0123456789",
}
ADMIN_PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Stack:
    """What the commands of the guide are given: an environment, in place of a file `.env`."""

    engine: str
    folder: Path
    name: str = field(default_factory=lambda: f"sluice-test-{os.getpid()}")
    port: int = field(default_factory=free_port)
    redirect_port: int = field(default_factory=free_port)
    changed: dict[str, str] = field(default_factory=dict)
    """Settings that are others than those that it was first brought up with."""

    @property
    def environment(self) -> dict[str, str]:
        """That of every command."""
        kept = {name: value for name, value in os.environ.items() if "SLUICE" not in name}
        return {
            **kept,
            **SECRETS,
            "COMPOSE_PROJECT_NAME": self.name,
            "DOCKER_HOST": self.engine,
            "PIP_NO_INDEX": "1",
            "SLUICE_ADDRESS_PORT": f":{self.port}",
            "SLUICE_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "SLUICE_BASE": DEBIAN,
            "SLUICE_DOCKER_FOLDER": str(self.folder / "containers"),
            "SLUICE_DOCKER_SOCKET": self.engine.removeprefix("unix://"),
            "SLUICE_HTTPS_PORT": f"127.0.0.1:{self.port}",
            "SLUICE_HTTP_PORT": f"127.0.0.1:{self.redirect_port}",
            "SLUICE_IMAGE": IMAGE,
            "SLUICE_POSTGRES_IMAGE": SERVICES,
            "SLUICE_PROXY_IMAGE": SERVICES,
            "SLUICE_REDIS_IMAGE": SERVICES,
            **self.changed,
        }

    def run(self, *argv: str, fails: bool = False, **more: str) -> str:
        """A command in the project's folder; all that it says."""
        done = subprocess.run(
            argv,
            cwd=ROOT,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        assert (done.returncode != 0) is fails, f"{' '.join(argv)}\n{done.stdout[-6000:]}"
        return done.stdout

    def compose(self, *words: str, fails: bool = False, **more: str) -> str:
        """A command of Compose's, by whichever of its two names it has here."""
        return self.run(*compose(), *words, fails=fails, **more)

    def up(self) -> None:
        """Start everything that is not up."""
        try:
            self.compose("up", "-d", "--no-build")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.compose('logs', 'set-up')[-3000:]}") from None

    def wait(self) -> None:
        """Wait until every service says that it is well."""
        names = [self.compose("ps", "-q", each).strip() for each in SERVED if each != "proxy"]
        form = "{{.State.Health.Status}}"
        eventually(
            lambda: set(self.docker("inspect", "-f", form, *names).split()) == {"healthy"},
            UP_SECONDS,
            "every service is healthy",
        )
        certificate = eventually(
            lambda: self.docker("exec", self.container("proxy"), "cat", ROOT_CERTIFICATE),
            UP_SECONDS,
            "the proxy has its certificate",
        )
        self.certificate.write_text(certificate)

    @property
    def host(self) -> str:
        """The name that people type."""
        return self.environment["SLUICE_HOST"]

    @property
    def certificate(self) -> Path:
        """Whom browsers have to trust."""
        return self.folder / "root.crt"

    def docker(self, *words: str) -> str:
        """What a command of Docker's prints; nothing when it fails."""
        argv = ["docker", *words]
        done = subprocess.run(
            argv, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    def container(self, service: str) -> str:
        """The container of a service."""
        return self.compose("ps", "-q", service).strip()

    def portal(self) -> Portal:
        """As tests' students know it."""
        nobody: subprocess.Popen[str] = None  # type: ignore[assignment]
        where = f"https://{self.host}:{self.port}"
        return Portal(where, self.folder, nobody, {"admin": ADMIN_PASSWORD})

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What fails meanwhile is told with what the services have logged."""
        try:
            yield
        except AssertionError as error:
            logs = self.compose("logs", "--tail", "60", "proxy", "web", "relay", "runner")
            raise AssertionError(f"{error}\n{logs[-12000:]}") from error

    def leftovers(self) -> list[str]:
        """What the engine has of this project and of its sessions."""
        labels = (
            f"com.docker.compose.project={self.name}",
            f"{PORTAL}={mark(self.folder / 'containers')}",
        )
        found = []
        for label in labels:
            for kind in ("ps -a", "network ls", "volume ls"):
                found += self.docker(*kind.split(), "-q", "--filter", f"label={label}").split()
        return found


def compose() -> list[str]:
    """Compose as a plug-in, or as the program that it was."""
    argv = ["docker", "compose", "version"]
    found = subprocess.run(argv, capture_output=True, check=False).returncode == 0
    return ["docker", "compose"] if found else ["docker-compose"]


@contextmanager
def stack(engine: str) -> Iterator[Stack]:
    """A stack to bring up; whatever is left of it at the end is removed."""
    folder = Path(tempfile.mkdtemp(prefix="sluice-stack-"))
    made = Stack(engine, folder)
    try:
        yield made
    finally:
        for container in made.docker(
            "ps", "-aq", "--filter", f"label={PORTAL}={mark(folder / 'containers')}"
        ).split():
            made.docker("rm", "--force", container)
        made.compose("down", "--volumes", "--remove-orphans")
        made.docker("rmi", IMAGE)
        shutil.rmtree(folder, ignore_errors=True)
