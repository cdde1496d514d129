"""Exchanges in every view, compared, named and taken home, whatever is in them."""

import base64
import gzip
import json
import shlex
import subprocess
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from portal.activities.models import Session
from portal.wire import compare, export, services, shown
from portal.wire.models import Exchange
from tests.rows import make_session, make_user

GET = b"GET /buy?a=1 HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
BOMB = gzip.compress(b"\0" * 30_000_000)
PACKED = (
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB
)
HOSTILE = [
    b"\x00\x01\xff" * 80_000,
    b"no HTTP at all",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<script>",
    b"HTTP/1.1 " + b"9" * 200_000,
    b"\r\n" * 100_000,
    PACKED,
    OK * 200,
    b"",
]


def made(session: Session | None = None, **changed: Any) -> Exchange:
    """An exchange that is over; a row where there is a session."""
    fields: dict[str, Any] = {
        "host": "localhost",
        "port": 5000,
        "service": "mids",
        "request": GET,
        "response": OK,
        "pieces": [[">", 0.001, len(GET)], ["<", 0.002, 10], ["<", 1.5, len(OK) - 10]],
        "connect_seconds": 0.001,
        "first_byte_seconds": 0.002,
        "total_seconds": 2.0,
        "ended": "close",
        "origin": "typed",
    }
    fields |= changed
    return (
        Exchange(**fields)
        if session is None
        else Exchange.objects.create(session=session, **fields)
    )


@pytest.fixture
def session(db: None) -> Session:
    return make_session()


@pytest.fixture
def page(session: Session, client: Client) -> Any:
    """Ask for the fragment as the session's student."""
    client.force_login(session.owner)

    def ask(**query: Any) -> str:
        response = client.get(reverse("wire:exchanges", args=[session.pk]), query)
        assert response.status_code == 200
        return response.content.decode()

    return ask


