"""Requests go out as typed, answers come back as sent, and every byte shows."""

import base64
import json
import re
import socket
import threading
import time
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine.errors import ClusterError, StepFailed
from portal.engine.guest import http_raw, messages
from portal.engine.http import Exchange, findings, render_bytes, request_bytes, send
from portal.engine.lines import GarbledReply
from portal.engine.runtimes.base import Runtime
from portal.engine.tests.scripted import ScriptedRuntime

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EXCHANGE: dict[str, Any] = {
    "type": "exchange",
    "response": base64.b64encode(b"HTTP/1.1 200 OK\r\n\r\nhi").decode(),
    "connect_seconds": 0.001,
    "first_byte_seconds": 0.002,
    "total_seconds": 0.003,
    "ended": "complete",
}


def sent(script: bytes | dict[str, Any], **runtime: Any) -> Exchange:
    """What `send` makes of a script."""
    said = script if isinstance(script, bytes) else json.dumps(script).encode() + b"\n"
    made = cast(Runtime, ScriptedRuntime(said, **runtime))
    return send(made, "s", "mids", "localhost", 5000, "GET / HTTP/1.1")


@pytest.mark.parametrize(
    ("typed", "bytes_sent"),
    [
        ("GET / HTTP/1.1", b"GET / HTTP/1.1"),
        ("GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\n"),
        ("GET / HTTP/1.1\nHost: x", b"GET / HTTP/1.1\r\nHost: x"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("GET / HTTP/1.1\rHost: x", b"GET / HTTP/1.1\r\nHost: x"),
        ("POST / HTTP/1.1\n\nbody", b"POST / HTTP/1.1\r\n\r\nbody"),
        ("", b""),
        ("GET /é", "GET /é".encode()),
    ],
)
def test_it_sends_what_is_typed_with_its_lines_ended(typed: str, bytes_sent: bytes) -> None:
    assert request_bytes(typed) == bytes_sent


@given(st.text())
def test_a_request_has_no_lone_ends_of_lines_and_nothing_is_added(typed: str) -> None:
    request = request_bytes(typed)
    assert request.count(b"\n") == request.count(b"\r") == request.count(b"\r\n")
    assert request.replace(b"\r\n", b"") == re.sub("[\r\n]", "", typed).encode("utf-8", "replace")
    assert request_bytes(request.decode()) == request


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.mark.parametrize(
    ("data", "methods", "lacks"),
    [
        (b"", (), ""),
        (GET, (b"GET",), ""),
        (GET[:-2], (b"GET",), "headers"),
        (b"nonsense", (b"nonsense",), "headers"),
        (GET * 3, (b"GET",) * 3, ""),
        (POST + b"abc" + GET, (b"POST", b"GET"), ""),
        (POST + b"ab", (b"POST",), "body"),
        (GET + GET[:10], (b"GET", b"GET"), "headers"),
        (b"\r\n" + GET + b"\r\n", (b"GET",), ""),
        (
            b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" + GET,
            (b"PUT", b"GET"),
            "",
        ),
        (b" \r\n\r\n", (b"",), ""),
    ],
)
def test_it_knows_the_requests_in_what_was_typed(
    data: bytes, methods: tuple[bytes, ...], lacks: str
) -> None:
    assert messages.requests_in(data) == messages.Asked(methods, lacks)


def test_only_requests_whose_headers_have_an_end_ask_for_something() -> None:
    data = GET + POST.replace(b" / ", b" /buy ") + b"abc" + GET[:-2]
    assert messages.requests_in(data).targets == (b"/", b"/buy")


@given(st.binary(max_size=300))
def test_any_bytes_hold_some_requests_and_replies(data: bytes) -> None:
    asked = messages.requests_in(data)
    assert 0 <= asked.whole <= len(asked.methods)
    assert messages.replies_in(data, asked.methods) >= 0


@pytest.mark.parametrize(
    ("request_", "response", "ended", "words"),
    [
        (GET, OK, "complete", []),
        (GET, OK, "close", []),
        (
            GET[:-2],
            b"",
            "idle",
            [
                "The server still waits for the empty line that ends the headers.",
                "No reply came.",
            ],
        ),
        (
            POST + b"a",
            b"",
            "idle",
            ["The body is shorter than the request's Content-Length says.", "No reply came."],
        ),
        (GET * 2, OK * 2, "complete", ["2 requests were sent, and 2 answered."]),
        (
            GET * 2,
            OK,
            "close",
            ["2 requests were sent, and 1 answered. Then the server closed the connection."],
        ),
        (GET, b"", "close", ["The server closed the connection without a word."]),
        (GET, b"hello", "close", ["What came back does not begin as HTTP does."]),
        (GET, OK[:-1], "idle", ["Nothing more came, and the connection stayed open."]),
        (b"", b"", "idle", ["Nothing was sent."]),
    ],
)
def test_an_odd_exchange_is_a_finding(
    request_: bytes, response: bytes, ended: str, words: list[str]
) -> None:
    assert findings(request_, response, ended) == words


def test_it_reads_an_exchange() -> None:
    exchange = sent(EXCHANGE)
    assert exchange.response.endswith(b"hi")
    assert exchange.status_line == "HTTP/1.1 200 OK"
    assert exchange.request == b"GET / HTTP/1.1"


def test_an_answer_that_is_no_http_has_no_status_line() -> None:
    assert sent(EXCHANGE | {"response": "aGVsbG8="}).status_line == ""


def test_a_status_line_is_one_that_a_database_can_hold() -> None:
    answer = {"response": "SFRUUC8xLjEgMjAwIAD/DQoNCg=="}  # HTTP/1.1 200, NUL, 0xff
    assert sent(EXCHANGE | answer).status_line == "HTTP/1.1 200 \u2400\ufffd"


def test_it_says_that_nothing_listens() -> None:
    with pytest.raises(StepFailed, match="Nothing listens on port 5000: start the Flask step"):
        sent({"type": "refused"})


def test_it_refuses_a_request_that_is_too_long() -> None:
    with pytest.raises(StepFailed, match="longer than"):
        send(cast(Runtime, ScriptedRuntime()), "s", "mids", "localhost", 5000, "x" * 100_000)


def test_it_says_what_the_guest_said_last() -> None:
    with pytest.raises(ClusterError, match="broken"):
        sent(b"", stderr=b"broken\n", status=1)


@pytest.mark.parametrize(
    "changed",
    [
        {"response": "!"},
        {"ended": "well"},
        {"ended": None},
        {"total_seconds": -1},
        {"connect_seconds": "soon"},
        {"type": "other"},
    ],
)
def test_it_refuses_what_no_guest_says(changed: dict[str, Any]) -> None:
    with pytest.raises(GarbledReply):
        sent(EXCHANGE | changed)


def test_it_shows_each_end_of_line() -> None:
    assert render_bytes(b"GET / HTTP/1.1\r\nHost: x\n\r\nbody") == [
        "GET / HTTP/1.1␍␊",
        "Host: x␊",
        "␍␊",
        "body",
    ]


def test_it_shows_what_would_hide_or_disguise_itself() -> None:
    shown = render_bytes("a\x00b\x1b[31m\u202eevil\u200b\x7f".encode() + b"\xff\r.")
    assert shown == ["a␀b␛[31m\\u{202e}evil\\u{200b}␡\\xff␍."]


def test_a_picture_of_an_end_of_line_does_not_pass_for_one() -> None:
    assert render_bytes("␍␊".encode()) == ["\\u{240d}\\u{240a}"]


@given(st.binary(max_size=500))
def test_whatever_the_bytes_they_show_as_printable_text(data: bytes) -> None:
    for shown in render_bytes(data):
        assert shown.isprintable()
    assert len(render_bytes(data)) == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


def test_it_shows_a_long_answer_only_in_part() -> None:
    assert render_bytes(b"\n" * 3000)[-1] == "… 1000 more lines"
    assert render_bytes(b"x" * 10_000)[0].endswith("… (10000 bytes)")


@pytest.mark.parametrize(
    ("answer", "is_complete"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", False),
        (b"HTTP/1.1 200 OK\r\n\r\nhi", False),
        (b"HTTP/1.1 200 OK\r\nContent-Len", False),
        (b"HTTP/1.1 204 NO CONTENT\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", True),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: 1\r\n\r\n",
            True,
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", False),
        (b"HTTP/1.1 100 Continue\r\n\r\n", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"nonsense\r\n\r\n", False),
        (b"", False),
    ],
)
def test_it_knows_when_an_answer_is_complete(answer: bytes, is_complete: bool) -> None:
    assert http_raw.is_complete(answer) is is_complete


@given(st.binary(max_size=200))
def test_any_answer_is_complete_or_not(answer: bytes) -> None:
    assert http_raw.is_complete(CHUNKED + answer) in (True, False)


def exchange_with(answer: bytes, **given_: Any) -> Any:
    """One real exchange with a server that says `answer` and then keeps silent."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(answer)
        held.append(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    told: list[dict[str, Any]] = []
    request = {
        "host": "127.0.0.1",
        "port": listener.getsockname()[1],
        "request": base64.b64encode(b"GET / HTTP/1.1\r\n\r\n").decode(),
        "timeout": 5,
        "idle": 0.1,
        **given_,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_raw, "emit", lambda kind, **fields: told.append(fields))
        with socket.create_connection(("127.0.0.1", request["port"])) as connection:
            http_raw.exchange(connection, request, time.monotonic())
    thread.join()
    for each in held:
        each.close()
    listener.close()
    return told[0]


def test_it_stops_reading_where_the_length_says() -> None:
    told = exchange_with(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", idle=60, timeout=60)
    assert told["ended"] == "complete"
    assert told["total_seconds"] < 50


def test_it_stops_reading_when_nothing_more_comes() -> None:
    told = exchange_with(b"hello")
    assert (told["ended"], base64.b64decode(told["response"])) == ("idle", b"hello")


def test_it_stops_waiting_when_the_time_is_over() -> None:
    told = exchange_with(b"", timeout=0.3)
    assert (told["ended"], told["first_byte_seconds"]) == ("timeout", None)


def test_it_keeps_only_the_beginning_of_an_endless_answer() -> None:
    told = exchange_with(b"x" * (http_raw.LIMIT + 100))
    assert (told["ended"], len(base64.b64decode(told["response"]))) == ("limit", http_raw.LIMIT)


def test_it_reads_the_reply_to_each_of_several_requests() -> None:
    told = exchange_with(OK * 2, request=base64.b64encode(GET * 2).decode(), idle=60, timeout=60)
    assert (told["ended"], base64.b64decode(told["response"])) == ("complete", OK * 2)
    assert told["total_seconds"] < 50


def test_a_server_that_still_waits_for_the_rest_is_not_waited_for() -> None:
    told = exchange_with(b"", request=base64.b64encode(GET[:-2]).decode(), timeout=60)
    assert (told["ended"], told["first_byte_seconds"]) == ("idle", None)
    assert told["total_seconds"] < 50
