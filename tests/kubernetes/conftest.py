"""The cluster that `make test-kubernetes` runs on. `make test` collects nothing that needs it."""

import os
from collections.abc import Iterator

import pytest

from tests.kubernetes.cluster import Cluster, running

IS_WANTED = bool(os.environ.get("SLUICE_TEST_KUBERNETES"))
collect_ignore_glob = [] if IS_WANTED else ["test_*.py"]


@pytest.fixture(scope="session")
def kubernetes_cluster() -> Iterator[Cluster]:
    """A real one, for all tests of a run."""
    with running() as cluster:
        yield cluster
