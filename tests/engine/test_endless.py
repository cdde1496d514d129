"""Commands that do not come to their end: why, as the cluster itself shows it."""

import time

import pytest

from portal.engine.errors import Part
from portal.engine.lab.spec import LabSpec
from tests.contract.cluster import Cluster, eventually
from tests.engine.serving import Lesson
from tests.engine.topics import do, new_topic, produce

pytestmark = pytest.mark.sandbox
SENDING = """
import sys, time, guest.clients
from kafka import KafkaProducer
producer, count = None, 0
while True:
    try:
        producer = producer or KafkaProducer(bootstrap_servers="kafka:29092")
        producer.send(sys.argv[1], b'{"event_type": "steady"}').get(10)
    except Exception as error:
        # A busy machine's broker may be late; whoever waits for it is told.
        print(f"{sys.argv[1]} {error!r}", flush=True)
    else:
        count += 1
        if count == 1:
            print(f"{sys.argv[1]} goes on", flush=True)
    time.sleep(0.02)
"""


@pytest.fixture
def lesson(kafka_cluster: Cluster, week10: LabSpec) -> Lesson:
    """Week 10's steps."""
    return Lesson(kafka_cluster, week10)


def read(lesson: Lesson, command: str, seconds: float = 6):
    """Run a command of one's own in the step that reads, with so much time."""
    step = lesson.lab.step("read").model_copy(update={"timeout": seconds})
    return lesson.do(step, command_line=f"docker-compose exec mids {command}")


def wait_for(cluster: Cluster, line: str) -> None:
    """Wait until a server of the tools' service has written a line; fail with what it wrote."""
    deadline, texts = time.monotonic() + 90, list[str]()
    for each in cluster.runtime.logs(
        cluster.session, "mids", cancelled=lambda: time.monotonic() > deadline
    ):
        texts.append(each.text.decode(errors="replace"))
        if texts[-1] == line:
            return
    pytest.fail(f"{line!r} never came: {cluster.runtime.observe(cluster.session)} {texts[-20:]}")


def test_a_reader_that_a_steady_producer_keeps_from_the_end_is_told_so(lesson: Lesson) -> None:
    topic = new_topic()
    do(lesson.cluster, "create", topic)
    runtime, session = lesson.cluster.runtime, lesson.cluster.session
    runtime.start(session, "mids", "steady", ("python", "-c", SENDING, topic))
    own = f"kafkacat -Cb kafka:29092 -t {topic} -o beginning -e"
    try:
        wait_for(lesson.cluster, f"{topic} goes on")
        # A producer that stood still for half a second has let it come to the end.
        told = eventually(lambda: (found := read(lesson, own)).error and found, within=90)
    finally:
        runtime.interrupt(session, "steady", timeout=1)
    assert told.error is not None, told.text()
    assert (told.cause, told.error.part) == ("topic-goes-on", Part.UNKNOWN), str(told.error)
    assert f"more events came to '{topic}' while it read" in str(told.error)
    instead = told.error.advice.partition("docker-compose exec mids ")[2]
    assert "-c 20" in instead
    assert read(lesson, instead, 60).error is None


@pytest.mark.parametrize(
    "command",
    [
        "kafkacat -C -b kafka:29092 -t TOPIC -o beginning",
        "kafka-console-consumer --bootstrap-server kafka:29092 --topic TOPIC --from-beginning",
    ],
)
def test_a_reader_that_nobody_told_to_end_is_told_how(lesson: Lesson, command: str) -> None:
    topic = new_topic()
    do(lesson.cluster, "create", topic)
    produce(lesson.cluster, topic, *["{}"] * 20)
    command = command.replace("TOPIC", topic)
    service = "kafka" if command.startswith("kafka-") else "mids"
    step = lesson.lab.step("read").model_copy(update={"timeout": 6})
    told = lesson.do(step, command_line=f"docker-compose exec {service} {command}")
    assert told.error is not None, told.text()
    assert (told.cause, told.error.part) == ("reads-without-end", Part.CODE)
    instead = told.error.advice.partition("to end: ")[2]
    step = step.model_copy(update={"timeout": 60})
    assert lesson.do(step, command_line=instead).error is None


@pytest.mark.parametrize(
    ("command", "causes"),
    [
        ("sleep 60", {"timed-out-waiting", "timed-out-on-a-busy-host"}),
        (
            "python -c 'while True: pass'",
            {"timed-out-computing", "timed-out-on-a-busy-host"},
        ),
    ],
)
def test_what_hangs_is_told_by_what_it_did(lesson: Lesson, command: str, causes: set[str]) -> None:
    told = read(lesson, command, 8)
    assert told.error is not None
    # On a busy machine nothing more is known, and then nothing more is said.
    assert told.cause in causes, told.error.advice
    assert (told.error.part is Part.CODE) == (told.cause == "timed-out-computing")
    assert "This cluster computed for" in told.error.advice
