"""Calls of an API: each reply, and each way in which nothing came of one, is made and told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.engine.causes import calls
from portal.engine.errors import Part
from portal.engine.lab.check import Check
from portal.engine.lab.spec import LabSpec
from tests.contract.cluster import Cluster, eventually
from tests.engine.serving import PORT, Lesson

pytestmark = pytest.mark.sandbox
APP = """\
import json
import os
from flask import Flask, abort, request
from kafka import KafkaProducer
app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")
def log_to_kafka(topic, event):
    producer.send(topic, json.dumps(event).encode())
@app.route("/")
def root():
    log_to_kafka("events", {"event_type": "default"})
    return "hi\\n"
@app.route("/get_axe/<kind>", methods=["GET", "POST"])
def axe(kind):
    log_to_kafka("events", {"event_type": "get_axe", "kind": kind})
    return "axe\\n"
@app.route("/purchase_a_sword/")
def sword():
    log_to_kafka("events", {"event_type": "purchase_sword"})
    return "Sword Purchased!\\n"
@app.route("/headers")
def headers():
    log_to_kafka("events", request.headers)
    return "never\\n"
@app.route("/json", methods=["POST"])
def body():
    log_to_kafka("events", request.get_json())
    return "ok\\n"
@app.route("/form", methods=["POST"])
def form():
    log_to_kafka("events", {"event_type": request.form["event_type"]})
    return "ok\\n"
@app.route("/silent")
def silent():
    return "nothing was sent\\n"
@app.route("/private")
def private():
    abort(403)
@app.route("/stuck")
def stuck():
    try:
        KafkaProducer(bootstrap_servers="kafka:9092", bootstrap_timeout_ms=500)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
    return "tried\\n"
@app.route("/unreached")
def unreached():
    KafkaProducer(bootstrap_servers="kafka:9092", bootstrap_timeout_ms=500)
@app.route("/gone")
def gone():
    os._exit(4)
