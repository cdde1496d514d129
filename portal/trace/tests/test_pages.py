"""A session's traces as its pages give them, from streams that a test fills."""

import json
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from portal.activities import captures, keys
from portal.activities.models import Session, StepRun
from portal.engine.spans import Begin, End, Landed, Raised, Sent
from portal.live import streams
from portal.trace import queries
from tests.rows import make_session, make_user

pytestmark = pytest.mark.django_db
TRACE, BAD = "1" * 32, "2" * 32
SPAN = "a" * 16
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def session() -> Session:
    """A session whose server answered one request well and one with an error."""
    made = make_session()
    error = Raised("ValueError", HOSTILE, "/w205/game.py", 14)
    told = [
        Begin(TRACE, 10.0, "GET", "/buy", port=4000, pid=3),
        Sent(TRACE, 1, SPAN, 10.1, "events", is_marked=True),
        End(
            TRACE,
            10.2,
            is_request=True,
            status=200,
            logged_at=10.15,
            request=b"GET /buy HTTP/1.1\r\n\r\n",
            in_size=21,
            response=b"HTTP/1.1 200 OK\r\n\r\n",
            out_last=10.2,
        ),
        Landed(TRACE, 1, SPAN, 10.3, 0, 7, 1500),
        Begin(BAD, 20.0, "GET", f"/{HOSTILE}", port=4001, pid=3),
        End(BAD, 20.2, is_request=True, status=500, error=error),
    ]
    for number, line in enumerate(told, 1):
        fields = msgspec.to_builtins(line)
        if isinstance(line, End):
            streams.append(keys.capture_key(made, "mids"), [(number, {**fields, "prev": 0})])
        noted = {name: value for name, value in fields.items() if name not in ("in", "out")}
        streams.append(keys.trace_key(made, "mids"), [(number, noted)])
    seen = {"trace": TRACE, "span": SPAN, "at": 10.5, "timestamp": 1500, "prev": 0}
    streams.append(keys.seen_key(made, "events", 0), [(8, seen)])
    logged = {"at": 10.16, "process": "flask", "text": '1 - - [x] "GET /buy HTTP/1.1" 200 -'}
    streams.append(keys.log_key(made, "mids"), [(1, {**logged, "text": "starts"}), (2, logged)])
    return made


@pytest.fixture
def owner(client: Client, session: Session) -> Client:
    """Its student."""
    client.force_login(session.owner)
    return client


def told(client: Client, session: Session, **asked: str) -> Any:
    """What the panel gets."""
    return client.get(reverse("trace:traces", args=[session.pk]), asked)


def test_the_panel_gets_each_request_with_its_fate(owner: Client, session: Session) -> None:
    answer = told(owner, session)
    good, bad = json.loads(answer.content)["requests"]
    assert (good["fate"], good["records"][0]["offset"], good["records"][0]["proof"]) == (
        "record",
        7,
        "header",
    )
    assert (bad["fate"], bad["error"]["line"]) == ("error", 14)
    assert told(owner, session, have=answer["X-Content-Tag"]).status_code == 204
    session.change(is_traced=False)
    assert told(owner, session, have=answer["X-Content-Tag"]).status_code == 200


def test_records_without_a_mark_are_said_to_be_known_by_order(
    owner: Client, session: Session
) -> None:
    for offset in range(6, 10):
        value = {"partition": 0, "offset": offset, "value": "v", "prev": offset}
        streams.append(keys.topic_key(session, "events", 0), [(offset + 1, value)])
    begins = {"partition": 0, "begin": 6, "end": 10}
    keys.set_topics(session, [{"name": "events", "is_internal": False, "partitions": [begins]}])
    assert json.loads(told(owner, session).content)["unmarked"] == 3


