"""A portal whose streams are cut, and a student who watches them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.catalog.images import operator_images
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.contract.cluster import Cluster
from tests.contract.drivers import VENV
from tests.faults.student import Student
from tests.portal_process import LAZY, Portal, free_port, start, stop
from tests.second import has_failed


@pytest.fixture(scope="package")
def portal() -> Iterator[Portal]:
    """The portal that these tests cut, part by part."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        portal = start(Path(folder), free_port(), **LAZY)
        yield portal
        stop(portal)
        assert portal.sandboxes() == []


@pytest.fixture(scope="package")
def student(portal: Portal) -> Student:
    """Somebody whose cluster is up and has its topic."""
    student = Student(portal)
    begin(student)
    return student


def begin(student: Student) -> None:
    """A cluster, and the lab's topic in it."""
    student.launch()
    student.run("topic")


@pytest.fixture(autouse=True)
def new_cluster_after_a_failure(request: pytest.FixtureRequest, student: Student) -> Iterator[None]:
    """The next test, or a second try, finds nothing that this one has left."""
    yield
    if has_failed(request.node):
        student.end()
        begin(student)


@pytest.fixture
def cluster(portal: Portal, student: Student) -> Cluster:
    """The student's cluster, from the outside."""
    folder = portal.var / "run" / "sandboxes"
    runtime = SandboxRuntime(folder=str(folder), venv=str(VENV), images=operator_images())
    return Cluster(runtime, student.session)
