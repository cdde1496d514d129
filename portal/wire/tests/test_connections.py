"""What is typed goes to the lab's own servers, and what comes shows while it comes."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from portal.activities import errands, keys
from portal.activities.models import Session
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus
from portal.engine.errors import ClusterError
from portal.engine.wire.talk import GOT, SENT, Place
from portal.engine.wire.tests.local import LOCAL, Serve, serving
from portal.live import shares, streams
from portal.runner.errands import Errands
from portal.runner.signals import relay_began, relay_ended
from portal.wire import connections, escapes, places, services, views
from portal.wire.connections import Connection
from portal.wire.models import Exchange
from portal.wire.places import Spot
from tests.rows import make_session, make_user

pytestmark = pytest.mark.django_db(transaction=True)
GET = "GET / HTTP/1.1\nHost: x\n\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
WITHIN = 60


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait until something is so, and return it."""
    deadline = time.monotonic() + WITHIN
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)
    return found


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session whose cluster is said to run: its programs run here."""
    made = make_session()
    Session.objects.filter(pk=made.pk).update(status=SessionStatus.READY, host=f"h-{made.pk}")
    made.refresh_from_db()
    monkeypatch.setattr(connections, "get_runtime", lambda name: LOCAL)
    # A machine with much to do takes its time.
    monkeypatch.setattr(errands, "PATIENCE_SECONDS", float(WITHIN))
    monkeypatch.setattr(connections, "CONNECTING_SECONDS", float(WITHIN))
    # Its account of deeds can't be emptied after a test.
    monkeypatch.setattr(views, "note", lambda *_: None)
    return made


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\n\n",
        b"\x16\x03\x01\x00\xff\r\nplain \\x41 and \xe9\r\nbare \n and \r\r\n",
        "\u00e9 \u202e\r\n\0".encode(),
        bytes(range(256)),
        rb"C:\xampp and \x41",
    ],
)
def test_bytes_can_be_typed_again_as_they_were(data: bytes) -> None:
    typed = escapes.as_typed(data)
    again = services.typed_bytes(typed.text, typed.line_ends, has_escapes=typed.has_escapes)
    assert again == data


def test_an_escape_is_a_byte_only_where_that_is_chosen() -> None:
    assert services.typed_bytes("\\xff\\x0a\n\\xg", "crlf", has_escapes=True) == b"\xff\n\r\n\\xg"
    assert services.typed_bytes("\\xff", "crlf") == b"\\xff"
    assert len(services.typed_bytes("\\xff" * SENT, "crlf", has_escapes=True)) == SENT
    with pytest.raises(NotNow):
        services.typed_bytes("\\xff" * SENT + "x", "crlf", has_escapes=True)


@pytest.fixture
def relay(session: Session) -> Iterator[Errands]:
    """The host's relay, as far as errands go."""
    made = Errands(session.host)
    made.start()
    yield made
    connections.end_all()
    made.stop()
    made.thread.join(WITHIN)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[Serve], Any]:
    """Have the lab's only server do this; its place's name."""

    @contextlib.contextmanager
    def there(serve: Serve) -> Iterator[str]:
        with serving(serve) as port:
            yield lab_has(monkeypatch, port)

    return there


def lab_has(monkeypatch: pytest.MonkeyPatch, port: int) -> str:
    """Have the lab name that port and no other."""
    spot = Spot(Place("mids", "127.0.0.1", port), "in mids", "Run the API")
    monkeypatch.setattr(places, "spots", lambda lab: [spot])
    return spot.key


@pytest.fixture
def post(session: Session, client: Client) -> Callable[..., Any]:
    """Press a button of the wire as the session's student."""
    client.force_login(session.owner)

    def press(name: str, /, *args: int, **form: str) -> Any:
        return client.post(reverse(f"wire:{name}", args=[session.pk, *args]), form)

    return press


def ended(session: Session) -> Exchange:
    """The newest exchange, once it is over."""

    def over() -> Exchange | None:
        return Exchange.objects.filter(session=session).exclude(ended="").first()

    found: Exchange = eventually(over)
    return found


def told(exchange: Exchange) -> list[str]:
    """What pages were told of it, once they know of its end."""

    def kinds() -> list[str] | None:
        found = [piece.kind for piece in services.kept_in(services.key_of(exchange))]
        return found if found[-1:] == ["ended"] else None

    found: list[str] = eventually(kinds)
    return found


def answer(connection: socket.socket) -> None:
    """Reply once, and close."""
    got = b""
    while b"\n\r\n" not in got and b"\n\n" not in got:
        got += connection.recv(1000)
    connection.sendall(OK)


def echo(connection: socket.socket) -> None:
    """Say back whatever comes."""
    while got := connection.recv(1000):
        connection.sendall(got)