def test_a_call_of_the_page_is_known_by_its_port(owner: Client, session: Session) -> None:
    reply = {
        "command": "curl /buy",
        "method": "GET",
        "path": "/buy",
        "status": 200,
        "headers": {},
        "body": "",
        "seconds": 0.3,
        "port": 4000,
        "exit_status": 0,
        "ended_at": 10.25,
    }
    kept = {"replies": [reply, {**reply, "port": 4999}]}
    StepRun.objects.create(
        session=session, generation=1, step_id="call", status="passed", evidence=kept
    )
    found = json.loads(told(owner, session).content)
    assert found["requests"][0]["call"]["nth"] == 1
    assert [each["port"] for each in found["without"]] == [4999]


def test_one_trace_leads_from_its_bytes_to_its_line_and_record(
    owner: Client, session: Session
) -> None:
    page = owner.get(reverse("trace:trace", args=[session.pk, TRACE])).content.decode()
    assert "GET /buy HTTP/1.1" in page
    assert 'href="#log-mids-2"' in page
    assert 'data-event="events 0 7"' in page
    bad = owner.get(reverse("trace:trace", args=[session.pk, BAD])).content.decode()
    assert "line 14" in bad
    assert HOSTILE not in bad
    assert owner.get(reverse("trace:trace", args=[session.pk, "3" * 32])).status_code == 404


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"service": "mids", "line": "2"}, TRACE),
        ({"service": "mids", "line": "1"}, ""),
        ({"service": "kafka", "line": "2"}, ""),
        ({"service": "mids", "line": "x"}, ""),
        ({"topic": "events", "partition": "0", "offset": "7", "timestamp": "1500"}, TRACE),
        ({"topic": "events", "partition": "0", "offset": "7", "timestamp": "1501"}, ""),
        ({}, ""),
    ],
)
def test_a_line_and_a_record_lead_back(
    owner: Client, session: Session, asked: dict[str, str], found: str
) -> None:
    answer = owner.get(reverse("trace:find", args=[session.pk]), asked)
    assert json.loads(answer.content) == {"id": found}


def test_a_line_that_another_server_may_have_written_is_by_order(session: Session) -> None:
    again = {"at": 10.17, "process": "second", "text": '1 - - [x] "GET /buy HTTP/1.1" 200 -'}
    found = queries.traces(session).requests
    certain = queries.line_of(session, found[0], found)
    streams.append(keys.log_key(session, "mids"), [(3, again)])
    doubtful = queries.line_of(session, found[0], found)
    assert certain is not None
    assert doubtful is not None
    assert (certain.is_certain, doubtful.is_certain) == (True, False)


def test_traces_can_be_taken_home_as_otlp(owner: Client, session: Session) -> None:
    answer = owner.get(reverse("trace:otlp", args=[session.pk]))
    found = json.loads(answer.content)["resourceSpans"]
    names = {
        attribute["value"]["stringValue"]: each["scopeSpans"][0]["spans"]
        for each in found
        for attribute in each["resource"]["attributes"]
        if attribute["key"] == "service.name"
    }
    assert {name: len(spans) for name, spans in names.items()} == {
        "server": 2,
        "producer": 1,
        "reader": 1,
    }
    assert names["producer"][0]["parentSpanId"] == names["server"][0]["spanId"]
    assert names["producer"][0]["startTimeUnixNano"] == "10100000000"
    assert names["server"][1]["status"]["code"] == 2


def test_only_its_student_turns_the_switch(owner: Client, session: Session) -> None:
    at = reverse("trace:switch", args=[session.pk])
    owner.post(at, {"on": "0"})
    session.refresh_from_db()
    assert not session.is_traced
    owner.force_login(make_user())
    assert owner.post(at, {"on": "1"}).status_code == 404
    assert told(owner, session).status_code == 404


def test_captures_are_found_by_their_trace(session: Session) -> None:
    found = captures.of_trace(session, TRACE)
    assert found is not None
    assert (found.method, found.path, found.request_size) == ("GET", "/buy", 21)
    assert captures.capture(session, "mids", found.number) == found
    assert captures.capture(session, "kafka", found.number) is None
