"""A Redis of a test's own, run as the portal runs its own but with little memory."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis
from django.conf import settings
from django.test import override_settings

from portal import supervision
from portal.live import connection, shares, streams

CACHED = (connection.connect, streams._append, streams._read, shares._forget)


@contextlib.contextmanager
def small_redis(folder: Path, megabytes: int) -> Iterator["redis.Redis"]:
    """The portal's own Redis for as long as this lasts, with so much memory."""
    socket = folder / "redis.sock"
    argv = supervision.programs()["redis"]
    replaced = {"--unixsocket": str(socket), "--dir": str(folder), "--maxmemory": f"{megabytes}mb"}
    for name, value in replaced.items():
        argv[argv.index(name) + 1] = value
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not socket.exists():
        assert server.poll() is None, "redis-server ended"
        assert time.monotonic() < deadline, "redis-server did not start"
        time.sleep(0.01)
    try:
        with override_settings(REDIS_URL=f"unix://{socket}"):
            forget_connections()
            yield connection.connect()
    finally:
        forget_connections()
        server.terminate()
        server.wait()


def forget_connections() -> None:
    """The next one is made by the settings of then."""
    for each in CACHED:
        each.cache_clear()
    assert settings.REDIS_URL
