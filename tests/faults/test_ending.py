"""However a portal ends, nothing of it or of its sessions goes on running."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import portal_process
from tests.faults.processes import clusters, inside, nothing_is_left, supervisor
from tests.faults.student import Student, eventually
from tests.portal_process import LAZY, ROOT, Portal, free_port, start

pytestmark = pytest.mark.sandbox


@pytest.fixture
def own_portal() -> Iterator[Portal]:
    """A portal for one test, with a cluster that is up."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        portal = start(Path(folder), free_port(), **LAZY)
        Student(portal).launch()
        yield portal
        make_down(portal)


def make_down(portal: Portal) -> str:
    """What a person types in another terminal; what it says."""
    done = subprocess.run(
        ["make", "--no-print-directory", "down"],
        cwd=ROOT,
        env=portal_process.environment(portal.var, int(portal.address.rpartition(":")[2])),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_session_process_survives_make_down(own_portal: Portal) -> None:
    """Neither bubblewrap nor the agent, nor any JVM, nor what is only just starting."""
    commands = " ".join(inside(clusters(own_portal)))
    assert "guest.agent" in commands
    assert "QuorumPeerMain" in commands
    assert "kafka.Kafka" in commands
    late = Student(own_portal, "student2").click_launch()
    eventually(lambda: late in own_portal.sandboxes(), 60, "the sandbox is begun")
    running = clusters(own_portal)
    assert make_down(own_portal).startswith("Sluice has ended")
    nothing_is_left(own_portal, running)
    recorded = tear_downs(own_portal)
    assert recorded
    assert len(recorded) == len(set(recorded))
    assert make_down(own_portal) == "Sluice was not running; 0 clusters were left and have ended.\n"


def test_a_portal_whose_supervisor_was_killed_ends_and_comes_again(own_portal: Portal) -> None:
    """`make up` ends with it; `make down` ends what is left when even that was killed."""
    running = clusters(own_portal)
    os.kill(supervisor(own_portal), signal.SIGKILL)
    assert own_portal.process.wait(timeout=30) > 0
    nothing_is_left(own_portal, running)

    again = start(own_portal.var, int(own_portal.address.rpartition(":")[2]), **LAZY)
    again.passwords.update(own_portal.passwords)
    student = Student(again)
    student.launch()
    student.run("topic")
    running = clusters(again)
    os.kill(again.process.pid, signal.SIGKILL)
    os.kill(supervisor(again), signal.SIGKILL)
    assert "1 clusters were left" in make_down(again)
    nothing_is_left(again, running)


def test_a_portal_whose_folder_was_removed_ends_all_the_same(own_portal: Portal) -> None:
    """Nothing on disk tells any more what runs: neither the supervisor nor the cluster."""
    running = clusters(own_portal)
    removed = own_portal.var.with_name(f"{own_portal.var.name}-removed")
    own_portal.var.rename(removed)  # At once: processes would make files anew meanwhile.
    shutil.rmtree(removed)
    own_portal.process.send_signal(signal.SIGTERM)
    assert own_portal.process.wait(timeout=60) == 0
    nothing_is_left(own_portal, running)


def tear_downs(portal: Portal) -> list[str]:
    """The sessions whose tear-down is recorded, as often as it is."""
    with contextlib.closing(sqlite3.connect(portal.var / "sluice.sqlite3")) as rows:
        query = "SELECT session_id FROM activities_steprun WHERE step_id = 'down'"
        return [session for (session,) in rows.execute(query)]
