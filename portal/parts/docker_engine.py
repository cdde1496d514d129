"""A Docker engine for tests: the one that answers, or one of this checkout's own.

Its own has its data in var/, and changes nothing of the host: no bridge, no firewall rules, no
forwarding. It is stopped by whoever started it; its images stay for the next time.
"""

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from portal.parts import system
from portal.parts.places import LOGS, ROOT, PartsError
from portal.parts.run import say

USUAL = "unix:///var/run/docker.sock"
DATA = ROOT / "var" / "docker"
# A socket's path may have 107 bytes only, and a checkout can lie deep.
RUN = Path(tempfile.gettempdir()) / f"sluice-docker-{zlib.crc32(bytes(ROOT)):08x}"
OWN = f"unix://{RUN}/docker.sock"
PACKAGES = {
    "dockerd": ["docker.io"],
    "debootstrap": ["debootstrap"],
    "iptables": ["iptables"],
    "runsc": ["runsc"],
}
GVISOR = {"gvisor": {"path": "runsc", "runtimeArgs": ["--host-uds=all", "--network=host"]}}
"""A kernel of their own for containers that ask for it, set up as docs/docker.md tells operators.

Not by its usual name: by that, every session would run so.
"""
APART = ("--bridge", "none", "--iptables=false", "--ip-forward=false", "--ip-masq=false")
"""Sessions' networks are internal: the host's own needs no change for them."""
START_SECONDS = 60.0
START_TRIES = 3
STOP_SECONDS = 60.0
ANSWER_SECONDS = 5.0


class NoEngine(PartsError):
    """No engine answers, and whoever runs this may not start one."""


def found() -> str | None:
    """The address of an engine that answers, and that isn't our own."""
    for address in (os.environ.get("DOCKER_HOST", ""), USUAL):
        if address and address != OWN and answers(address):
            return address
    return None


def answers(address: str) -> bool:
    """Whether an engine is there. One by TCP is taken at its word."""
    if not address.startswith("unix://"):
        return True
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(ANSWER_SECONDS)
            link.connect(address.removeprefix("unix://"))
            link.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            response = http.client.HTTPResponse(link)
            response.begin()
            return response.status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def missing() -> list[list[str]]:
    """The packages that an engine of our own needs; none where one answers already."""
    if found():
        return []
    # Services' programs may be outside an ordinary user's PATH.
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    return [
        names for program, names in PACKAGES.items() if shutil.which(program, path=path) is None
    ]


def install() -> None:
    """Install what an engine of our own needs. Raises PartsError."""
    system.install(missing())


@contextlib.contextmanager
def engine() -> Iterator[str]:
    """The address of an engine, for as long as it is wanted. Raises NoEngine, PartsError.

    Another run of the tests that uses our own is waited for.
    """
    address = found()
    if address:
        yield address
        return
    if os.geteuid() != 0:
        raise NoEngine("No Docker engine answers, and only root can start one: start Docker")
    install()
    RUN.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (RUN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        own = Own()
        own.start()
        Own.latest = own
        try:
            yield own.address
        finally:
            own.stop()
            own.clear_up()


@dataclass
class Own:
    """An engine of our own, as a process."""

    data: Path = DATA
    run: Path = RUN
    before: tuple[str, ...] = ()
    """What goes in front of its command."""
    network: tuple[str, ...] = APART
    process: "subprocess.Popen[bytes]" = field(init=False)
    latest: ClassVar["Own | None"] = None
    """The one that tests share, for those of them that end it."""

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"unix://{self.run}/docker.sock"

    def start(self) -> None:
        """Start it and wait until it answers. Raises PartsError."""
        say("a Docker engine for the tests")
        for each in (self.data, self.run, LOGS):
            each.mkdir(parents=True, exist_ok=True)
        self.end_forgotten()
        # A busy machine may keep its containerd waiting for longer than it has patience.
        for _ in range(START_TRIES):
            if self._starts():
                return
            self.stop()
        raise PartsError(f"The Docker engine did not start; see {LOGS / 'dockerd.log'}")

    def _starts(self) -> bool:
        with (LOGS / "dockerd.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"},
                # Control-C is for the tests: they end it when they are done with it.
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.address):
            if self.process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def command(self) -> list[str]:
        """What starts it."""
        configuration = self.run / "daemon.json"
        configuration.write_text(json.dumps({"runtimes": GVISOR}))
        return [
            *(*self.before, "dockerd", "--host", self.address, "--data-root", str(self.data)),
            *("--exec-root", str(self.run / "exec"), "--pidfile", str(self.run / "dockerd.pid")),
            *("--config-file", str(configuration)),
            *self.network,
        ]

    def end_forgotten(self) -> None:
        """End one that a killed run of the tests left."""
        try:
            pid = int((self.run / "dockerd.pid").read_text())
            started_with = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return
        if str(self.run).encode() in started_with:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop it, and with it what still runs on it. Already ended is success."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def clear_up(self) -> None:
        """Remove what it leaves when it ends: mounts, and the folder that one of them is in."""
        for mount in (self.run / "exec" / "netns" / "default", self.data):
            subprocess.run(["umount", str(mount)], capture_output=True, check=False)
        shutil.rmtree(self.run / "exec", ignore_errors=True)
