"""Clusters for tests that need real ones: a small one by test, one with Kafka by run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.engine.lab.parse import load_lab
from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.base import ClusterSpec, Runtime
from tests.contract.cluster import Cluster, new_session
from tests.contract.drivers import DRIVERS, VENV, Driver
from tests.docker.engine import FIRST_TIME_SECONDS, docker_engine
from tests.kubernetes.fixtures import kubernetes_cluster, kubernetes_sessions

__all__ = ["docker_engine", "kubernetes_cluster", "kubernetes_sessions"]

MARKS = {name: [pytest.mark.timeout(FIRST_TIME_SECONDS)] for name in ("docker", "kubernetes")}
BESIDE = {"docker": "docker_engine", "kubernetes": "kubernetes_sessions"}
"""What a driver runs clusters on, by fixture."""


@pytest.fixture(
    params=[
        pytest.param(name, marks=[getattr(pytest.mark, name), *MARKS.get(name, ())])
        for name in DRIVERS
    ],
)
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each of the drivers, one after the other."""
    if beside := BESIDE.get(request.param):
        request.getfixturevalue(beside)
    return DRIVERS[request.param]


@pytest.fixture
def runtime(driver: Driver, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime on a folder of its own. Whatever a test leaves on it is ended."""
    made = driver.make(tmp_path / "sessions")
    yield made
    for session in made.list_all():
        made.down(session)


@pytest.fixture
def session() -> str:
    """A name that no other test has."""
    return new_session()


@pytest.fixture
def cluster(runtime: Runtime, session: str) -> Cluster:
    """A small cluster that is up: one service, which waits for commands."""
    made = Cluster(runtime, session)
    made.up()
    return made


@pytest.fixture
def absent(runtime: Runtime, session: str) -> Cluster:
    """A session that nobody launched yet."""
    return Cluster(runtime, session)


@pytest.fixture(scope="session")
def week10() -> LabSpec:
    """The lab of week 10 as its folder says it."""
    from django.conf import settings

    return load_lab(Path(settings.LABS_DIR) / "week10").spec


@pytest.fixture(scope="session")
def kafka_cluster(week10: LabSpec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Week 10's ZooKeeper, Kafka, Spark and mids, up for all tests of a run: use own topics."""
    from django.conf import settings

    from portal.catalog.images import operator_images
    from portal.engine.runtimes.sandbox import SandboxRuntime

    folder = tmp_path_factory.mktemp("kafka")
    runtime = SandboxRuntime(folder=str(folder), venv=str(VENV), images=operator_images())
    cluster = Cluster(runtime, new_session())
    source = Path(settings.LABS_DIR) / week10.name
    files = {
        each.path: (source / each.source).read_bytes()
        if each.source
        else (each.content or "").encode()
        for each in week10.files
    }
    try:
        list(runtime.up(ClusterSpec(cluster.session, week10.services, week10.tools, files)))
        yield cluster
    finally:
        runtime.down(cluster.session)


@pytest.fixture(scope="session")
def week10_cluster(kafka_cluster: Cluster) -> Cluster:
    """The same, for tests about the lab rather than about Kafka."""
    return kafka_cluster
