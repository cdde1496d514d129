"""The relay on a real, small sandbox: what a cluster writes is in its stream, once."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.utils import timezone
from pytest_django import Settings

from portal.activities import captures, keys
from portal.activities.models import Session, StepRun
from portal.activities.status import StepStatus
from portal.activities.tests.host import Host, runtimes_of
from portal.catalog.models import LabVersion
from portal.engine.errors import ClusterGone
from portal.engine.runtimes.base import LogLine
from portal.engine.runtimes.fake import FakeRuntime, Reply
from portal.live import streams
from portal.runner import relay
from portal.runner.readers import read_spans
from portal.runner.relay import Relay
from tests.contract.cluster import Cluster
from tests.contract.drivers import DRIVERS

LINES = 5000
COUNT = f"""
import sys, time
for number in range({LINES}):
    print(number, flush=True)
    if number % 250 == 0:
        time.sleep(0.05)
time.sleep(60)
"""
WITHIN = 60.0


def eventually(condition: Callable[[], Any]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)


def session_on(version: LabVersion, student: AbstractUser, name: str) -> Session:
    """A session whose cluster is up under that name."""
    return Session.objects.create(
        id=name,
        owner_id=student.pk,
        version=version,
        runtime="sandbox",
        host="local",
        status="ready",
        expires_at="2100-01-01T00:00Z",
    )


def entries_of(session: Session, service: str) -> list[tuple[int, dict[str, Any]]]:
    """Everything in a service's stream."""
    found: list[tuple[int, dict[str, Any]]] = []
    while (batch := streams.read(keys.log_key(session, service), len(found))).entries:
        assert batch.gap == 0
        found += batch.entries
    return found


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A small cluster that is up."""
    made = Cluster(DRIVERS["sandbox"].make(tmp_path / "sessions"), "relaytest1")
    made.up()
    yield made
    made.runtime.down(made.session)


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Relay]]:
    """Makes relays that look once, and stops what a test leaves running."""
    begun: list[Relay] = []

    def make() -> Relay:
        made = Relay("local")
        made.keep_readers()
        begun.append(made)
        return made

    yield make
    for each in begun:
        each.stop()


Begin = Callable[[], Relay]


@pytest.mark.sandbox
def test_every_line_arrives_once_though_the_relay_is_begun_anew(
    cluster: Cluster,
    version: LabVersion,
    student: AbstractUser,
    begin: Begin,
    settings: Settings,
) -> None:
    settings.SLUICE_RUNTIMES = runtimes_of(cluster, "sandbox")
    session = session_on(version, student, cluster.session)
    key = keys.log_key(session, "mids")
    first = begin()
    cluster.start("count", "python", "-c", COUNT)
    eventually(lambda: streams.last_number(key) > 300)
    first.stop()
    stood = streams.last_number(key)
    second, third = begin(), begin()  # Two at once, as when a supervisor is in a hurry.
    eventually(lambda: streams.last_number(key) > stood)
    second.stop()
    third.stop()
    begin()
    eventually(lambda: streams.last_number(key) >= LINES)
    found = entries_of(session, "mids")
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    counted = [fields["text"] for _, fields in found if fields["process"] == "count"]
    assert counted == [str(number) for number in range(LINES)]
    assert stood < LINES


# What it reads, on a host in memory


@pytest.fixture
def running(ready: Session, begin: Begin) -> Relay:
    """A relay that reads the session's logs."""
    return begin()


def read_by(made: Relay) -> set[tuple[str, str]]:
    """What a relay reads now of logs and topics."""
    return {
        (key[2], key[3])
        for key, reader in made.readers.items()
        if key[2] != "spans"
        if reader.thread.is_alive() and not reader.stopped.is_set()
    }


def test_every_services_log_is_read(running: Relay) -> None:
    assert read_by(running) == {("log", "kafka"), ("log", "mids")}


def test_a_log_is_read_once_however_often_it_looks(running: Relay) -> None:
    threads = threads_of(running)
    running.keep_readers()
    assert threads_of(running) == threads


def threads_of(made: Relay) -> list[threading.Thread]:
    """Those that read logs."""
    return [reader.thread for key, reader in made.readers.items() if key[2] == "log"]


def test_what_a_process_writes_is_text_whatever_its_bytes(
    running: Relay, ready: Session, host: Host
) -> None:
    for line in (b"plain", b"\xff\x00<script>", "ü".encode(), b""):
        host.runtime.say(ready.pk, "mids", line, "flask")
    eventually(lambda: len(entries_of(ready, "mids")) == 4)
    found = [
        (number, fields["process"], fields["text"]) for number, fields in entries_of(ready, "mids")
    ]
    assert found == [
        (1, "flask", "plain"),
        (2, "flask", "\ufffd\u2400<script>"),
        (3, "flask", "ü"),
        (4, "flask", ""),
    ]


@pytest.mark.parametrize("status", ["queued", "stopping", "failed", "ended"])
def test_a_session_without_a_cluster_is_read_no_more(
    running: Relay, ready: Session, status: str
) -> None:
    Session.objects.filter(pk=ready.pk).update(status=status)

    def has_stopped() -> bool:
        running.keep_readers()
        return not running.readers

    eventually(has_stopped)


def wait(session: Session, name: str, stopped: Callable[[], bool]) -> Iterator[Any]:
    """A source that says nothing."""
    while not stopped():
        time.sleep(0.01)
    yield from ()