@pytest.mark.parametrize("response", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("view", ["parts", "text", "hex", "compare"])
def test_any_reply_can_be_looked_at(
    session: Session, page: Any, response: bytes, view: str
) -> None:
    made(session)
    pieces = [["<", 0.1 * number, 1] for number in range(3000)]
    made(session, response=response, pieces=pieces, request=b"\0\xff" * 100)
    text = page(view=view)
    assert "<script>" not in text
    assert len(text) < 2_500_000


def test_each_part_has_its_name(session: Session, page: Any) -> None:
    made(session)
    text = page()
    for name in ("request-line", "status-line", "header", "blank", "body"):
        assert f'data-part="{name}"' in text
    assert "It answered 200 OK, 2 bytes of body." in text


def test_a_packed_body_is_shown_unpacked_up_to_a_bound(session: Session, page: Any) -> None:
    made(session, response=PACKED)
    assert "the whole is far longer" in page()


def test_the_transcript_has_the_time_of_each_piece(session: Session, page: Any) -> None:
    made(session)
    text = page(view="text")
    for moment in ("1.0 ms", "2.0 ms", "1500.0 ms"):
        assert moment in text
    assert "HTTP/1.1 2</pre>" in text


def test_hexadecimal_shows_codes_and_letters(session: Session, page: Any) -> None:
    made(session)
    text = page(view="hex")
    assert "47 45 54 20 2f 62 75 79  3f 61 3d 31 20 48 54 54" in text
    assert "GET /buy?a=1 HTT" in text


def test_two_exchanges_are_compared(session: Session, page: Any) -> None:
    first = made(session, name="before")
    made(session, response=OK.replace(b"hi", b"no"))
    text = page(view="compare", **{"with": first.pk})
    assert "byte for byte the same" in text
    assert '<tr data-kind="changed"><td>hi' in text


def test_an_exchange_that_is_open_is_followed(session: Session, page: Any) -> None:
    row = made(session, ended="", is_by_lines=True)
    text = page()
    assert f'stream="wire:{row.pk}"' in text
    assert 'name="line"' in text


def test_what_has_a_name_is_not_made_room_for(session: Session, client: Client) -> None:
    client.force_login(session.owner)
    row = made(session)
    address = reverse("wire:rename", args=[session.pk, row.pk])
    assert "my first" in client.post(address, {"name": "  my \n first "}).content.decode()
    for _ in range(services.KEPT + 5):
        made(session)
    services.make_room(session)
    assert Exchange.objects.count() == services.KEPT
    assert Exchange.objects.get(pk=row.pk).name == "my first"


def test_only_some_can_have_names(session: Session, client: Client) -> None:
    client.force_login(session.owner)
    for number in range(services.NAMED):
        made(session, name=str(number))
    row = made(session)
    address = reverse("wire:rename", args=[session.pk, row.pk])
    assert "have names already" in client.post(address, {"name": "x"}).content.decode()


def test_who_only_watches_has_no_buttons(session: Session, client: Client) -> None:
    row = made(session)
    client.force_login(make_user(is_superuser=True))
    text = client.get(reverse("wire:exchanges", args=[session.pk])).content.decode()
    assert "wire-again" not in text
    for name in ("again", "rename", "hang_up"):
        address = reverse(f"wire:{name}", args=[session.pk, row.pk])
        assert client.post(address).status_code == 404


def test_the_bytes_can_be_saved(session: Session, client: Client) -> None:
    row = made(session, response=b"\0\xff")
    client.force_login(session.owner)

    def saved(form: str) -> Any:
        return client.get(reverse("wire:download", args=[session.pk, row.pk, form]))

    assert saved("request").content == GET
    assert saved("response").content == b"\0\xff"
    assert saved("response")["Content-Type"] == "application/octet-stream"
    assert json.loads(saved("har").content)["log"]["version"] == "1.2"
    assert b"curl" in saved("curl").content
    assert saved("other").status_code == 404
    client.force_login(make_user())
    assert saved("request").status_code == 404


@given(st.binary(max_size=200))
def test_the_script_has_the_same_bytes(data: bytes) -> None:
    script = export.as_shell(made(request=data))
    (line,) = [each for each in script.splitlines() if each.startswith("printf ")]
    printed = subprocess.run(
        ["bash", "-c", line.partition(" | docker-compose")[0]], capture_output=True, check=True
    )
    assert printed.stdout == data


def test_the_script_tells_curl_all_that_the_request_says() -> None:
    body = b"POST /a HTTP/1.0\r\nHost: x\r\nX-A: it's\r\nContent-Length: 2\r\n\r\nhi"
    (line,) = [
        each for each in export.as_shell(made(request=body)).splitlines() if " curl " in each
    ]
    argv = shlex.split(line)
    assert argv[:5] == ["docker-compose", "exec", "-T", "mids", "curl"]
    assert argv[argv.index("--data-binary") + 1] == "hi"
    assert {"--http1.0", "x-a: it's", "user-agent:", "http://localhost:5000/a"} <= set(argv)


@pytest.mark.parametrize(
    "request_", [b"GET /\r\n", GET[:-2], b"GET @x HTTP/1.1\r\n\r\n", b"\0\n\n"]
)
def test_the_script_says_what_curl_would_not_send(request_: bytes) -> None:
    assert "curl would not send" in export.as_shell(made(request=request_))


NEEDED = {
    "request": "method url httpVersion cookies headers queryString headersSize bodySize",
    "response": "status statusText httpVersion cookies headers content redirectURL headersSize",
    "timings": "send wait receive",
}
"""What HAR 1.2 says that each object has."""


@given(st.binary(max_size=200), st.sampled_from([OK, OK * 2, b"\0\xff", b"", OK[:30]]))
def test_har_has_all_that_it_must(request_: bytes, response: bytes) -> None:
    exchange = made(request=GET + request_, response=response)
    told = json.loads(export.as_har(exchange))["log"]
    assert {"version", "creator", "entries"} <= set(told)
    for entry in told["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        for name, keys in NEEDED.items():
            assert set(keys.split()) <= set(entry[name])
    raw = [base64.b64decode(each["_raw"]["request"]) for each in told["entries"]]
    assert b"".join(raw) == GET + request_


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_comparison_has_every_line_of_both(left: bytes, right: bytes) -> None:
    found = compare.compare(left, right)
    ours = [pair.left for pair in found.pairs if pair.kind != "right"]
    theirs = [pair.right for pair in found.pairs if pair.kind != "left"]
    assert (ours, theirs) == (shown.lines_of(left), shown.lines_of(right))
    assert found.is_same == (left == right)
