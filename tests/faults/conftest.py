"""A portal to break, and a student who works in it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.catalog.images import operator_images
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.contract.drivers import VENV
from tests.faults.processes import clusters, nothing_is_left
from tests.faults.student import Student
from tests.portal_process import LAZY, Portal, free_port, start, stop
from tests.second import has_failed

IMPATIENT = {"SLUICE_STALE_SECONDS": "6"}
"""Portals of these tests give up a silent worker after seconds, not half a minute."""


@pytest.fixture(scope="package")
def portal() -> Iterator[Portal]:
    """The portal that these tests break, part by part."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        portal = start(Path(folder), free_port(), **IMPATIENT, **LAZY)
        yield portal
        running = clusters(portal)
        stop(portal)
        nothing_is_left(portal, running)


@pytest.fixture(scope="package")
def student(portal: Portal) -> Student:
    """Somebody whose cluster is up and whose Flask serves."""
    student = Student(portal)
    begin(student)
    return student


def begin(student: Student) -> None:
    """A cluster with the lab's topic, and Flask that has been called."""
    student.launch()
    student.run("topic")
    student.run("serve", state="serving")
    student.run("call")


@pytest.fixture(scope="package")
def runtime(portal: Portal) -> SandboxRuntime:
    """The driver, on the portal's own clusters."""
    folder = portal.var / "run" / "sandboxes"
    return SandboxRuntime(folder=str(folder), venv=str(VENV), images=operator_images())


@pytest.fixture(autouse=True)
def after_a_failure(request: pytest.FixtureRequest) -> Iterator[None]:
    """Show what the portal's processes logged, and give the next test a cluster that is whole."""
    yield
    if has_failed(request.node):
        if "portal" in request.fixturenames:
            print(request.getfixturevalue("portal").logs())
        if "student" in request.fixturenames:
            student = request.getfixturevalue("student")
            student.end()
            begin(student)
