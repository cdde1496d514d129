"""Every byte of a connection is a part of something, whatever the bytes are."""

import gzip
import zlib

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine.wire.bodies import UNPACKED, unpacked
from portal.engine.wire.conversation import read
from portal.engine.wire.part import MOST_PARTS, Message, parts_of
from portal.engine.wire.replies import read_replies
from portal.engine.wire.requests import METHODS, read_requests

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
ANSWERED = "It answered 200 OK, 2 bytes of body."
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECES = st.sampled_from(
    [
        GET,
        OK,
        CHUNKED,
        b"\r\n",
        b"\n",
        b"\r",
        b"0\r\n\r\n",
        b"5\r\nhello\r\n",
        b"ffffffffffff\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"GET /\r\n",
        b"HEAD / HTTP/1.1\r\n",
        b" folded\r\n",
        b"\0\xff",
        b"H",
        b":",
    ]
)
HOSTILE = st.lists(PIECES | st.binary(max_size=20), max_size=30).map(b"".join)


def names(messages: list[Message]) -> list[str]:
    """What the parts are, in order."""
    return [part.name for part in parts_of(messages)]


def is_whole(data: bytes, messages: list[Message]) -> bool:
    """Whether the parts are all the bytes, each once and in order."""
    at = 0
    for part in parts_of(messages):
        if part.begin != at or part.end <= at:
            return False
        at = part.end
    return at == len(data)


@given(HOSTILE)
def test_the_parts_of_requests_are_all_the_bytes(data: bytes) -> None:
    assert is_whole(data, read_requests(data))


@given(HOSTILE, st.lists(st.sampled_from([b"GET", b"HEAD"]), max_size=4), st.booleans())
def test_the_parts_of_replies_are_all_the_bytes(
    data: bytes, methods: list[bytes], is_closed: bool
) -> None:
    assert is_whole(data, read_replies(data, methods, is_closed=is_closed))


@given(HOSTILE, HOSTILE, st.sampled_from(["", "close", "reset", "you", "time"]))
def test_any_connection_can_be_told_of(request: bytes, response: bytes, ended: str) -> None:
    told = read(request, response, ended)
    replies = [reply for turn in told.turns for reply in turn.replies]
    assert replies == list(told.replies)
    assert [each.request for each in told.turns if each.request] == list(told.requests)
    assert all(each.says.endswith(".") for each in told.turns)


HEADERS = st.lists(
    st.tuples(
        st.from_regex(rb"x-[a-z]{1,8}", fullmatch=True),
        st.from_regex(rb"[!-~]{1,20}", fullmatch=True),
    ),
    max_size=5,
)


@given(
    st.sampled_from(sorted(set(METHODS) - {b"CONNECT"})),
    HEADERS,
    st.binary(max_size=50),
    st.booleans(),
)
def test_what_h11_sends_is_read_as_it_was_meant(
    method: bytes, headers: list[tuple[bytes, bytes]], body: bytes, is_chunked: bool
) -> None:
    framing = (
        (b"transfer-encoding", b"chunked") if is_chunked else (b"content-length", b"%d" % len(body))
    )
    client = h11.Connection(h11.CLIENT)
    sent = [
        h11.Request(method=method, target=b"/", headers=[(b"host", b"x"), *headers, framing]),
        h11.Data(data=body),
        h11.EndOfMessage(),
    ]
    data = b"".join(client.send(event) or b"" for event in sent)
    first, second = read_requests(data + GET)
    assert (first.words[0], first.body, first.lacks, first.notes) == (method, body, "", [])
    assert first.headers == [(b"host", b"x"), *headers, framing]
    assert second.line == b"GET / HTTP/1.1"
    assert not [part for part in first.parts if part.is_odd]


@given(HOSTILE)
def test_a_whole_request_that_h11_takes_is_whole_here(data: bytes) -> None:
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    body, request = b"", None
    try:
        while not isinstance(event := server.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.ConnectionClosed) or event in (h11.NEED_DATA, h11.PAUSED):
                return
            if isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
    except h11.RemoteProtocolError:
        return
    found = read_requests(data)[0]
    assert request is not None
    assert found.words[:2] == [request.method, request.target]
    assert (found.body, found.lacks) == (body, "")


def test_each_part_of_a_request_has_its_name() -> None:
    data = b"\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + GET[:20]
    assert names(read_requests(data)) == [
        "stray",
        "request-line",
        "header",
        "header",
        "blank",
        "body",
        "request-line",
        "header",
    ]


