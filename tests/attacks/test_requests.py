"""Requests that are too large, too slow or too many end before they cost anything."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from django.test import override_settings

from portal import supervision
from portal.asgi import application
from portal.gate import bodies, crowd, protocol
from portal.gate.answers import App, Message
from portal.gate.bodies import SMALL, WITHOUT_COOKIE, Bodies
from portal.gate.crowd import A_PERSON, AN_ADDRESS, Crowd
from tests.attacks.asgi import COOKIE, Request, reads_all

PIECE = b"x" * 65536


def endless() -> Iterator[bytes]:
    """A chunked body: no length is said, and no end comes."""
    return itertools.repeat(PIECE)


async def test_a_body_that_says_it_is_large_is_refused_unread() -> None:
    length = (b"content-length", b"400000000")
    request = await Request(headers=[length, COOKIE], pieces=endless()).to(Bodies(reads_all))

    assert request.status == 413
    assert "at most 2,560 KB" in request.text
    assert request.taken == 0


@pytest.mark.parametrize(("headers", "most"), [([], WITHOUT_COOKIE), ([COOKIE], SMALL)])
async def test_a_body_is_counted_as_it_arrives(
    headers: list[tuple[bytes, bytes]], most: int
) -> None:
    request = await Request(headers=headers, pieces=endless()).to(Bodies(reads_all))

    assert request.status == 413
    assert request.taken <= most + len(PIECE)


async def test_nothing_of_a_large_body_reaches_the_portal() -> None:
    request = await Request("/nowhere/", pieces=endless()).to(application)

    assert request.status == 413
    assert request.taken <= WITHOUT_COOKIE + len(PIECE)


@pytest.mark.parametrize(
    ("path", "most"), [("/classes/7/roster/", 4 << 20), ("/admin/catalog/lab/import/", 5 << 20)]
)
async def test_uploads_may_be_larger_than_forms_and_no_more(path: str, most: int) -> None:
    fits = await Request(path, headers=[COOKIE], pieces=[b"x" * most]).to(Bodies(reads_all))
    request = await Request(path, headers=[COOKIE], pieces=endless()).to(Bodies(reads_all))

    assert fits.status == 200
    assert request.status == 413
    assert request.taken <= most + len(PIECE)


async def test_a_body_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SMALL_SECONDS", 0.2)
    request = Request(headers=[COOKIE])

    async def trickle() -> Message:
        await asyncio.sleep(0.03)
        return {"type": "http.request", "body": b"x", "more_body": True}

    request.receive = trickle  # type: ignore[method-assign]
    async with asyncio.timeout(5):
        await request.to(Bodies(reads_all))

    assert request.status == 408


async def test_a_body_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SMALL_SECONDS", 0.1)
    request = Request()

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    request.receive = never  # type: ignore[method-assign]
    async with asyncio.timeout(5):
        await request.to(Bodies(reads_all))

    assert request.status == 408


class Slow:
    """An application whose answers wait until it is let go."""

    def __init__(self) -> None:
        self.here = self.most = 0
        self.free = asyncio.Event()

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        self.here += 1
        self.most = max(self.most, self.here)
        await self.free.wait()
        self.here -= 1


async def asked(app: App, requests: list[Request], slow: Slow) -> None:
    """All of them at once, then let go."""
    asking = [asyncio.create_task(each.to(app)) for each in requests]
    for _ in range(50):
        await asyncio.sleep(0)
    slow.free.set()
    await asyncio.gather(*asking)


async def test_of_one_person_only_some_requests_are_worked_on_at_once() -> None:
    slow = Slow()
    app = Crowd(slow)

    await asked(app, [Request(headers=[COOKIE]) for _ in range(60)], slow)

    assert slow.most == A_PERSON
    assert not app.people.gates, "nothing is remembered of who has left"
    assert not app.addresses.gates


async def test_made_up_cookies_don_t_make_an_address_more_people() -> None:
    slow = Slow()
    cookies = [(b"cookie", b"sessionid=%d" % n) for n in range(250)]

    await asked(Crowd(slow), [Request(headers=[each]) for each in cookies], slow)

    assert slow.most == AN_ADDRESS


async def test_beyond_those_who_wait_a_person_is_sent_away() -> None:
    slow = Slow()
    requests = [Request(headers=[COOKIE]) for _ in range(A_PERSON + crowd.WAITING + 10)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowd, "AN_ADDRESS", 1000)
        await asked(Crowd(slow), requests, slow)

    refused = [each for each in requests if each.status == 429]
    assert len(refused) == 10
    assert "Wait a moment" in refused[0].text


async def test_another_person_s_request_does_not_wait_for_who_asks_much() -> None:
    slow = Slow()
    app = Crowd(slow)
    floods = [asyncio.create_task(Request(headers=[COOKIE]).to(app)) for _ in range(60)]
    await asyncio.sleep(0.01)
    before = slow.here

    other = asyncio.create_task(Request(headers=[(b"cookie", b"sessionid=other")]).to(app))
    await asyncio.sleep(0.01)

    assert slow.here == before + 1
    slow.free.set()
    await asyncio.gather(other, *floods)


@contextlib.asynccontextmanager
async def served(app: App) -> AsyncIterator[int]:
    """A real server as the portal's, on a port of its own."""
    config = uvicorn.Config(
        app,
        port=0,
        http="portal.gate.protocol:Protocol",
        lifespan="off",
        log_level="critical",
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await task


HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("said", [b"", HALF, b"G"])
async def test_half_open_requests_are_ended(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.3)
    async with asyncio.timeout(20), served(reads_all) as port:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        for _, writer in opened:
            writer.write(said)
        for reader, _ in opened:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        for _, writer in opened:
            writer.close()
    assert not protocol.Protocol.of_address


async def test_the_next_request_of_a_connection_has_a_deadline_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.5)
    async with asyncio.timeout(20), served(reads_all) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HALF + b"\r\n")
        assert b"200" in await reader.readuntil(b"ok\r\n")
        writer.write(HALF)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() in (b"", b"0\r\n\r\n", b"\r\n0\r\n\r\n")
        writer.close()


