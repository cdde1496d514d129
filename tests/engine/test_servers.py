"""Servers that a step starts: each reason for which one is not there is made, and told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.engine.causes import servers
from portal.engine.errors import Part
from portal.engine.lab.spec import LabSpec
from tests.contract.cluster import Cluster, eventually
from tests.engine.serving import PORT, Lesson

pytestmark = pytest.mark.sandbox
APP = """\
from flask import Flask
app = Flask(__name__)
@app.route("/")
def root():
    return "hi\\n"
"""
OWN_ROUTES = """\
import json
from flask import Flask
from kafka import KafkaProducer
app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")
@app.route("/")
def root():
    producer.send("events", json.dumps({"event_type": "default"}).encode()); return "hi\\n"
@app.route("/get_axe/<kind>")
def axe(kind):
    producer.send("events", json.dumps({"event_type": "get_axe"}).encode()); return "axe\\n"
"""
KAFKA = "from kafka import KafkaProducer\n"
HERE = 'In this cluster Kafka is at "kafka:29092".'


@pytest.fixture
def lesson(kafka_cluster: Cluster, week10: LabSpec) -> Iterator[Lesson]:
    """Week 10, with nothing served before or after."""
    lesson = Lesson(kafka_cluster, week10)
    yield lesson
    lesson.stop()


def test_a_server_with_routes_of_its_own_passes_and_says_them(lesson: Lesson) -> None:
    told = lesson.serve(OWN_ROUTES)
    assert told.error is None, told.text()
    assert told.evidence.as_kept()["routes"] == [
        {"rule": "/", "methods": ("GET",)},
        {"rule": "/get_axe/<kind>", "methods": ("GET",)},
    ]


@pytest.mark.parametrize(
    ("script", "cause", "words", "line"),
    [
        (APP + "x = (1\n", "server-syntax-error", "/own/game.py, line 6", 6),
        (APP + "  x = 1\n", "server-syntax-error", "/own/game.py, line 6", 6),
        (
            "import sklearn\n" + APP,
            "server-missing-package",
            "imports 'sklearn', and there is no such package here in /w205/own/game.py, line 1",
            1,
        ),
        ("from flask import Flask\n", "no-flask-app", "Flask finds no app in your script", None),
        (APP + "print(1 / 0)\n", "server-raised", "ZeroDivisionError: division by zero", 6),
        (
            APP + "open('/w205/never.json')\n",
            "server-raised",
            "FileNotFoundError: [Errno 2] No such file or directory: '/w205/never.json'",
            6,
        ),
        (
            APP + "import sys\nprint('enough of this')\nsys.exit(3)\n",
            "server-ended",
            "exit status 3. It said last: enough of this",
            None,
        ),
    ],
)
def test_a_script_that_ends_says_why(
    lesson: Lesson, script: str, cause: str, words: str, line: int | None
) -> None:
    told = lesson.serve(script)
    assert told.cause == cause, (str(told.error), told.text())
    assert told.error is not None
    assert words in str(told.error)
    assert told.error.details.line == line
    assert told.error.part is Part.CODE
    assert not lesson.listens()


@pytest.mark.parametrize(
    ("makes", "names"),
    [
        ('producer = KafkaProducer(bootstrap_servers="kafka:9092"{})', "kafka:9092, line 7"),
        ('producer = KafkaProducer(bootstrap_servers=["kafka:9095"]{})', "kafka:9095, line 7"),
        ("producer = KafkaProducer({})", "localhost:9092, line 7"),
        (
            'AT = "kafka:9093"\nproducer = KafkaProducer(bootstrap_servers=AT{})',
            "kafka:9093, line 8",
        ),
        (
            'given = {{"bootstrap_servers": "kafka:9094"}}\nproducer = KafkaProducer(**given{})',
            "kafka:9094, line 7",
        ),
    ],
)
@pytest.mark.parametrize("gives_up", [True, False])
def test_a_broker_elsewhere_is_told_by_line_with_the_right_address(
    lesson: Lesson, makes: str, names: str, gives_up: bool
) -> None:
    patience = ", bootstrap_timeout_ms=1000" if gives_up else ""
    line = makes.format(patience).replace("(, ", "(")
    told = lesson.serve(APP + KAFKA + line + "\n", timeout=30 if gives_up else 4)
    assert told.cause == "server-wrong-broker", (str(told.error), told.text())
    assert told.error is not None
    assert "Your server could not reach Kafka" in str(told.error)
    assert names in str(told.error)
    assert told.error.advice.startswith(HERE)
    assert f"line {told.error.details.line} of the script" in str(told.error)


def test_an_address_that_answers_is_not_blamed_for_silence(lesson: Lesson) -> None:
    also = 'KafkaProducer(bootstrap_servers="localhost:29092")\nimport time\ntime.sleep(60)\n'
    assert lesson.serve(APP + KAFKA + also, timeout=4).cause == "server-slow"


def test_a_kafka_that_is_away_is_not_blamed_on_the_script(
    lesson: Lesson, kafka_cluster: Cluster, week10: LabSpec
) -> None:
    elsewhere = Lesson(kafka_cluster, week10.model_copy(update={"broker": "kafka:9099"}))
    at = 'KafkaProducer(bootstrap_servers="kafka:9099", bootstrap_timeout_ms=500)\n'
    told = elsewhere.serve(APP + KAFKA + at)
    assert told.cause == "broker-away", (str(told.error), told.text())
    assert told.error is not None
    assert told.error.part is Part.UNKNOWN


def test_a_wrong_broker_is_told_within_the_labs_own_time(lesson: Lesson) -> None:
    told = lesson.serve(APP + KAFKA + 'KafkaProducer(bootstrap_servers="kafka:9092")\n')
    assert told.cause == "server-wrong-broker", (str(told.error), told.text())
    assert "NoBrokersAvailable" in told.text() or "KafkaTimeoutError" in told.text()


def test_a_port_that_something_else_has_is_told(lesson: Lesson, kafka_cluster: Cluster) -> None:
    kafka_cluster.start("squatter", "python", "-m", "http.server", str(PORT))
    try:
        eventually(lesson.listens)
        told = lesson.serve(APP)
    finally:
        kafka_cluster.runtime.interrupt(kafka_cluster.session, "squatter")
    assert told.cause == "port-taken"
    assert f"Port {PORT} in mids is already in use by something else." in str(told.error)


def test_a_port_that_the_script_takes_itself_is_told(lesson: Lesson) -> None:
    holds = f"import socket\nheld = socket.create_server(('0.0.0.0', {PORT + 1}))\n"
    step = lesson.serving("/w205/own/game.py")
    line = step.shows_command.replace(str(PORT), str(PORT + 1))
    told = lesson.serve(holds + APP, shows_command=line)
    assert told.cause == "address-in-use", (str(told.error), told.text())


def test_a_server_that_was_killed_is_not_blamed_on_its_script(lesson: Lesson) -> None:
    told = lesson.serve(APP + "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert told.cause == "ended-by-signal", (str(told.error), told.text())
    assert told.error is not None
    assert told.error.part is Part.UNKNOWN
    assert "It was ended by SIGKILL" in str(told.error)


def test_a_command_that_was_killed_is_not_blamed_on_anybody(lesson: Lesson) -> None:
    step = lesson.lab.step("read").model_copy(update={"check": None})
    for line in ("bash -c 'kill -9 $$'", "bash -c 'bash -c \"kill -9 \\$\\$\"; exit $?'"):
        told = lesson.do(step, command_line=f"docker-compose exec mids {line}")
        assert told.cause == "ended-by-signal", (str(told.error), told.text())
    assert lesson.do(step, command_line="docker-compose exec mids bash -c 'exit 3'").cause == ""


def test_a_script_that_is_not_there_is_the_labs_part(lesson: Lesson) -> None:
    told = lesson.do(lesson.serving("/w205/own/never.py"))
    assert told.cause == "no-such-script", (str(told.error), told.text())
    assert told.error is not None
    assert told.error.part is Part.LAB


def test_a_server_that_is_slow_to_answer_is_nobodys_fault_yet(lesson: Lesson) -> None:
    told = lesson.serve("import time\ntime.sleep(60)\n" + APP, timeout=2)
    assert told.cause == "server-slow", (str(told.error), told.text())
    assert told.error is not None
    assert told.error.part is Part.UNKNOWN
    assert f"port {PORT} did not answer in 2 s" in str(told.error)


def test_an_app_without_routes_fails_and_is_not_left_listening(lesson: Lesson) -> None:
    told = lesson.serve("from flask import Flask\napp = Flask(__name__)\n")
    assert told.cause == "no-routes", (str(told.error), told.text())
    assert "its app has no route at all" in str(told.error)
    assert not lesson.listens()


def test_a_module_that_would_run_its_app_itself_serves(lesson: Lesson) -> None:
    told = lesson.serve(APP + 'if __name__ == "__main__":\n    app.run(host="0.0.0.0")\n')
    assert told.error is None, told.text()
    assert told.evidence.routes


def test_every_cause_of_a_server_is_made_here() -> None:
    here = Path(__file__).read_text()
    assert [each.name for each in servers.ALL if f'"{each.name}"' not in here] == []