@pytest.mark.parametrize(("line_ends", "end"), [("crlf", b"\r\n"), ("lf", b"\n")])
def test_it_sends_exactly_what_was_typed(
    session: Session, relay: Errands, post: Any, at: Any, line_ends: str, end: bytes
) -> None:
    with at(answer) as place:
        typed = f"{GET[:-1]}X-Byte: \\xff\n\n"
        form = {"to": place, "request": typed, "line_ends": line_ends}
        form |= {"escapes": "on"} if line_ends == "lf" else {}
        assert post("send", **form).status_code == 200
        kept = ended(session)
    byte = b"\xff" if line_ends == "lf" else rb"\xff"
    assert bytes(kept.request) == typed.encode().replace(rb"\xff", byte).replace(b"\n", end)
    assert (bytes(kept.response), kept.ended, kept.origin) == (OK, "close", "typed")
    assert kept.first_byte_seconds is not None
    assert kept.connect_seconds <= kept.first_byte_seconds <= kept.total_seconds
    assert sum(size for way, _, size in kept.pieces if way == "<") == len(OK)
    kinds = told(kept)
    assert (kinds[0], set(kinds[1:-1])) == ("connected", {"sent", "got"})


def test_line_by_line_each_goes_when_it_is_typed(
    session: Session, relay: Errands, post: Any, at: Any
) -> None:
    with at(echo) as place:
        post("send", to=place, request="ignored", how="lines")
        (exchange,) = Exchange.objects.filter(session=session)
        key = services.key_of(exchange)
        so_far = b""
        for line in ("GET / HTTP/1.1", "", "\0é"):
            assert post("say", exchange.pk, line=line).json() == {}
            so_far += line.encode() + b"\r\n"

            def heard(expected: bytes = so_far) -> bool:
                pieces = services.kept_in(key)
                return b"".join(each.data for each in pieces if each.kind == "got") == expected

            eventually(heard)
        assert post("hang_up", exchange.pk).status_code == 200
        kept = ended(session)
    assert (bytes(kept.request), bytes(kept.response)) == (so_far, so_far)
    assert (kept.ended, kept.is_by_lines) == ("you", True)
    refused = post("say", exchange.pk, line="more")
    assert (refused.status_code, refused.json()["error"][:24]) == (409, "The connection is closed")


def test_nothing_listens_is_no_failure_and_names_the_step(
    session: Session, relay: Errands, post: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    post("send", to=lab_has(monkeypatch, port), request=GET)
    kept = ended(session)
    assert kept.ended == "refused"
    assert "Run the step “Run the API” first" in kept.problem
    text = post("rename", kept.pk, name="").content.decode()
    assert "Run the step “Run the API” first" in text


def test_the_same_bytes_can_be_sent_again(
    session: Session, relay: Errands, post: Any, at: Any
) -> None:
    data = b"\xff\0 no text\n\n"
    old = Exchange.objects.create(
        session=session,
        host="127.0.0.1",
        port=1,
        request=data,
        ended="you",
        connect_seconds=0,
        total_seconds=0,
    )
    with at(answer) as place:
        Exchange.objects.filter(pk=old.pk).update(port=int(place.split(":")[1]))
        post("again", old.pk)
        eventually(lambda: Exchange.objects.exclude(pk=old.pk).exclude(ended="").count())
    kept = Exchange.objects.exclude(pk=old.pk).get()
    assert (bytes(kept.request), bytes(kept.response)) == (data, OK)


def test_what_a_relay_that_died_had_heard_is_kept(
    session: Session, relay: Errands, post: Any, at: Any
) -> None:
    def half(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200")
        connection.recv(10_000)
        connection.recv(1)

    with at(half) as place:
        post("send", to=place, request=GET)
        (exchange,) = Exchange.objects.filter(session=session)
        key = services.key_of(exchange)
        eventually(lambda: streams.last_number(key) >= 3)
        relay_began.send(sender=None, host=session.host)
        exchange.refresh_from_db()
        assert (exchange.ended, bytes(exchange.response)) == ("lost", b"HTTP/1.1 200")
        post("hang_up", exchange.pk)
        eventually(lambda: not connections._held)
    exchange.refresh_from_db()
    assert exchange.ended == "lost"


def test_a_relay_that_ends_says_that_the_connection_was_lost(
    session: Session, relay: Errands, post: Any, at: Any
) -> None:
    with at(echo) as place:
        post("send", to=place, request="x")
        (exchange,) = Exchange.objects.filter(session=session)
        eventually(lambda: streams.last_number(services.key_of(exchange)) >= 3)
        relay_ended.send(sender=None, host=session.host)
        assert (ended(session).ended, bytes(ended(session).response)) == ("lost", b"x")


def test_what_redis_has_lost_is_told_again(
    session: Session, relay: Errands, post: Any, at: Any
) -> None:
    with at(echo) as place:
        post("send", to=place, how="lines")
        (exchange,) = Exchange.objects.filter(session=session)
        key = services.key_of(exchange)
        assert post("say", exchange.pk, line="one").json() == {}
        eventually(lambda: streams.last_number(key) >= 3)
        shares.forget(key)
        assert post("say", exchange.pk, line="two").json() == {}
        eventually(lambda: streams.last_number(key) >= 5)
        pieces = list(services.kept_in(key))
        assert pieces[0].kind == "connected"
        assert b"".join(each.data for each in pieces if each.kind == "sent") == b"one\r\ntwo\r\n"
        post("hang_up", exchange.pk)
        ended(session)


def test_only_some_connections_are_open_at_once(session: Session, post: Any, at: Any) -> None:
    with at(echo) as place:
        for _ in range(services.OPEN):
            Exchange.objects.create(
                session=session, host="h", port=1, connect_seconds=0, total_seconds=0
            )
        text = post("send", to=place, request=GET).content.decode()
        assert "3 connections are open already" in text
        assert Exchange.objects.count() == services.OPEN


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"request": "x" * 1_000_000}, "more than the 64 KB"),
        ({"request": "\n" * 40_000}, "more than the 64 KB"),
        ({"request": ""}, "nothing to send yet"),
        ({"request": GET, "to": "example.com:80"}, "no server of this lab"),
        ({"request": GET, "to": ""}, "no server of this lab"),
    ],
)
def test_what_cannot_be_sent_is_told(
    session: Session, post: Any, at: Any, form: dict[str, str], words: str
) -> None:
    with at(echo) as place:
        answered = post("send", **{"to": place, **form})
    assert answered.status_code == 200
    assert words in answered.content.decode()
    assert not Exchange.objects.exists()