def test_a_topic_is_read_while_somebody_watches_it(
    ready: Session, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(relay.READ, "topic", wait)
    monkeypatch.setitem(relay.READ, "topics", wait)
    made = begin()
    assert ("topic", "events") not in read_by(made)
    keys.want_topic(ready, "events")
    made.keep_readers()
    assert ("topic", "events") in read_by(made)
    monkeypatch.setattr(keys, "topics_wanted_of", lambda sessions: {ready.pk: []})

    def has_stopped() -> bool:
        made.keep_readers()
        return ("topic", "events") not in {key[2:] for key in made.readers}

    eventually(has_stopped)


def test_a_topic_is_read_while_a_step_is_at_work_that_sends_to_it(
    ready: Session, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has the page open, and the records are counted all the same."""
    monkeypatch.setitem(relay.READ, "topic", wait)
    made = begin()
    run = StepRun.objects.create(session=ready, generation=1, step_id="call", status="running")
    made.keep_readers()
    assert [each for each in read_by(made) if each[0] != "log"] == [("topic", "events")]
    run.move(StepStatus.PASSED, finished_at=timezone.now())
    made.keep_readers()
    assert ("topic", "events") in read_by(made), "what it sent is on its way"
    StepRun.objects.update(finished_at=timezone.now() - 2 * relay.LINGERING)
    made.keep_readers()
    assert ("topic", "events") not in read_by(made)


@pytest.mark.parametrize("step", ["topic", "serve"])
def test_a_step_that_sends_nothing_has_no_topic_read(
    ready: Session, begin: Begin, step: str
) -> None:
    StepRun.objects.create(session=ready, generation=1, step_id=step, status="running")
    assert {kind for kind, _ in read_by(begin())} == {"log"}


def test_after_a_reset_the_new_clusters_log_is_read_from_its_beginning(
    running: Relay, ready: Session, host: Host
) -> None:
    host.runtime.say(ready.pk, "mids", b"old")
    eventually(lambda: entries_of(ready, "mids"))
    host.runtime.clusters[ready.pk].lines.clear()
    Session.objects.filter(pk=ready.pk).update(generation=2)
    ready.refresh_from_db()
    host.runtime.say(ready.pk, "mids", b"new")
    running.keep_readers()
    eventually(lambda: [fields["text"] for _, fields in entries_of(ready, "mids")] == ["new"])


class ForgetfulRuntime(FakeRuntime):
    """A log whose reader ends after each line, as when its connection breaks."""

    def logs(self, session: str, service: str, since: int = 0, **options: Any) -> Iterator[LogLine]:
        for line in self.find(session).lines.get(service, [])[since:]:
            yield line
            raise ClusterGone("The connection broke.")


def test_a_reader_that_breaks_is_begun_again_where_it_stood(
    ready: Session, host: Host, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LOOK_SECONDS", 0.0)
    there = host.runtime.clusters
    host.use(ForgetfulRuntime()).clusters = there
    for number in range(3):
        host.runtime.say(ready.pk, "mids", str(number).encode())
    made = begin()

    def is_complete() -> bool:
        made.keep_readers()
        return [fields["text"] for _, fields in entries_of(ready, "mids")] == ["0", "1", "2"]

    eventually(is_complete)


def test_lines_that_came_while_redis_was_away_arrive(
    running: Relay, ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis

    append, failures = streams.append_encoded, iter(range(3))

    def away_for_a_while(*args: Any, **options: Any) -> int:
        if next(failures, None) is not None:
            raise redis.ConnectionError("away")
        return append(*args, **options)

    from portal.runner import batcher

    monkeypatch.setattr(batcher, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(streams, "append_encoded", away_for_a_while)
    for number in range(100):
        host.runtime.say(ready.pk, "mids", str(number).encode())
    eventually(lambda: len(entries_of(ready, "mids")) == 100)
    assert [fields["text"] for _, fields in entries_of(ready, "mids")] == list(map(str, range(100)))


# What servers note of their requests


def spans_said(*lines: dict[str, Any]) -> Callable[..., Reply]:
    """A reader in the cluster that tells these."""
    told = [[number, json.dumps(each)] for number, each in enumerate(lines, 5)]
    said = json.dumps({"type": "spans", "lines": told}).encode() + b"\n"
    return lambda service, argv: Reply(said if "guest.spans" in argv else b"")


def test_the_bytes_of_a_request_are_kept_apart_from_its_trace(ready: Session, host: Host) -> None:
    trace = "a" * 32
    begin = {"k": "begin", "id": trace, "at": 1.0, "method": "GET", "path": "/"}
    end = {"k": "end", "id": trace, "at": 2.0, "is_request": True, "status": 200, "in": "R0VU"}
    host.runtime.replies = spans_said(begin, {"k": "junk"}, end)
    for key, entries in read_spans(ready, "mids", lambda: False):
        streams.append_encoded(key, entries)

    noted = streams.read(keys.trace_key(ready, "mids"))
    kept = streams.read(keys.capture_key(ready, "mids"))
    assert [(number, fields["k"]) for number, fields in noted.entries] == [(5, "begin"), (7, "end")]
    assert [number for number, _ in kept.entries] == [7]
    assert (noted.gap, kept.gap) == (0, 0)
    assert "in" not in noted.entries[1][1]
    (found,) = captures.captures(ready)
    assert (found.number, found.request, found.status) == (7, b"GET", 200)
    assert list(read_spans(ready, "mids", lambda: False)) == [], "what is kept is not told again"
