"""A PostgreSQL of the tests' own: a container without a network, reached by a socket."""

import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.parts.stack_images import SERVICES

START_SECONDS = 60
SOCKETS = "/run/sockets"
HASTE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
"""Nobody needs these rows after a crash."""


@contextmanager
def postgresql(engine: str) -> Iterator[str]:
    """Its address, as DATABASE_URL has it, for as long as this lasts."""
    name = f"sluice-test-{uuid.uuid4().hex[:10]}"
    docker = ["docker", "--host", engine]
    with tempfile.TemporaryDirectory(prefix="sluice-pg-") as folder:
        # The container's user is nobody here.
        Path(folder).chmod(0o777)
        subprocess.run(
            [
                *(*docker, "run", "--detach", "--rm", "--name", name, "--user", "postgres"),
                *("--network", "none", "--volume", f"{folder}:{SOCKETS}"),
                *("--env", "POSTGRES_USER=sluice", "--env", "POSTGRES_DB=sluice"),
                *("--env", "POSTGRES_PASSWORD=unused"),
                *(SERVICES, "postgres", "-c", f"unix_socket_directories={SOCKETS}"),
                *(word for each in HASTE for word in ("-c", each)),
            ],
            check=True,
            capture_output=True,
        )
        try:
            wait_for(docker, name)
            yield f"postgres://sluice@/{folder}/sluice"
        finally:
            subprocess.run([*docker, "rm", "--force", name], check=False, capture_output=True)


def wait_for(docker: list[str], name: str) -> None:
    """Wait until it takes connections; its first start makes the database."""
    deadline = time.monotonic() + START_SECONDS
    argv = [*docker, "exec", name, "pg_isready", "-h", SOCKETS]
    while subprocess.run(argv, check=False, capture_output=True).returncode:
        if time.monotonic() > deadline:
            said = subprocess.run([*docker, "logs", name], capture_output=True, check=False)
            raise AssertionError(f"PostgreSQL did not start: {said.stderr[-2000:]!r}")
        time.sleep(0.1)
