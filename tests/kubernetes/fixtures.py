"""The cluster that `make test-kubernetes` runs on, bare and as sessions need it."""

import os
from collections.abc import Iterator

import pytest

from tests.kubernetes import sessions
from tests.kubernetes.cluster import Cluster, running

IS_WANTED = bool(os.environ.get("SLUICE_TEST_KUBERNETES"))


@pytest.fixture(scope="session")
def kubernetes_cluster() -> Iterator[Cluster]:
    """A real one, for all tests of a run."""
    with running() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kubernetes_sessions(kubernetes_cluster: Cluster, docker_engine: str) -> Iterator[Cluster]:
    """The same, with a namespace for sessions and the images that small clusters need."""
    sessions.prepare(kubernetes_cluster)
    sessions.bring_in(kubernetes_cluster, docker_engine, ["sluice/mids:1"])
    sessions.clusters.append(kubernetes_cluster)
    yield kubernetes_cluster
    sessions.clusters.clear()
