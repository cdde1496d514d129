"""The embedded portal's processes under one supervisor, which restarts what dies."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from redis.exceptions import RedisError

from portal import vitals
from portal.live.connection import connect, ended
from portal.live.consumers import LARGEST

PROGRAM = """
[program:{name}]
command={command}
directory={directory}
priority={priority}
autorestart=true
startsecs={startsecs}
startretries=10
stopwaitsecs=8
stopasgroup={as_group}
killasgroup=true
stdout_logfile={log}
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=1
redirect_stderr=true
"""
SUPERVISOR = """
[supervisord]
nodaemon=true
logfile={log}
logfile_maxbytes=1MB
pidfile={pidfile}
loglevel=info
silent=true
"""
TOGETHER = """
[group:sluice]
programs={programs}
priority=1
"""
"""Told to end all at once, and before Redis, which they use till then."""
BOUND_TO_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")
"""What outlived a killed supervisor would hold the port, and go on starting clusters."""
STOP_SECONDS = 20.0


class CannotStart(Exception):
    """The portal can't start; the text says what to do."""


def port() -> int:
    """The port that the web process listens on."""
    return int(os.environ.get("SLUICE_PORT", "8000"))


def bind() -> str:
    """The address that the web process listens on."""
    return os.environ.get("SLUICE_BIND", "127.0.0.1")


def pidfile() -> Path:
    """Where the supervisor notes its process number."""
    return Path(settings.RUN_DIR) / "supervisord.pid"


def configuration() -> Path:
    """Where the supervisor's configuration is written."""
    return Path(settings.RUN_DIR) / "supervisord.conf"


def programs() -> dict[str, list[str]]:
    """What runs, in the order in which it is started."""
    python = sys.executable
    here = Path(settings.BASE_DIR)
    redis = Path(settings.VAR_DIR) / "redis"
    watched = [python, "-m", "portal.watching"]
    celery = [
        *watched,
        vitals.WORKER,
        python,
        "-m",
        "celery",
        "-A",
        "portal.celery",
        "worker",
    ]
    return {
        "redis": [
            *("redis-server", "--port", "0", "--unixsocket", str(settings.REDIS_SOCKET)),
            *("--unixsocketperm", "700", "--dir", str(redis)),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory", "512mb", "--maxmemory-policy", "noeviction"),
        ],
        "web": [
            *(python, "-m", "uvicorn", "portal.asgi:application"),
            *("--host", bind(), "--port", str(port()), "--no-access-log", "--lifespan", "off"),
            *("--ws-ping-interval", "20", "--timeout-graceful-shutdown", "3"),
            # Packing costs more time and memory a viewer than a network here costs.
            *("--ws-per-message-deflate", "false"),
            *("--ws-max-size", str(LARGEST), "--http", "portal.gate.protocol:Protocol"),
            *forwarding(),
        ],
        "worker": [
            *celery,
            *("--pool", "threads", "--concurrency", "24", "--loglevel", "INFO"),
            *(
                "--queues",
                f"host.{settings.HOST_NAME}",
                "--hostname",
                f"runner@{settings.HOST_NAME}",
            ),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        "relay": [*watched, vitals.RELAY, python, str(here / "manage.py"), "relay"],
    }


def forwarding() -> tuple[str, ...]:
    """Whose word on where a request comes from is taken: nobody's, unless a proxy is named."""
    if not settings.TRUSTED_PROXIES:
        return ("--no-proxy-headers",)
    return ("--proxy-headers", "--forwarded-allow-ips", ",".join(settings.TRUSTED_PROXIES))


def write_configuration() -> Path:
    """Write the supervisor's configuration; return where it is."""
    logs = Path(settings.VAR_DIR) / "log"
    for folder in (settings.RUN_DIR, logs, Path(settings.VAR_DIR) / "redis"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    Path(settings.RUN_DIR).chmod(0o700)
    logs.chmod(0o700)
    text = SUPERVISOR.format(log=logs / "supervisor.log", pidfile=pidfile())
    for priority, (name, argv) in enumerate(programs().items()):
        text += PROGRAM.format(
            name=name,
            command=" ".join(quote(word) for word in [*BOUND_TO_PARENT, *argv]),
            directory=settings.BASE_DIR,
            priority=priority,
            startsecs=1,
            # What watches passes the word on, and waits.
            as_group="false" if "portal.watching" in argv else "true",
            log=logs / f"{name}.log",
        )
    text += TOGETHER.format(programs=",".join(name for name in programs() if name != "redis"))
    configuration().write_text(text)
    return configuration()


def quote(word: str) -> str:
    """A word of a command line in the supervisor's configuration."""
    return '"' + word.replace("%", "%%") + '"' if not word or set(word) & set(' ;"') else word


def running() -> int | None:
    """The process number of the supervisor that runs, if one does."""
    try:
        number = int(pidfile().read_text())
        command = Path(f"/proc/{number}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    # The number may be another's by now, even another portal's supervisor's.
    return number if str(configuration()).encode() in command else None


def fail_if_port_is_taken() -> None:
    """Raise CannotStart when something else listens where the web process should."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind(), port()))
        except OSError as error:
            raise CannotStart(
                f"Port {port()} on {bind()} can't be used ({error.strerror}). "
                "Choose another: make up SLUICE_PORT=8001"
            ) from error


def start() -> "subprocess.Popen[bytes]":
    """Start the supervisor and everything under it."""
    supervisord = Path(sys.executable).with_name("supervisord")
    return subprocess.Popen(
        [str(supervisord), "-n", "-c", str(write_configuration())],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Control-C is for us; we end the others in order.
    )


def wait_until_it_answers(supervisor: "subprocess.Popen[bytes]", seconds: float = 60.0) -> None:
    """Wait for the web process to serve a page. Raises CannotStart."""
    deadline = time.monotonic() + seconds
    address = f"http://127.0.0.1:{port()}/login/"
    while time.monotonic() < deadline:
        if supervisor.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(address, timeout=2)
            return
        time.sleep(0.05)
    raise CannotStart(f"The portal did not answer. Its logs are in {settings.VAR_DIR}/log.")


@contextlib.contextmanager
def redis() -> Iterator[None]:
    """Redis for as long as this lasts: the portal's, if one answers, or else one of our own."""
    try:
        connect().ping()
        yield
        return
    except RedisError:
        write_configuration()
        argv = programs()["redis"]
        own = subprocess.Popen(argv, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for_redis()
        yield
    finally:
        own.terminate()
        own.wait()


def wait_for_redis(seconds: float = 10.0) -> None:
    """Wait until Redis answers. Raises CannotStart."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(RedisError):
            connect().ping()
            return
        time.sleep(0.02)
    raise CannotStart("Redis did not start: is redis-server installed? Run 'make up' again.")


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """One at a time ends what is left: when a portal stops, `up` and `down` both see to it."""
    Path(settings.RUN_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
    with (Path(settings.RUN_DIR) / "ending.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with ended():
            yield


def end(supervisor: "subprocess.Popen[bytes]") -> None:
    """End the supervisor that we started, and all under it. Already ended is success."""
    supervisor.terminate()
    try:
        supervisor.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()  # What it runs is bound to it.
        supervisor.wait()


def stop() -> bool:
    """End the supervisor that somebody else started, and all under it. False if none ran."""
    number = running()
    if number is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running() is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    return True