async def test_headers_without_an_end_are_refused() -> None:
    async with asyncio.timeout(20), served(reads_all) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            writer.write(HALF)
            for number in range(40):
                writer.write(b"X-%d: %b\r\n" % (number, b"x" * 4000))
                await writer.drain()
            assert b" 400 " in await reader.read()
        writer.close()


@pytest.mark.parametrize("second", [b"Content-Length: 6", b"Transfer-Encoding: chunked"])
async def test_a_request_of_two_lengths_is_refused(second: bytes) -> None:
    """Or a proxy might see another request's beginning where the portal sees this one's end."""
    async with asyncio.timeout(20), served(reads_all) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" + second + b"\r\n\r\n"
        writer.write(said + b"0\r\n\r\nGET /")
        assert b" 400 " in await reader.read()
        writer.close()


async def test_of_one_address_only_so_many_connections_are_taken() -> None:
    with override_settings(CONNECTIONS_AN_ADDRESS=5):
        async with asyncio.timeout(20), served(reads_all) as port:
            opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
            ended = 0
            for reader, writer in opened:
                with contextlib.suppress(ConnectionError):
                    writer.write(HALF + b"Connection: close\r\n\r\n")
                    ended += not await reader.read()
                    continue
                ended += 1
            assert ended == 3


def test_nobody_s_word_on_where_a_request_comes_from_is_taken_by_default() -> None:
    assert "--no-proxy-headers" in supervision.programs()["web"]

    with override_settings(TRUSTED_PROXIES=["10.0.0.1", "10.1.0.0/16"]):
        argv = supervision.programs()["web"]
        assert argv[argv.index("--forwarded-allow-ips") + 1] == "10.0.0.1,10.1.0.0/16"
        assert "--no-proxy-headers" not in argv