def test_each_part_of_a_chunked_reply_has_its_name() -> None:
    data = CHUNKED + b"2;x=1\r\nhi\r\n0\r\nX: y\r\n\r\n" + OK
    found = read_replies(data)
    assert names(found)[3:9] == [
        "chunk-size",
        "chunk",
        "chunk-end",
        "chunk-size",
        "trailer",
        "blank",
    ]
    assert [each.body for each in found] == [b"hi", b"hi"]


@pytest.mark.parametrize(
    ("reply", "method", "closed", "bodies", "lacks"),
    [
        (OK * 3, b"GET", False, [b"hi"] * 3, ""),
        (OK[:-2], b"HEAD", False, [b""], ""),
        (b"HTTP/1.1 200 OK\r\n\r\nall", b"GET", True, [b"all"], ""),
        (b"HTTP/1.1 200 OK\r\n\r\nall", b"GET", False, [b"all"], "close"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"POST", False, [b"", b"hi"], ""),
        (
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" + OK,
            b"GET",
            False,
            [b"", b"hi"],
            "",
        ),
        (OK[:-1], b"GET", True, [b"h"], "body"),
        (OK + b"more", b"GET", True, [b"hi", b"more"], ""),
        (b"hello", b"GET", True, [b"hello"], ""),
        (CHUNKED + b"2\r\nhi\r\n", b"GET", False, [b"hi"], "body"),
        (CHUNKED + b"nonsense\r\n", b"GET", False, [b""], ""),
        (CHUNKED + b"2\r\nhigher\r\n", b"GET", False, [b"hi"], ""),
    ],
)
def test_a_reply_ends_where_its_headers_say(
    reply: bytes, method: bytes, closed: bool, bodies: list[bytes], lacks: str
) -> None:
    found = read_replies(reply, [method], is_closed=closed)
    assert [each.body for each in found] == bodies
    assert found[-1].lacks == lacks


@pytest.mark.parametrize(
    ("request_", "response", "ended", "says"),
    [
        (GET, OK, "you", [ANSWERED]),
        (GET * 2, OK * 2, "close", [ANSWERED] * 2),
        (
            GET[:-2],
            b"",
            "",
            ["The server waits for the rest: no empty line has ended the headers."],
        ),
        (
            GET * 2,
            OK,
            "close",
            [ANSWERED, "The server closed the connection without answering it."],
        ),
        (b"GET /\r\n", b"hello", "close", ["It answered as HTTP/0.9 does: with the body alone."]),
        (GET, b"hello", "close", ["What came back is no HTTP."]),
        (GET, OK[:-1], "you", ["It began to answer 200 OK; the body stops after 1 bytes."]),
        (POST + b"ab", OK, "you", ["It did not wait for the rest: 200 OK, 2 bytes of body."]),
        (b"", OK, "close", ["Nobody asked for this."]),
        (GET, b"HTTP/1.1 100 Continue\r\n\r\n", "", ["No reply yet."]),
    ],
)
def test_it_says_what_the_server_made_of_each_request(
    request_: bytes, response: bytes, ended: str, says: list[str]
) -> None:
    assert [each.says for each in read(request_, response, ended).turns] == says


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 wants one Host header, and it has none"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "more than one Host"),
        (POST[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "smuggled"),
        (b"POST / HTTP/1.0\r\nContent-Length: x\r\n\r\n", "no number of bytes"),
        (b"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nab", "shorter than its headers say"),
    ],
)
def test_what_is_odd_about_a_request_is_noted(request_: bytes, words: str) -> None:
    (note,) = read(request_, b"", "").notes
    assert words in note


def test_a_line_that_ends_in_a_line_feed_alone_is_read_and_said_to_be_odd() -> None:
    (found,) = read_requests(b"GET / HTTP/1.0\n\n")
    assert found.lacks == ""
    assert all("line feed alone" in part.says for part in found.parts)


def test_more_parts_than_can_be_shown_are_one() -> None:
    (found,) = read_requests(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000)[:1]
    assert len(found.parts) == MOST_PARTS
    assert len(list(parts_of(read_requests(b"\n" * 50_000 + GET)))) <= MOST_PARTS + 2


def test_a_packed_body_is_unpacked_up_to_a_bound() -> None:
    def reply(body: bytes, coding: bytes = b"gzip") -> Message:
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
        return read_replies(head % (coding, len(body)) + body)[0]

    assert unpacked(reply(gzip.compress(b"hello"))) == (b"hello", False)
    assert unpacked(reply(zlib.compress(b"hello"), b"deflate")) == (b"hello", False)
    bomb = gzip.compress(b"\0" * 50_000_000)
    found, is_more = unpacked(reply(bomb)) or (b"", False)
    assert (len(found), is_more) == (UNPACKED, True)
    assert unpacked(reply(b"no gzip")) == (b"", False)
    assert unpacked(reply(b"plain", b"identity")) is None
