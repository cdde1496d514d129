"""Sockets: one person's are few, say little at a time, and are told why they end."""

import asyncio
from typing import Any

from django.conf import settings
from django.test import override_settings
from redis.exceptions import ConnectionError as RedisAway

from portal import supervision
from portal.gate.sockets import BURST, TOO_FAST, TOO_MANY, TRY_AGAIN, Sockets
from portal.live.tests.client import Client


class Person:
    """Whoever a socket's login is."""

    def __init__(self, pk: int):
        self.pk = pk


async def listens(scope: Any, receive: Any, send: Any) -> None:
    """A consumer that only listens."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def socket(app: Any, person: int = 1, address: str = "192.0.2.1") -> Client:
    """A socket of somebody."""

    async def logged_in(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "user": Person(person), "client": (address, 1)}, receive, send)

    return Client(logged_in)


async def closed(client: Client) -> tuple[int, str]:
    """How a socket that was accepted ended."""
    said: Any = await client.peer.receive_output(5)
    assert said["type"] == "websocket.close"
    return said["code"], said.get("reason", "")


async def test_of_too_many_sockets_of_a_person_the_next_is_told_why() -> None:
    app = Sockets(listens)
    first = [socket(app) for _ in range(settings.SOCKETS_A_PERSON)]
    for each in first:
        assert await each.connect()

    late = socket(app)
    assert await late.connect(), "only an accepted socket can say why it ends"
    code, reason = await closed(late)

    assert (code, reason) == (
        TOO_MANY,
        "close some of your other pages",
    )
    other = socket(app, person=2)
    assert await other.connect()
    assert await other.peer.receive_nothing()
    await first[0].leave()
    again = socket(app)
    assert await again.connect()
    assert await again.peer.receive_nothing()
    for each in (*first[1:], other, again):
        await each.leave()
    assert app.count == 0


@override_settings(SOCKETS_AN_ADDRESS=3)
async def test_an_address_has_only_so_many_sockets() -> None:
    app = Sockets(listens)
    opened = [socket(app, person) for person in range(4)]
    for each in opened:
        await each.connect()

    assert (await closed(opened[3]))[0] == TOO_MANY
    for each in opened[:3]:
        await each.leave()


async def test_a_socket_that_says_too_much_is_ended() -> None:
    flood = socket(Sockets(listens))
    await flood.connect()
    for _ in range(BURST + 50):
        await flood.send(type="active")

    assert await closed(flood) == (TOO_FAST, "load this page again")


async def test_a_page_that_follows_all_it_may_is_not_too_fast() -> None:
    page = socket(Sockets(listens))
    await page.connect()
    for _ in range(200):
        await page.send(type="active")

    assert await page.peer.receive_nothing()
    await page.leave()


def failing(times: int) -> Any:
    """A consumer whose channel layer finds its old connection dead, so often."""
    left = [times]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise RedisAway("Connection refused")
        await listens(scope, receive, send)

    return app


async def test_the_first_socket_after_redis_came_back_is_served() -> None:
    first = socket(Sockets(failing(1)))

    assert await first.connect()
    assert await first.peer.receive_nothing()
    await first.leave()


async def test_a_socket_while_redis_is_away_is_told_to_come_again() -> None:
    early = socket(Sockets(failing(2)))

    assert await early.connect(), "no HTTP error"
    assert (await closed(early))[0] == TRY_AGAIN


async def test_a_consumer_that_loses_redis_later_is_not_begun_again() -> None:
    begun = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.append(1)
        await receive()
        await send({"type": "websocket.accept"})
        raise RedisAway("gone")

    lost = socket(Sockets(app))
    await lost.connect()

    assert (await closed(lost))[0] == TRY_AGAIN
    assert begun == [1]
    await asyncio.sleep(0)


def test_the_server_itself_takes_no_large_message() -> None:
    argv = supervision.programs()["web"]

    assert int(argv[argv.index("--ws-max-size") + 1]) <= 1 << 16
