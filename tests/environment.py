"""Loaded before the settings (`-p tests.environment`): tests keep their own state and Redis."""

import functools
import gc
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
# A short path: unix sockets can't have long ones.
VAR = Path(tempfile.mkdtemp(prefix="sluice-"))
os.environ["SLUICE_VAR"] = str(VAR)
os.environ.setdefault("SLUICE_PARTS", str(ROOT / "var" / "parts"))
# Whatever else this machine does now.
os.environ["SLUICE_SESSION_MB"] = "1"
os.environ["SLUICE_BUSY_PERCENT"] = "101"
os.environ["SLUICE_SECRET_KEY"] = "only-for-tests"
# A portal is four processes, and a test has many: each would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
for name in ("DATABASE_URL", "REDIS_URL", "SLUICE_ADDRESS", "SLUICE_RUNTIME"):
    os.environ.pop(name, None)
# Unless told otherwise, tests use SQLite as `make up` does: see tests/postgres.
if database := os.environ.get("SLUICE_TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = database


# How long one example takes says more of the machine than of the code.
hypothesis.settings.register_profile("sluice", deadline=None)
hypothesis.settings.load_profile("sluice")


def pytest_configure(config: pytest.Config) -> None:
    """Passwords in tests need no seconds of work; a worker's folders have short paths too."""
    from django.conf import settings

    if hasattr(config, "workerinput"):
        config.option.basetemp = str(VAR / "t")
    look_for_static_files_once()
    read_labs_once()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_finish() -> None:
    """What was imported and collected stays: to look for garbage in it was a fifth of a test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_sessionfinish() -> None:
    """What is frozen would be taken for leaked by libraries that look at the end."""
    gc.unfreeze()


def look_for_static_files_once() -> None:
    """Every client of a test makes the middleware anew, which would look for all of them again."""
    from portal.static_files import StaticFiles

    look = StaticFiles.add_files_from_finders
    found: list[StaticFiles] = []

    def add(middleware: StaticFiles) -> None:
        if not found:
            look(middleware)
            found.append(middleware)
        for name in ("files", "directories", "stamps"):
            setattr(middleware, name, getattr(found[0], name))

    StaticFiles.add_files_from_finders = add


def read_labs_once() -> None:
    """Most tests of rows store week 10's lab; to read its text was a quarter of their time."""
    from portal.engine.lab import parse

    parse.composed = functools.lru_cache(maxsize=64)(parse.composed)


def pytest_unconfigure() -> None:
    """Nothing of it stays."""
    shutil.rmtree(VAR, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[None]:
    """A real Redis on the settings' socket, for as long as the tests run."""
    socket = VAR / "run" / "redis.sock"
    socket.parent.mkdir(parents=True)
    argv = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", ""]
    server = subprocess.Popen([*argv, "--dir", str(VAR)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not socket.exists():
        assert server.poll() is None, "redis-server ended"
        assert time.monotonic() < deadline, "redis-server did not start"
        time.sleep(0.01)
    yield
    server.terminate()
    server.wait()
