"""Raw requests to a real Flask."""

import pytest

from portal.engine import http
from portal.engine.errors import StepFailed
from tests.contract.cluster import Cluster, eventually

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
        send(cluster, "GET / HTTP/1.1")
    except StepFailed:
        return False
    return True


def test_it_exchanges_bytes_with_flask(kafka_cluster: Cluster) -> None:
    with pytest.raises(StepFailed, match="Nothing listens on port 5055"):
        send(kafka_cluster, "GET / HTTP/1.1")
    kafka_cluster.start("wire-app", "python", "-c", APP)
    try:
        eventually(lambda: listens(kafka_cluster))
        exchange = send(kafka_cluster, "GET / HTTP/1.1\nHost: localhost")
        assert exchange.request == b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        assert exchange.status_line == "HTTP/1.1 200 OK"
        assert exchange.response.endswith(b"\r\n\r\nThis is the default response!\n")
        assert exchange.first_byte_seconds is not None
        assert exchange.connect_seconds <= exchange.first_byte_seconds <= exchange.total_seconds < 1
        assert b"400" in send(kafka_cluster, "nonsense").response
        assert send(kafka_cluster, "HEAD / HTTP/1.1").response.endswith(b"\r\n\r\n")
    finally:
        kafka_cluster.runtime.interrupt(kafka_cluster.session, "wire-app")


def test_a_host_that_nobody_knows_is_named(kafka_cluster: Cluster) -> None:
    with pytest.raises(StepFailed, match="knows no host called 'elsewhere'"):
        http.send(kafka_cluster.runtime, kafka_cluster.session, "mids", "elsewhere", 80, "GET /")
