"""A worker that dies leaves nothing that says "starting" or "running" for ever."""

import os
import signal
from collections.abc import Iterator

import pytest

from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.faults.processes import find, kill, numbers, parent_of
from tests.faults.student import Student, Viewer, eventually
from tests.portal_process import Portal

pytestmark = pytest.mark.sandbox

SCRIPT = "flask-with-kafka-and-spark/game_api_with_json_events.py"
SLEEP = "import time\nprint('begun')\ntime.sleep(120)"
TABLE = """\
extracted_events = spark.createDataFrame([("default",)] * 2, ["event_type"])
extracted_events.show()
"""


@pytest.fixture
def newcomer(portal: Portal) -> Iterator[Student]:
    """Somebody without a session, and without one afterwards, whatever came of the test."""
    student = Student(portal, "student2")
    yield student
    if student.session and student.status() != "ended":
        student.tear_down(60)


def test_a_session_gets_up_though_its_worker_dies_while_it_starts(
    portal: Portal, newcomer: Student
) -> None:
    """Another worker takes the launch up where it was."""
    session = newcomer.click_launch()
    eventually(lambda: session in portal.sandboxes(), 60, "the sandbox is begun")
    kill(portal, "worker")
    newcomer.wait_until_up()
    assert newcomer.state("cluster") == "passed"
    newcomer.run("topic")
    newcomer.tear_down()
    assert session not in portal.sandboxes()


def test_a_step_whose_worker_dies_says_so_and_can_be_run_again(
    portal: Portal, student: Student
) -> None:
    """It fails in words; the student's next click works."""
    student.click_run("extract", code=SLEEP)
    student.wait_for_state("extract", "running")
    eventually(lambda: "begun" in said(student, "extract"), 60, "the code runs")
    kill(portal, "worker")
    student.wait_for_state("extract", "failed", 30)
    assert "Run the step again." in student.words("extract")
    student.run("extract", code=TABLE, within=90)


def test_what_became_of_the_worker_is_said_within_seconds(portal: Portal, student: Student) -> None:
    """Its first process is killed, not what watches over it; Cancel is heard meanwhile."""
    student.click_run("extract", code=SLEEP)
    student.wait_for_state("extract", "running")
    eventually(lambda: "begun" in said(student, "extract"), 60, "the code runs")
    watch = find(portal, "worker")
    (worker,) = [each for each in numbers() if parent_of(each) == watch]
    os.kill(worker, signal.SIGKILL)
    student.wait_for_state("extract", "failed", 15)
    assert "The portal's worker was killed while this step ran" in student.words("extract")
    student.run("extract", code=TABLE, within=90)


def test_a_cluster_that_loses_its_worker_on_the_way_down_is_ended(
    portal: Portal, newcomer: Student
) -> None:
    """Another worker ends it."""
    session = newcomer.launch()
    newcomer.post(f"/s/{session}/down/")
    kill(portal, "worker")
    newcomer.wait_for_status("ended", 60)
    assert session not in portal.sandboxes()


def test_what_was_asked_for_when_the_worker_died_is_done(
    portal: Portal, newcomer: Student, runtime: SandboxRuntime
) -> None:
    """Control-C for a server, and a file that was saved: neither click has to be made again."""
    session = newcomer.launch()
    newcomer.run("topic")
    newcomer.run("serve", state="serving")
    newcomer.post(f"/s/{session}/code/", path=SCRIPT, code="# mine\n")
    newcomer.post(f"/s/{session}/stop/serve/")
    kill(portal, "worker")
    newcomer.wait_for_state("serve", "passed", 60)
    eventually(lambda: runtime.get_file(session, SCRIPT) == b"# mine\n", 60, "the file is there")


def said(student: Student, step: str) -> str:
    """What the step's newest run has printed so far."""
    stream = student.stream(step)
    viewer = Viewer(student).follow(stream)
    with viewer.watch():
        viewer.ended.wait(0.3)
    return "".join(viewer.texts(stream))