def test_a_cluster_that_does_not_run_is_told(session: Session, post: Any, at: Any) -> None:
    Session.objects.update(status=SessionStatus.ENDED)
    with at(echo) as place:
        assert "cluster is not running" in post("send", to=place, request=GET).content.decode()


def test_what_is_nobodys_fault_ends_the_connection_too(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def exec(self, *_: Any, **__: Any) -> None:
            raise ClusterError("The agent is away.")

    monkeypatch.setattr(connections, "get_runtime", lambda name: Broken())
    spot = Spot(Place("mids", "127.0.0.1", 1), "in mids")
    row = services.begin(session, spot, b"x")
    Connection(session, row).hold()
    row.refresh_from_db()
    assert (row.ended, row.problem[:18]) == ("failed", "The agent is away.")


def test_only_its_student_may_use_it(session: Session, at: Any, client: Client) -> None:
    row = Exchange.objects.create(
        session=session, host="h", port=1, connect_seconds=0, total_seconds=0
    )
    client.force_login(make_user())
    for name, args in [("send", []), *((n, [row.pk]) for n in ("again", "say", "hang_up"))]:
        assert client.post(reverse(f"wire:{name}", args=[session.pk, *args])).status_code == 404
    others = make_session()
    client.force_login(others.owner)
    assert client.post(reverse("wire:say", args=[others.pk, row.pk])).status_code == 404


def test_pages_follow_a_sessions_own_connections(session: Session) -> None:
    row = Exchange.objects.create(
        session=session, host="h", port=1, connect_seconds=0, total_seconds=0
    )
    assert keys.key_in(session, "wire", str(row.pk)) == services.key_of(row)
    for rest in ("0", "x", "", "9" * 30):
        assert keys.key_in(session, "wire", rest) is None
    assert keys.key_in(make_session(), "wire", str(row.pk)) is None
    assert keys.key_in(session, "unheard-of", "1") is None


def test_a_stream_that_says_too_much_is_not_believed(session: Session) -> None:
    row = Exchange.objects.create(
        session=session, host="h", port=1, connect_seconds=0, total_seconds=0
    )
    big = {"kind": "got", "at": 0.0, "how": "", "text": "eHh4" * 30_000}
    for number in range(1, 6):
        streams.append(services.key_of(row), [(number, big)])
    services.lose_one(row)
    row.refresh_from_db()
    assert len(row.response) <= GOT + SENT


def test_an_end_that_cannot_be_written_at_once_is_written_later(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = services.finish, []

    def busy(*args: Any) -> bool:
        tries.append(args)
        if len(tries) < 3:
            raise OperationalError("database is locked")
        return real(*args)

    monkeypatch.setattr(services, "finish", busy)
    spot = Spot(Place("mids", "127.0.0.1", 1), "in mids")
    row = services.begin(session, spot, b"x")
    Connection(session, row).hold()
    row.refresh_from_db()
    assert (row.ended, len(tries)) == ("refused", 3)
