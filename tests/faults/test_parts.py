"""Any process of the portal can be killed at any time: nothing is lost, doubled or left hanging."""

import os
import signal

import pytest

from portal.engine.runtimes.sandbox import SandboxRuntime
from portal.watching import SILENT_SECONDS
from tests.faults.processes import inner, kill
from tests.faults.student import Student, Viewer, eventually
from tests.portal_process import Portal

pytestmark = pytest.mark.sandbox

LINES = 6000
FLOOD = """
import sys, time
for number in range(int(sys.argv[1])):
    print(f"line {number}", flush=True)
    if number % 40 == 0:
        time.sleep(0.04)
"""
"""Some hundred lines a second, counted."""
RECORDS = """
import sys, time
from kafka import KafkaProducer
producer = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=0)
for number in range(int(sys.argv[1])):
    producer.send("events", b'{"event_type": "flood", "number": %d}' % number)
    time.sleep(0.002)
producer.flush()
"""
COUNTED = """\
import time
for number in range(80):
    print("number", number, "of many")
    time.sleep(0.05)

extracted_events = spark.createDataFrame([("default",)] * 2, ["event_type"])
extracted_events.show()
"""


@pytest.mark.parametrize("part", ["relay", "redis", "web"])
def test_a_flood_arrives_whole_though_a_part_is_killed(
    portal: Portal, student: Student, runtime: SandboxRuntime, part: str
) -> None:
    """Each counted line of the log and record of the topic once, in order, in one viewer."""
    count = LINES // 4
    log, topic = "log:mids", "topic:events:0"
    viewer = Viewer(student).follow(log, last(student, log)).follow(topic, last(student, topic))
    with viewer.watch():
        session = student.session
        runtime.start(session, "mids", "flood", ("python", "-c", FLOOD, str(LINES)))
        runtime.start(session, "mids", "records", ("python", "-c", RECORDS, str(count)))
        eventually(lambda: len(viewer.entries[log]) > LINES / 6, 60, "the flood begins")
        kill(portal, part)
        eventually(lambda: f"line {LINES - 1}" in viewer.texts(log)[-5:], 30, "the flood ends")
        eventually(lambda: len(viewer.entries[topic]) >= count, 30, "all records come")
    lines = [text for text in viewer.texts(log) if text.startswith("line ")]
    assert lines == [f"line {number}" for number in range(LINES)]
    assert [each["value"] for each in viewer.entries[topic]] == [
        f'{{"event_type": "flood", "number": {number}}}' for number in range(count)
    ]
    assert (viewer.gaps, viewer.doubled) == (0, 0)


def test_a_relay_that_stands_still_is_replaced(
    portal: Portal, student: Student, runtime: SandboxRuntime
) -> None:
    """No line is missing, and the page of hosts says what became of it."""
    log = "log:mids"
    viewer = Viewer(student).follow(log, last(student, log))
    before = inner(portal, "relay")
    assert before is not None
    with viewer.watch():
        runtime.start(student.session, "mids", "slow", ("python", "-c", FLOOD, "600"))
        eventually(lambda: viewer.texts(log), 30, "it begins")
        os.kill(before, signal.SIGSTOP)
        eventually(
            lambda: inner(portal, "relay") not in (None, before), SILENT_SECONDS + 30, "another is"
        )
        eventually(lambda: "line 599" in viewer.texts(log)[-5:], 60, "all lines come")
    lines = [text for text in viewer.texts(log) if text.startswith("line ")]
    assert lines == [f"line {number}" for number in range(600)]
    assert "relay stood still and was ended" in Student(portal, "admin").get("/hosts/")


def last(student: Student, stream: str) -> int:
    """The number of a stream's newest entry, once nothing more comes for a moment."""
    viewer = Viewer(student).follow(stream)
    with viewer.watch():
        eventually(lambda: viewer.entries[stream], 10, f"{stream} has entries")
        seen = -1
        while seen != viewer.after[stream]:
            seen = viewer.after[stream]
            viewer.ended.wait(0.5)
    return seen


def test_a_step_prints_on_while_redis_is_away(portal: Portal, student: Student) -> None:
    """It passes, and neither its stream nor its row lacks a line."""
    student.click_run("extract", code=COUNTED)
    eventually(lambda: student.state("extract") == "running", 60, "the code runs")
    stream = student.stream("extract")
    viewer = Viewer(student).follow(stream)
    with viewer.watch():
        eventually(lambda: "number 3 " in printed(viewer, stream), 60, "it prints")
        kill(portal, "redis")
        student.wait_for_state("extract", "passed", 60)
        eventually(lambda: "number 79 " in printed(viewer, stream), 60, "all is shown")
    numbers = [f"number {number} " for number in range(80)]
    assert [each for each in numbers if printed(viewer, stream).count(each) != 1] == []
    assert [each for each in numbers if student.words("extract").count(each) != 1] == []
    student.run("read")


def printed(viewer: Viewer, stream: str) -> str:
    """All that came of a step's output."""
    return "".join(viewer.texts(stream))
