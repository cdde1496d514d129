"""What became of each request, held against truth that the test keeps itself."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.engine import spans
from portal.engine.lab.spec import LabSpec
from portal.engine.records import Record, Records
from portal.engine.spans import Numbered
from portal.engine.tail import tail
from portal.trace.joining import Fate, Place, Proof, Request, Seen, add_seen, requests
from tests.contract.cluster import Cluster, eventually
from tests.engine.serving import Lesson

pytestmark = pytest.mark.sandbox
WITHIN = 120.0
APP = """\
import json
import os
import sys
from flask import Flask
from kafka import KafkaProducer
app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")
@app.route("/buy/<topic>/<int:number>")
def buy(topic, number):
    event = {"number": number}
    if number % 7 == 0:
        raise ValueError(f"no sword {number}")
    producer.send(topic, json.dumps(event).encode())
    return "Sword Purchased!\\n"
@app.route("/twice/<topic>/<int:number>")
def twice(topic, number):
    for _ in range(2):
        producer.send(topic, str(number).encode(), headers=[("mine", b"1")])
    return "twice\\n"
@app.route("/later/<topic>/<int:number>")
async def later(topic, number):
    producer.send(topic, str(number).encode())
    producer.flush()
    return "later\\n"
@app.route("/fork/<topic>/<int:number>")
def fork(topic, number):
    child = os.fork()
    if not child:
        try:
            own = KafkaProducer(bootstrap_servers="kafka:29092")
            own.send(topic, str(number).encode())
            own.flush()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return "forked\\n"
@app.route("/thread/<topic>/<int:number>")
def thread(topic, number):
    import threading
    work = threading.Thread(target=producer.send, args=(topic, str(number).encode()))
    work.start()
    work.join()
    return "from a thread\\n"
"""
KEEPS = """\
from types import SimpleNamespace
from werkzeug import serving
# Werkzeug ends each connection by a header, after it has waited for what else may come.
end_header = serving.WSGIRequestHandler.send_header
serving.WSGIRequestHandler.send_header = lambda *own: own[1] == "Connection" or end_header(*own)
serving.WSGIRequestHandler.protocol_version = "HTTP/1.1"
class Nothing:
    register = close = lambda *own: None
    select = lambda *own, timeout: ()
serving.selectors = SimpleNamespace(DefaultSelector=Nothing, EVENT_READ=1)
"""
"""A server that keeps its connections."""
RAISES_AT = 1 + next(at for at, line in enumerate((KEEPS + APP).split("\n")) if "raise " in line)
CLIENT = """\
import http.client, json, sys, threading
port, most = int(sys.argv[1]), int(sys.argv[2])
told, lock = [], threading.Lock()
def call(first):
    link = http.client.HTTPConnection("localhost", port, timeout=60)
    link.connect()
    own = link.sock.getsockname()[1]
    for number in range(first, most, 3):
        link.request("GET", f"/buy/traced/{number}")
        reply = link.getresponse()
        reply.read()
        with lock:
            told.append([number, own, reply.status])
    link.close()
threads = [threading.Thread(target=call, args=(first,)) for first in range(3)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print(json.dumps(told))
"""


class Reader:
    """Reads what servers note, and a topic's records, beside a test."""

    def __init__(self, cluster: Cluster, topic: str):
        self.cluster, self.topic = cluster, topic
        self.noted: list[Numbered] = []
        self.records: list[Record] = []
        self.seen: list[Seen] = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.follow), threading.Thread(target=self.tail)]

    def follow(self) -> None:
        session, stopped = self.cluster.session, self.stopped.is_set
        for part in spans.follow(self.cluster.runtime, session, "mids", 0, stopped):
            self.noted += part

    def tail(self) -> None:
        place = (self.cluster.session, "mids", "kafka:29092", self.topic)
        for found in tail(self.cluster.runtime, *place, {}, self.stopped.is_set):
            if isinstance(found, Records):
                self.records += found.records
                self.seen += [seen for each in found.records if (seen := self.to_seen(each))]

    def to_seen(self, record: Record) -> Seen | None:
        if record.mark is None:
            return None
        place = Place(self.topic, record.partition, record.offset, record.timestamp)
        return Seen(place, *record.mark, at=record.timestamp / 1000)

    def requests(self, path: str) -> list[Request]:
        """Those whose paths begin so, with the records that were seen."""
        found = requests(each.line for each in list(self.noted))
        found = [each for each in found if each.path.startswith(path)]
        add_seen(found, list(self.seen))
        return found

    def whole(self, path: str, count: int, sends: int) -> list[Request]:
        """The same once so many have ended and so many of their records were seen or lost."""

        def are_there() -> list[Request] | None:
            found = self.requests(path)
            ended = [each for each in found if each.ended_at]
            told = [r for each in found for r in each.records if r.seen_at or r.lost_at]
            return found if len(ended) >= count and len(told) >= sends else None

        found: list[Request] = eventually(are_there, WITHIN)
        return found


