"""A connection is held whatever the server does, and every piece is told as it comes."""

import json
import socket
import struct
import threading
import uuid
from collections.abc import Iterator
from typing import Any, cast

import pytest

from portal.engine.errors import ClusterError, ClusterGone, StepFailed
from portal.engine.lines import GarbledReply
from portal.engine.runtimes.base import Runtime
from portal.engine.tests.scripted import ScriptedRuntime
from portal.engine.wire.talk import GOT, SENT, Piece, Place, say, talk
from portal.engine.wire.tests.local import LOCAL, Serve, serving

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def held(serve: Serve, request: bytes = GET, **options: Any) -> list[Piece]:
    """All that happens with such a server."""
    with serving(serve) as port:
        return list(talk(LOCAL, "s", Place("mids", "127.0.0.1", port), request, **options))


def data(pieces: list[Piece], kind: str) -> bytes:
    """The bytes of one direction."""
    return b"".join(each.data for each in pieces if each.kind == kind)


def read_request(connection: socket.socket) -> None:
    """Up to the empty line."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(1000)


def test_it_tells_what_went_and_what_came_with_their_times() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)

    pieces = held(serve)
    assert [pieces[0].kind, pieces[1].kind, pieces[-1].kind] == ["connected", "sent", "ended"]
    assert (data(pieces, "sent"), data(pieces, "got")) == (GET, OK)
    assert pieces[-1].how == "close"
    times = [each.at for each in pieces]
    assert times == sorted(times)


def test_it_hangs_up_when_all_was_answered_and_the_server_does_not() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK * 2)
        connection.recv(1)

    pieces = held(serve, GET * 2)
    assert (data(pieces, "got"), pieces[-1].how) == (OK * 2, "complete")


def test_a_request_that_hangs_is_let_hang_until_somebody_hangs_up() -> None:
    ended = threading.Event()
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        over.wait(60)

    with serving(serve) as port:
        place = Place("mids", "127.0.0.1", port)
        pieces = []
        for piece in talk(LOCAL, "s", place, GET[:-2], cancelled=ended.is_set):
            pieces.append(piece)
            if piece.kind == "sent":
                ended.set()
        over.set()
    assert (data(pieces, "sent"), pieces[-1].how) == (GET[:-2], "you")


def test_the_time_ends_a_reply_of_one_byte_after_the_other() -> None:
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        while not over.wait(0.2):
            connection.sendall(b"x")

    with serving(serve) as port:
        pieces = list(talk(LOCAL, "s", Place("mids", "127.0.0.1", port), GET, seconds=2))
        over.set()
    got = [each for each in pieces if each.kind == "got"]
    assert len(got) > 1
    assert set(data(pieces, "got")) == {ord("x")}
    assert pieces[-1].how == "time"


def test_of_an_endless_reply_the_beginning_is_kept() -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x" * 65536)

    pieces = held(serve)
    assert (len(data(pieces, "got")), pieces[-1].how) == (GOT, "limit")


def test_a_server_that_cuts_off_is_told_from_one_that_closes() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert held(serve)[-1].how == "reset"


def test_what_came_before_a_server_hung_up_on_a_long_request_is_kept() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"no")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    pieces = held(serve, b"\0\xff" * (SENT // 2))
    assert data(pieces, "got") == b"no"
    assert pieces[-1].how == "close"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (piece,) = talk(LOCAL, "s", Place("mids", "127.0.0.1", port), GET)
    assert (piece.kind, piece.how) == ("ended", "refused")


def echo(connection: socket.socket) -> None:
    """Say back every piece."""
    while got := connection.recv(1000):
        connection.sendall(got)


def until(pieces: Iterator[Piece], data: bytes) -> None:
    """Read on until this has come, and no more than this."""
    got = b""
    while got != data:
        piece = next(pieces)
        assert piece.kind != "ended"
        got += piece.data if piece.kind == "got" else b""
        assert data.startswith(got)


def test_with_a_door_more_can_be_said_while_replies_come() -> None:
    door = uuid.uuid4().hex
    ended = threading.Event()
    with serving(echo) as port:
        place = Place("mids", "127.0.0.1", port)
        pieces = talk(LOCAL, "s", place, b"", door=door, cancelled=ended.is_set)
        assert next(pieces).kind == "connected"
        for line in (b"GET / HTTP/1.1\r\n", b"\0\xff\n"):
            say(LOCAL, "s", "mids", door, line)
            until(pieces, line)
        with pytest.raises(StepFailed, match="more than the 64 KB"):
            say(LOCAL, "s", "mids", door, b"x" * SENT)
        ended.set()
        assert [each.how for each in pieces] == ["you"]
    with pytest.raises(StepFailed, match="closed"):
        say(LOCAL, "s", "mids", door, b"x")


def test_more_than_one_may_say_is_not_sent() -> None:
    with pytest.raises(StepFailed, match="longer than 64 KB"):
        list(talk(LOCAL, "s", Place("mids", "127.0.0.1", 1), b"x" * 1_000_000))


def scripted(*said: dict[str, Any], **options: Any) -> list[Piece]:
    """What is made of a program that says this."""
    script = b"".join(json.dumps(each).encode() + b"\n" for each in said)
    runtime = cast(Runtime, ScriptedRuntime(script, **options))
    return list(talk(runtime, "s", Place("mids", "localhost", 1), GET))


@pytest.mark.parametrize(
    "said",
    [
        {"type": "got", "at": -1, "data": ""},
        {"type": "got", "at": 0, "data": "%"},
        {"type": "got", "at": 0},
        {"type": "ended", "at": 0, "how": "well"},
        {"type": "surprise"},
    ],
)
def test_a_program_that_talks_nonsense_is_not_believed(said: dict[str, Any]) -> None:
    with pytest.raises(GarbledReply):
        scripted(said)


def test_what_a_program_says_is_bounded_here_too() -> None:
    big = {"type": "got", "at": 0, "data": "eHh4" * 20_000}
    pieces = scripted(*[big] * 6)
    assert len(data(pieces, "got")) <= GOT
    assert pieces[-1].how == "limit"


def test_a_cluster_that_goes_ends_the_connection() -> None:
    assert scripted(error=ClusterGone("gone"))[-1].how == "gone"


def test_a_program_that_dies_is_no_servers_doing() -> None:
    with pytest.raises(ClusterError, match="The connection was lost: out of luck"):
        scripted(stderr=b"out of luck\n")
