"""Two hosts in network namespaces of their own, a web, and what they share: by TCP alone.

PostgreSQL and Redis speak TLS and ask for passwords; results are in a bucket. No host sees
another's folder, or reaches another's network but the shared servers' address.
"""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.faults.student import eventually
from tests.hosts.engines import HostEngine, engines
from tests.hosts.networks import HOSTS, SERVERS, inside, networks, run
from tests.hosts.servers import certificate, postgresql, redis
from tests.portal_process import LAZY, ROOT, Portal, environment, free_port
from tests.s3 import Server, s3_server

UP_SECONDS = 120.0
COMMAND_SECONDS = 400.0
"""A whole lab, while the other host does one too."""
BOUNDS = {"SLUICE_STALE_SECONDS": "15", "SLUICE_MAX_SESSIONS": "3"}
"""Of hosts that share this machine's memory: as many places on each."""
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
PARTS = ("worker", "relay")


@dataclass
class Stage:
    """What runs, and what each process is told."""

    folder: Path
    shared: dict[str, str]
    engines: dict[str, HostEngine] = field(default_factory=dict)
    """Of hosts that run containers; others have sandboxes."""
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(default_factory=dict)
    running: dict[str, list["subprocess.Popen[bytes]"]] = field(default_factory=dict)

    def environment(self, name: str, **more: str) -> dict[str, str]:
        """That of a machine's processes."""
        var = self.folder / name
        own = {"SLUICE_HOST_NAME": name, **BOUNDS, **LAZY}
        if self.engines:
            own |= {"SLUICE_RUNTIME": "docker", "SLUICE_BUSY_PERCENT": "101"}
        if name in self.engines:
            own["SLUICE_DOCKER"] = self.engines[name].address
        return {**environment(var, self.port), **self.shared, **own, **more}

    def manage(self, *words: str, name: str = "web") -> str:
        """A command of manage.py's on a machine, web's or a host's; what it says."""
        before = inside(name) if name in HOSTS else ()
        done = subprocess.run(
            [*before, sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment(name),
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout

    def begin(self, name: str, part: str, *before: str, root: Path = ROOT, **more: str) -> None:
        """Start one process of a machine, as a container would; `before` goes in front of it."""
        log = (self.folder / f"{name}-{part}.log").open("ab")
        with log:
            process = subprocess.Popen(
                [*before, sys.executable, "manage.py", "process", part],
                cwd=root,
                env=self.environment(name, **more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.setdefault(name, []).append(process)

    def begin_host(self, name: str, *parts: str, root: Path = ROOT, **more: str) -> None:
        """Start a host's runner in its namespace, or a part of it."""
        for part in parts or PARTS:
            self.begin(name, part, *inside(name), root=root, **more)

    def kill(self, name: str) -> None:
        """A machine's processes are no more, from one moment to the next; clusters are left."""
        for process in self.running.pop(name, []):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def cut(self, name: str, *, is_cut: bool = True) -> None:
        """Take a host off the network, or put it back."""
        run("ip", "link", "set", f"slv-{name}", "down" if is_cut else "up")

    def clusters(self, name: str) -> list[str]:
        """The sessions whose clusters a host's disk tells of."""
        return self.machine(name).sandboxes()

    def machine(self, name: str) -> Portal:
        """A machine as the tests' students know a portal."""
        nobody: subprocess.Popen[str] = None  # type: ignore[assignment]
        address = f"http://localhost:{self.port}"
        return Portal(address, self.folder / name, nobody, self.passwords)

    def logs(self) -> str:
        """What every process has said lately."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"== {each.name}\n{each.read_text()[-2500:]}" for each in logs)


@contextlib.contextmanager
def stage(source: str = "") -> Iterator[tuple[Stage, Server]]:
    """All of it, up and without a session; whatever is left at the end is ended.

    With `source`, each host has a Docker engine with the images of the engine there.
    """
    with contextlib.ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="sluice-")))
        folder.chmod(0o755)
        ending.enter_context(networks())
        root = certificate(folder)
        bucket = ending.enter_context(s3_server(SERVERS))
        shared = {
            "DATABASE_URL": ending.enter_context(postgresql(folder, root)),
            "REDIS_URL": ending.enter_context(redis(folder, root)),
            "SLUICE_SECRET_KEY": secrets.token_hex(32),
            **bucket.environment(),
        }
        made = Stage(folder, shared)
        if source:
            made.engines = ending.enter_context(engines(source))
        ending.callback(end, made)
        made.manage("migrate", "--verbosity", "0")
        made.manage("load_labs")
        make_people(made, boss="ADMIN", ann="STUDENT", ben="STUDENT", cy="STUDENT")
        made.begin("web", "web")
        for name in HOSTS:
            made.begin_host(name)
        eventually(lambda: answers(made), UP_SECONDS, "web answers")
        yield made, bucket


def make_people(made: Stage, **roles: str) -> None:
    """Logins, each with a password of its own."""
    made.passwords = {name: secrets.token_urlsafe(12) for name in roles}
    lines = ["from portal.classroom.models import User"]
    lines += ["from portal.classroom.services import make_person"]
    for name, role in roles.items():
        lines.append(f"make_person({name!r}, User.Role.{role}, {made.passwords[name]!r})")
    made.manage("shell", "-c", "\n".join(lines))


def answers(made: Stage) -> bool:
    """Whether web serves."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"http://localhost:{made.port}/healthz", timeout=5).text == "ok\n"
    return False


def end(made: Stage) -> None:
    """End every process, then every cluster."""
    for name in list(made.running):
        made.kill(name)
    for name in HOSTS:
        portal = made.machine(name)
        for session in portal.sandboxes():
            with contextlib.suppress(OSError, ValueError, KeyError):
                portal.kill_cluster(session)
