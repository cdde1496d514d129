"""A portal that runs, with a student whose cluster is up."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.clusters import driver
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.faults.student import Student
from tests.portal_process import free_port, start, stop


@contextlib.contextmanager
def student() -> Iterator[Student]:
    """Logged in, a few old events in the topic, the server running that logs whole headers."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        # One student opens all the pages that are measured.
        portal = start(Path(folder), free_port(), SLUICE_SOCKETS_A_PERSON="1000")
        try:
            student = Student(portal)
            student.launch()
            student.run("topic")
            student.run("serve", state="serving")
            student.run("call")
            student.run("serve-extended", state="serving")
            yield student
        finally:
            stop(portal)


def runtime(student: Student) -> SandboxRuntime:
    """The driver, on the portal's own clusters."""
    return driver(student.portal.var / "run" / "sandboxes")
