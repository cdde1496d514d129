"""A worker that dies leaves nothing that says "starting" or "running" for ever."""

import pytest

from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.faults.processes import kill
from tests.faults.student import Student, Viewer, eventually
from tests.portal_process import Portal

pytestmark = pytest.mark.sandbox

SCRIPT = "flask-with-kafka-and-spark/game_api_with_json_events.py"
SLEEP = "import time\nprint('begun')\ntime.sleep(120)"
TABLE = """\
extracted_events = spark.createDataFrame([("default",)] * 2, ["event_type"])
extracted_events.show()
"""


def test_a_session_gets_up_though_its_worker_dies_while_it_starts(portal: Portal) -> None:
    """Another worker takes the launch up where it was."""
    student = Student(portal, "student2")
    session = student.click_launch()
    eventually(lambda: session in portal.sandboxes(), 20, "the sandbox is begun")
    kill(portal, "worker")
    student.wait_for_status("ready", 60)
    assert student.state("cluster") == "passed"
    student.run("topic")
    student.tear_down()
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


def test_a_cluster_that_loses_its_worker_on_the_way_down_is_ended(portal: Portal) -> None:
    """Another worker ends it."""
    student = Student(portal, "student2")
    session = student.launch()
    student.post(f"/s/{session}/down/")
    kill(portal, "worker")
    student.wait_for_status("ended", 60)
    assert session not in portal.sandboxes()


def test_what_was_asked_for_when_the_worker_died_is_done(
    portal: Portal, runtime: SandboxRuntime
) -> None:
    """Control-C for a server, and a file that was saved: neither click has to be made again."""
    student = Student(portal, "student2")
    session = student.launch()
    student.run("topic")
    student.run("serve", state="serving")
    student.post(f"/s/{session}/code/", path=SCRIPT, code="# mine\n")
    student.post(f"/s/{session}/stop/serve/")
    kill(portal, "worker")
    student.wait_for_state("serve", "passed", 60)
    eventually(lambda: runtime.get_file(session, SCRIPT) == b"# mine\n", 60, "the file is there")
    student.tear_down()


def said(student: Student, step: str) -> str:
    """What the step's newest run has printed so far."""
    stream = student.stream(step)
    viewer = Viewer(student).follow(stream)
    with viewer.watch():
        viewer.ended.wait(0.3)
    return "".join(viewer.texts(stream))