"""
ROOT = "http://localhost:PORT/"
RECORDS = Check.model_validate({"records": {"at_least": 1, "within": 5}, "message": "No event."})
QUICK = Check.model_validate({"records": {"at_least": 1, "within": 1}, "message": "No event."})
TELLS = Check.model_validate(
    {"records": {"at_least": 1, "within": 2, "matches": '"Host"'}, "message": "No Host is told."}
)
RESTART = "If you have saved the script since the server was started, restart the server."


@pytest.fixture
def lesson(kafka_cluster: Cluster, week10: LabSpec) -> Lesson:
    """Week 10, with the app of these tests served: anew only where an earlier test ended it."""
    lesson = Lesson(kafka_cluster, week10)
    health = kafka_cluster.runtime.observe(kafka_cluster.session).process("flask")
    if health is None or not health.is_running or not lesson.listens():
        assert lesson.serve(APP, name="calls.py").error is None
    return lesson


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left(kafka_cluster: Cluster, week10: LabSpec) -> Iterator[None]:
    """Other tests have servers of their own."""
    Lesson(kafka_cluster, week10).stop()
    yield
    Lesson(kafka_cluster, week10).stop()


def test_a_call_of_a_route_of_ones_own_passes_with_its_reply(lesson: Lesson) -> None:
    told = lesson.call(ROOT, f"-X POST {ROOT}get_axe/great", check=RECORDS)
    assert told.error is None, told.text()
    first, second = told.evidence.replies
    assert (first.method, first.path, first.status, first.body) == ("GET", "/", 200, "hi\n")
    assert (second.method, second.path, second.body) == ("POST", "/get_axe/great", "axe\n")
    assert first.headers["content-type"].startswith("text/html")
    assert told.text("stdout") == "hi\naxe\n"
    assert told.text("stderr") == ""


@pytest.mark.parametrize(
    ("asked", "cause", "words", "advice"),
    [
        (
            f"{ROOT}nope",
            "no-such-route",
            "GET /nope was answered 404 Not Found: the server that runs has no such route. It has "
            "GET /, GET/POST /get_axe/<kind>, GET /purchase_a_sword/, GET /headers",
            RESTART,
        ),
        (
            f"-X DELETE {ROOT}get_axe/x",
            "wrong-method",
            "DELETE /get_axe/x was answered 405 Method Not Allowed: its route takes GET, POST.",
            "methods=[…]",
        ),
        (f"-X POST {ROOT}json", "wrong-content-type", "415 Unsupported", "application/json"),
        (
            f"-d '{{broken' -H 'Content-Type: application/json' {ROOT}json",
            "bad-request",
            "POST /json was answered 400 Bad Request",
            "the body and the query",
        ),
        (f"-d name=x {ROOT}form", "bad-request", "POST /form was answered 400", "the body"),
        (
            f"{ROOT}private",
            "refused-by-server",
            "GET /private was answered 403 Forbidden.",
            "reply",
        ),
        (
            f"{ROOT}headers",
            "server-error",
            "GET /headers was answered 500 Internal Server Error: the script raised TypeError: "
            "Object of type EnvironHeaders is not JSON serializable (line 8 of the script).",
            "restart the server",
        ),
        (
            f"{ROOT}unreached",
            "kafka-unreached",
            "Unable to bootstrap from kafka:9092 (line",
            'in this cluster it is at "kafka:29092"',
        ),
        (
            f"{ROOT}purchase_a_sword",
            "redirected",
            "GET /purchase_a_sword was answered 308",
            f"Call http://localhost:{PORT}/purchase_a_sword/.",
        ),
        (
            f"{ROOT}silent",
            "nothing-sent",
            "The server answered 1 call, but no new record came to any topic within 1 s.",
            "isn't flushed",
        ),
    ],
)
def test_a_call_that_fails_says_why_though_older_events_are_there(
    lesson: Lesson, asked: str, cause: str, words: str, advice: str
) -> None:
    assert lesson.call(ROOT, check=RECORDS).error is None
    told = lesson.call(asked, check=QUICK)
    assert told.cause == cause, (str(told.error), told.text())
    assert told.error is not None
    assert words in str(told.error)
    assert advice in told.error.advice
    assert told.error.part is Part.CODE


def test_the_line_of_an_error_is_told_for_programs_too(lesson: Lesson) -> None:
    told = lesson.call(f"{ROOT}headers")
    assert told.error is not None
    assert (told.error.details.line, told.error.details.name) == (8, "/headers")


def test_a_call_among_others_that_fails_is_counted(lesson: Lesson) -> None:
    told = lesson.call(ROOT, f"{ROOT}nope", f"{ROOT}nope", check=RECORDS)
    assert "GET /nope (2 of 3 calls) was answered 404" in str(told.error)


def test_a_redirect_that_curl_follows_is_a_call_like_any_other(lesson: Lesson) -> None:
    told = lesson.call(f"-L {ROOT}purchase_a_sword", check=RECORDS)
    assert told.error is None, told.text()
    assert told.text("stdout") == "Sword Purchased!\n"


def test_records_of_another_shape_are_shown(lesson: Lesson) -> None:
    told = lesson.call(f"{ROOT}get_axe/great", check=TELLS)
    assert told.cause == "other-records", (str(told.error), told.text())
    assert "No Host is told. This run brought 1 record to events; the first reads" in str(
        told.error
    )
    assert '{"event_type": "get_axe", "kind": "great"}' in str(told.error)


@pytest.mark.parametrize(("path", "cause"), [("", ""), ("nope", "no-call-of-ab-was-good")])
def test_calls_by_ab_are_told_in_figures(lesson: Lesson, path: str, cause: str) -> None:
    step = lesson.lab.step("call").model_copy(update={"check": RECORDS})
    line = f"docker-compose exec mids ab -n 3 {ROOT.replace('PORT', str(PORT))}{path}"
    told = lesson.do(step, commands=[line])
    assert told.cause == cause, (str(told.error), told.text())
    (bench,) = told.evidence.benches
    assert (bench.requests, bench.non_2xx) == (3, 3 if cause else 0)


def test_a_null_record_is_shown_as_one(lesson: Lesson) -> None:
    script = APP + (
        '@app.route("/null")\ndef null():\n'
        '    producer.send("events", None, key=b"k")\n    return "sent\\n"\n'
    )
    lesson.stop()
    assert lesson.serve(script, name="calls.py").error is None
    told = lesson.call(f"{ROOT}null", check=TELLS)
    assert "the first reads nothing (null)" in str(told.error)


def test_a_producer_that_could_not_send_is_told_with_the_right_address(lesson: Lesson) -> None:
    told = lesson.call(f"{ROOT}stuck", check=QUICK)
    assert told.cause == "producer-stuck", (str(told.error), told.text())
    assert told.error is not None
    assert 'in this cluster it is "kafka:29092"' in told.error.advice


def test_a_server_that_hangs_up_is_told(lesson: Lesson) -> None:
    told = lesson.call(f"{ROOT}gone")
    assert told.cause == "closed-without-reply", (str(told.error), told.text())


def test_a_port_on_which_nothing_listens_is_told(lesson: Lesson) -> None:
    lesson.stop()
    eventually(lambda: not lesson.listens())
    told = lesson.call(ROOT, check=RECORDS)
    assert told.cause == "nothing-listens"
    assert "Nothing listens there: the server isn't running." in str(told.error)


def test_a_step_that_is_about_errors_takes_them(lesson: Lesson, week10: LabSpec) -> None:
    step = week10.step("call")
    run = step.run.model_copy(update={"takes_errors": True})
    told = lesson.call(f"{ROOT}nope", run=run)
    assert told.error is None
    assert [each.status for each in told.evidence.replies] == [404]


def test_every_cause_of_a_call_is_made_here() -> None:
    here = Path(__file__).read_text()
    assert [each.name for each in calls.ALL if f'"{each.name}"' not in here] == []