@contextmanager
def reading(cluster: Cluster, topic: str) -> Iterator[Reader]:
    """A reader that has turned the switch on."""
    reader = Reader(cluster, topic)
    for each in reader.threads:
        each.start()
    try:
        eventually(lambda: cluster.run("test", "-e", "/tmp/.trace/on").status == 0, WITHIN)
        yield reader
    finally:
        reader.stopped.set()
        for each in reader.threads:
            each.join()


@pytest.fixture(scope="module")
def lesson(kafka_cluster: Cluster, week10: LabSpec) -> Iterator[Lesson]:
    """A lab whose server can be replaced."""
    made = Lesson(kafka_cluster, week10)
    yield made
    made.stop()


def call(cluster: Cluster, path: str, port: int = 5061) -> str:
    """Ask the server for something."""
    return cluster.run("curl", "-s", f"http://localhost:{port}{path}").stdout.decode()


def test_each_of_a_thousand_requests_on_three_connections_is_traced_right(lesson: Lesson) -> None:
    cluster, most = lesson.cluster, 1000
    assert not lesson.serve(KEEPS + APP, check=None).error
    with reading(cluster, "traced") as reader:
        client = cluster.python(CLIENT, "5061", str(most), timeout=WITHIN)
        truth = {number: (port, status) for number, port, status in json.loads(client.stdout)}
        good = [number for number in range(most) if number % 7]
        found = reader.whole("/buy/traced/", most, len(good))
        places = {json.loads(each.value or "")["number"]: each for each in reader.records}

    assert len(found) == len(truth) == most
    assert len({port for port, _ in truth.values()}) == 3
    assert sorted(places) == good
    for request in found:
        number = int(request.path.rpartition("/")[2])
        assert (request.port, request.status) == truth[number]
        if number % 7:
            (record,) = request.records
            at = places[number]
            assert record.place == Place("traced", at.partition, at.offset, at.timestamp)
            assert record.proof is Proof.HEADER
            assert not record.copies
            assert request.fate is Fate.RECORD
        else:
            assert request.records == []
            assert request.error is not None
            assert (request.error.type, request.error.line) == ("ValueError", RAISES_AT)
            assert request.error.file.endswith("/game.py")
            assert request.fate is Fate.ERROR


def test_a_record_sent_outside_of_a_request_has_no_mark_and_is_nobodys(lesson: Lesson) -> None:
    cluster = lesson.cluster
    assert not lesson.serve(APP, check=None).error
    with reading(cluster, "unmarked") as reader:
        call(cluster, "/thread/unmarked/1")
        (found,) = reader.whole("/thread/unmarked/", 1, 0)
        eventually(lambda: reader.records, WITHIN)

    assert found.fate is Fate.SILENT
    assert [each.mark for each in reader.records] == [None]


def test_headers_of_the_script_stay_and_each_record_of_a_request_is_told(lesson: Lesson) -> None:
    cluster = lesson.cluster
    assert not lesson.serve(APP, check=None).error
    with reading(cluster, "twofold") as reader:
        assert call(cluster, "/twice/twofold/1") == "twice\n"
        (found,) = reader.whole("/twice/twofold/", 1, 2)

    assert [record.place.offset for record in found.records if record.place] == [0, 1]
    assert len({record.span for record in found.records}) == 2
    assert [each.headers[0][:2] for each in reader.records] == [["mine", "1"]] * 2
    shown = cluster.run("kafkacat", "-C", "-b", "kafka:29092", "-t", "twofold", "-e", "-q")
    assert shown.stdout == b"1\n1\n"


def test_an_async_view_sends_for_its_request(lesson: Lesson) -> None:
    cluster = lesson.cluster
    assert not lesson.serve(APP, check=None).error
    with reading(cluster, "later") as reader:
        assert call(cluster, "/later/later/1") == "later\n"
        (found,) = reader.whole("/later/later/", 1, 1)

    assert found.records[0].proof is Proof.HEADER


