"""A Docker engine for tests: the one that answers, or one of this checkout's own.

Its own has its data in var/, and changes nothing of the host: no bridge, no firewall rules, no
forwarding. It is stopped by whoever started it; its images stay for the next time.
"""

import contextlib
import fcntl
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from portal.parts import system
from portal.parts.places import LOGS, ROOT, PartsError
from portal.parts.run import say

USUAL = "unix:///var/run/docker.sock"
DATA = ROOT / "var" / "docker"
# A socket's path may have 107 bytes only, and a checkout can lie deep.
RUN = Path(tempfile.gettempdir()) / f"sluice-docker-{zlib.crc32(bytes(ROOT)):08x}"
OWN = f"unix://{RUN}/docker.sock"
PACKAGES = {"dockerd": ["docker.io"], "debootstrap": ["debootstrap"], "iptables": ["iptables"]}
START_SECONDS = 60.0
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
        process = start()
        try:
            yield OWN
        finally:
            stop(process)


def start() -> subprocess.Popen[bytes]:
    """Start our own and wait until it answers."""
    say("a Docker engine for the tests")
    DATA.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    end_forgotten()
    with (LOGS / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("dockerd", "--host", OWN, "--data-root", str(DATA)),
                *("--exec-root", str(RUN / "exec"), "--pidfile", str(RUN / "dockerd.pid")),
                # Sessions' networks are internal: the host's own network needs no change for them.
                *("--bridge", "none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"},
            # Control-C is for the tests: they end it when they are done with it.
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not answers(OWN):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(process)
            raise PartsError(f"The Docker engine did not start; see {LOGS / 'dockerd.log'}")
        time.sleep(0.1)
    return process


def end_forgotten() -> None:
    """End an engine of ours that a killed run of the tests left."""
    try:
        pid = int((RUN / "dockerd.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if str(RUN).encode() in command:
        os.kill(pid, 15)
        deadline = time.monotonic() + STOP_SECONDS
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.1)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop our own, and with it what still runs on it."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
