"""Containers with a kernel of their own: gVisor's, as docs/docker.md has the engine set up."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.engine.runtimes.base import State
from portal.engine.runtimes.docker import DockerRuntime
from tests.contract.cluster import Cluster, new_session, service
from tests.docker.engine import FIRST_TIME_SECONDS, IMAGES, docker_leftovers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]

CALL = """
import sys, time, urllib.request
for _ in range(600):
    try:
        print(urllib.request.urlopen("http://kafka:8000/").status)
        break
    except OSError:
        time.sleep(0.1)
"""


@pytest.fixture
def cluster(tmp_path: Path, docker_engine: str) -> Iterator[Cluster]:
    """Two services, each under a kernel of its own."""
    runtime = DockerRuntime(
        folder=str(tmp_path), images=IMAGES, url=docker_engine, runs_by="gvisor"
    )
    runtime.engine.check()
    made = Cluster(runtime, new_session())
    try:
        made.up(service("kafka", "python", "-m", "http.server", "8000"), service())
        yield made
    finally:
        runtime.down(made.session)
    assert docker_leftovers(made.session) == []


def test_a_cluster_works_under_a_kernel_of_its_own(cluster: Cluster) -> None:
    runtime, session = cluster.runtime, cluster.session
    assert cluster.run("uname", "-r").stdout.decode().strip() != os.uname().release
    assert cluster.python(CALL, timeout=60).stdout == b"200\n"
    assert cluster.run("sh", "-c", "cat; exit 3", stdin=b"typed").status == 3
    runtime.put_file(session, "a/b.py", b"print('from a file')")
    assert cluster.run("python", "/w205/a/b.py").stdout == b"from a file\n"
    assert runtime.get_file(session, "a/b.py") == b"print('from a file')"
    cluster.start("server", "python", "-u", "-c", "print('served'); import time; time.sleep(600)")
    assert any(b"served" in line.text for line in cluster.lines(1))
    assert runtime.interrupt(session, "server") is not None
    assert runtime.observe(session).state is State.UP
    # Where its agent made its socket, on the host's disk, nobody makes anything now.
    assert cluster.run("touch", "/run/sluice-own/more").status != 0