def test_what_is_sent_again_with_its_mark_is_a_copy(lesson: Lesson) -> None:
    cluster = lesson.cluster
    assert not lesson.serve(APP, check=None).error
    with reading(cluster, "again") as reader:
        call(cluster, "/buy/again/1")
        (found,) = reader.whole("/buy/again/", 1, 1)
        (record,) = reader.records
        resend(cluster, "again", str(record.headers[0][1]))
        eventually(lambda: len(reader.records) == 2, WITHIN)
        (found,) = reader.whole("/buy/again/", 1, 1)

    (sent,) = found.records
    assert sent.place is not None
    assert (sent.place.offset, [each.offset for each in sent.copies]) == (0, [1])


def resend(cluster: Cluster, topic: str, mark: str) -> None:
    """Send a record with a mark that another has."""
    code = (
        "import sys\nfrom kafka import KafkaProducer\n"
        "made = KafkaProducer(bootstrap_servers='kafka:29092')\n"
        "made.send(sys.argv[1], b'1', headers=[('traceparent', sys.argv[2].encode())])\n"
        "made.flush()\n"
    )
    assert cluster.python(code, topic, mark).status == 0


MAKE_ANEW = """\
import sys, time
from kafka import KafkaAdminClient
admin = KafkaAdminClient(bootstrap_servers="kafka:29092")
admin.delete_topics([sys.argv[1]])
while sys.argv[1] in admin.list_topics():
    time.sleep(0.1)
"""


def make_anew(cluster: Cluster, topic: str) -> None:
    """Delete a topic: the next that is sent to it makes another of its name."""
    made = cluster.python(MAKE_ANEW, topic, timeout=WITHIN)
    assert made.status == 0, made.stderr


def test_a_topic_made_anew_has_none_of_the_earlier_records(lesson: Lesson) -> None:
    cluster = lesson.cluster
    assert not lesson.serve(APP, check=None).error
    with reading(cluster, "anew") as reader:
        call(cluster, "/buy/anew/1")
        (before,) = reader.whole("/buy/anew/", 1, 1)
        make_anew(cluster, "anew")
        reader.seen.clear()
        eventually(lambda: call(cluster, "/buy/anew/2") and reader.seen, WITHIN)
        found = reader.requests("/buy/anew/")

    (old,) = next(each.records for each in found if each.id == before.id)
    new = next(each.records[0] for each in found if each.records[0].seen_at)
    assert old.is_gone
    assert new.place is not None
    assert not new.is_gone


def test_two_servers_and_a_script_that_forks_are_told_apart(lesson: Lesson) -> None:
    cluster = lesson.cluster
    assert not lesson.serve(APP, check=None).error
    second = ("env", "FLASK_APP=/w205/own/game.py", "flask", "run", "--port", "5062")
    cluster.start("second", *second)
    try:
        with reading(cluster, "forked") as reader:
            eventually(lambda: call(cluster, "/buy/forked/1", 5062), WITHIN)
            call(cluster, "/buy/forked/2")
            call(cluster, "/fork/forked/3")
            bought = reader.whole("/buy/forked/", 2, 2)
            (forked,) = reader.whole("/fork/forked/", 1, 1)
    finally:
        cluster.runtime.interrupt(cluster.session, "second")

    assert {each.server_port: each.path for each in bought} == {
        5061: "/buy/forked/2",
        5062: "/buy/forked/1",
    }
    assert len({each.pid for each in bought}) == 2
    (record,) = forked.records
    values = {each.offset: each.value for each in reader.records}
    assert record.place is not None
    assert values[record.place.offset] == "3"


def test_nothing_is_noted_while_the_switch_is_off(lesson: Lesson) -> None:
    cluster = lesson.cluster
    assert not lesson.serve(APP, check=None).error
    spans.turn_off(cluster.runtime, cluster.session, "mids")
    assert call(cluster, "/buy/untold/1") == "Sword Purchased!\n"
    with reading(cluster, "untold") as reader:
        call(cluster, "/buy/untold/2")
        reader.whole("/buy/untold/2", 1, 1)
        eventually(lambda: len(reader.records) == 2, WITHIN)
        found = [each.path for each in reader.requests("/buy/untold/1")]

    assert found == []
    assert [each.mark is None for each in reader.records] == [True, False]
