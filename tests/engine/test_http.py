"""Raw requests to a real Flask."""

import pytest

from portal.engine import http
from portal.engine.errors import StepFailed
from portal.engine.lab.spec import LabSpec
from tests.contract.cluster import Cluster, eventually
from tests.engine.serving import Lesson

pytestmark = pytest.mark.sandbox
APP = """\
from flask import Flask
app = Flask(__name__)
@app.route("/")
def answer():
    return "This is the default response!\\n"
app.run(host="0.0.0.0", port=5055)
"""


def send(cluster: Cluster, text: str) -> http.Exchange:
    """Send to the app."""
    return http.send(cluster.runtime, cluster.session, "mids", "localhost", 5055, text, timeout=5)


def listens(cluster: Cluster) -> bool:
    """Whether the app has come up."""
    try:
        send(cluster, "GET / HTTP/1.1\n\n")
    except StepFailed:
        return False
    return True


def test_it_exchanges_bytes_with_flask(kafka_cluster: Cluster) -> None:
    with pytest.raises(StepFailed, match="Nothing listens on port 5055"):
        send(kafka_cluster, "GET / HTTP/1.1")
    kafka_cluster.start("wire-app", "python", "-c", APP)
    try:
        eventually(lambda: listens(kafka_cluster))
        exchange = send(kafka_cluster, "GET / HTTP/1.1\nHost: localhost\n\n")
        assert exchange.request == b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        assert exchange.status_line == "HTTP/1.1 200 OK"
        assert exchange.response.endswith(b"\r\n\r\nThis is the default response!\n")
        assert exchange.first_byte_seconds is not None
        assert exchange.connect_seconds <= exchange.first_byte_seconds <= exchange.total_seconds
        assert exchange.ended in ("complete", "close")
        assert b"400" in send(kafka_cluster, "nonsense\n").response
        assert send(kafka_cluster, "HEAD / HTTP/1.1\n\n").response.endswith(b"\r\n\r\n")
        half = send(kafka_cluster, "GET / HTTP/1.1\nHost: localhost\n")
        assert (half.response, half.ended) == (b"", "idle")
    finally:
        kafka_cluster.runtime.interrupt(kafka_cluster.session, "wire-app")


ODD = [
    ("GET / HTTP/1.0\n\n", "200 OK", ""),
    ("GET / HTTP/1.1\n\n", "200 OK", ""),
    ("get / HTTP/1.1\nHost: x\n\n", "", ""),
    ("BREW / HTTP/1.1\nHost: x\n\n", "405 METHOD NOT ALLOWED", ""),
    ("GET /nope HTTP/1.1\nHost: x\n\n", "404 NOT FOUND", ""),
    ("GET / HTTP/9.9\n\n", "505", ""),
    ("nonsense\n", "400", ""),
    ("GET / HTTP/1.1\nHost: x\n\nGET / HTTP/1.1\nHost: x\n\n", "200 OK", "2 requests were sent"),
    ("GET / HTTP/1.1\nHost: x", "", "still waits for the empty line that ends the headers"),
    ("POST / HTTP/1.1\nHost: x\nContent-Length: 9\n\nab", "", "The body is shorter"),
]


def test_whatever_is_typed_is_no_failure(kafka_cluster: Cluster, week10: LabSpec) -> None:
    step = week10.step("telnet")
    run = step.run.model_copy(update={"port": 5055})
    step = step.model_copy(update={"run": run, "timeout": 5})
    lesson = Lesson(kafka_cluster, week10)
    kafka_cluster.start("wire-app", "python", "-c", APP)
    try:
        eventually(lambda: listens(kafka_cluster))
        for typed, words, note in ODD:
            told = lesson.do(step, request=typed)
            assert told.error is None, (typed, str(told.error))
            assert words in told.text("stdout"), typed
            assert note in told.text("note"), (typed, told.text())
    finally:
        kafka_cluster.runtime.interrupt(kafka_cluster.session, "wire-app")


def test_a_host_that_nobody_knows_is_named(kafka_cluster: Cluster) -> None:
    with pytest.raises(StepFailed, match="knows no host called 'elsewhere'"):
        http.send(kafka_cluster.runtime, kafka_cluster.session, "mids", "elsewhere", 80, "GET /")
