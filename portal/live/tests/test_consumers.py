"""The stream consumer by itself: whoever may connect follows whatever there is."""

import asyncio
import itertools
from typing import Any

import pytest
import redis

from portal.live import consumers, streams
from portal.live.chunks import Batch
from portal.live.connection import connect
from portal.live.consumers import StreamConsumer
from portal.live.tests.client import Client, eventually

# Channels looks after the database's connections at each message.
pytestmark = pytest.mark.django_db
NAMES = itertools.count(1)


class Open(StreamConsumer):
    """Anybody may follow any stream; looking its key up takes a moment, as a database does."""

    last: "Open"

    async def authorise(self) -> bool:
        type(self).last = self
        return True

    async def key_of(self, stream: str) -> str | None:
        await asyncio.sleep(0.01)
        return f"test-consumer:{stream}" if stream.startswith("log:") else None

    async def noise(self, event: dict[str, Any]) -> None:
        """A message of the channel layer."""


@pytest.fixture
def stream() -> str:
    """A stream that no other test has."""
    return f"log:{next(NAMES)}"


async def append(stream: str, first: int, last: int, text: str = "") -> None:
    """Append numbered entries, as the relay does."""
    entries = [(number, {"text": text}) for number in range(first, last + 1)]
    await asyncio.to_thread(streams.append, f"test-consumer:{stream}", entries)


def page() -> Client:
    """A client that connects on entering."""
    return Client(Open.as_asgi())


async def test_a_stream_is_followed_from_its_beginning_on(stream: str) -> None:
    await append(stream, 1, 3)
    async with page() as client:
        await client.follow(stream)
        assert await client.numbers(stream, 3) == [1, 2, 3]
        await append(stream, 4, 4)
        assert await client.numbers(stream, 4) == [4]


async def test_a_client_goes_on_where_it_stood(stream: str) -> None:
    await append(stream, 1, 9)
    async with page() as client:
        await client.follow(stream, 6)
        assert await client.numbers(stream, 9) == [7, 8, 9]


async def test_a_burst_arrives_complete_in_order_and_once(stream: str) -> None:
    async with page() as client:
        await client.follow(stream)
        for first in range(1, 20_001, 500):
            await append(stream, first, first + 499, "x" * 80)
        assert await client.numbers(stream, 20_000) == list(range(1, 20_001))
        assert await client.is_quiet()


async def test_several_streams_are_followed_at_once(stream: str) -> None:
    other = f"log:{next(NAMES)}"
    await append(stream, 1, 1)
    await append(other, 1, 1)
    async with page() as client:
        for name in (stream, other):
            await client.follow(name)
        found = [await client.next() for _ in range(2)]
        assert {each["stream"] for each in found} == {stream, other}


async def test_what_is_not_followed_any_more_is_not_sent(stream: str) -> None:
    await append(stream, 1, 1)
    async with page() as client:
        await client.follow(stream)
        await client.numbers(stream, 1)
        for _ in range(2):
            await client.send(type="unfollow", stream=stream)
        await eventually(lambda: not Open.last.followed)
        await append(stream, 2, 2)
        assert await client.is_quiet(0.1)


async def test_a_stream_that_is_none_is_refused_in_words(stream: str) -> None:
    async with page() as client:
        await client.follow("secret:x")
        assert await client.next() == {
            "type": "refused",
            "stream": "secret:x",
            "message": "There is no such stream.",
        }


async def test_the_number_of_streams_is_bounded() -> None:
    async with page() as client:
        for _ in range(consumers.MAX_FOLLOWED + 1):
            await client.follow(f"log:{next(NAMES)}")
        message = await client.next()
        assert message["type"] == "refused"
        assert len(Open.last.followed) == consumers.MAX_FOLLOWED


async def test_a_stream_that_is_asked_for_twice_at_once_is_sent_once(stream: str) -> None:
    """A page asks for it at the moment at which the portal begins it anew."""
    async with page() as client:
        await asyncio.gather(*(Open.last.follow(stream, 0) for _ in range(3)))
        await append(stream, 1, 3)
        assert await client.numbers(stream, 3) == [1, 2, 3]
        assert await client.is_quiet(0.1)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"type": "unknown"}',
        '{"type": "follow"}',
        '{"type": "follow", "stream": "log:a", "after": -1}',
        '{"type": "follow", "stream": "log:a", "after": 1e999}',
        '{"type": "follow", "stream": "log:a", "extra": 1}',
        '{"type": "follow", "stream": "log:a\\n"}',
        '{"type": "follow", "stream": "log:<script>"}',
        '{"type": "follow", "stream": "\\ud800:a"}',
        '{"type": "follow", "stream": "log:' + "a" * 300 + '"}',
        "[" * 50_000,
        '{"type": "hidden", "x": "' + "a" * (1 << 17) + '"}',
    ],
)
async def test_a_message_that_no_page_sends_closes_the_socket(message: str) -> None:
    async with page() as client:
        await client.say(message)
        assert await client.close_code() == 4400


async def test_bytes_close_the_socket() -> None:
    async with page() as client:
        await client.peer.send_input({"type": "websocket.receive", "bytes": b"\xff\x00"})
        assert await client.close_code() == 4400


async def test_a_lost_wake_up_costs_time_and_no_content(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)
    monkeypatch.setattr(streams, "channel", lambda key: "nobody hears this")
    async with page() as client:
        await client.follow(stream)
        await append(stream, 1, 2)
        assert await client.numbers(stream, 2) == [1, 2]


async def test_a_viewer_waits_while_redis_is_away_and_misses_nothing(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.02)
    aread, failures = streams.aread, itertools.count()

    async def away_for_a_while(*args: Any) -> Batch:
        if next(failures) < 5:
            raise redis.ConnectionError("away")
        return await aread(*args)

    monkeypatch.setattr(streams, "aread", away_for_a_while)
    async with page() as client:
        await client.follow(stream)
        await append(stream, 1, 2)
        assert await client.numbers(stream, 2) == [1, 2]


async def test_leaving_ends_every_loop(stream: str) -> None:
    before = asyncio.all_tasks()
    async with page() as client:
        for name in (stream, f"log:{next(NAMES)}", f"log:{next(NAMES)}"):
            await client.follow(name)
        await eventually(lambda: len(Open.last.followed) == 3)
        loops = [each.task for each in Open.last.followed.values()]
    assert not Open.last.followed
    assert all(loop is not None and loop.done() for loop in loops)
    await eventually(lambda: len(asyncio.all_tasks() - before) <= 1)  # The layer's own reader.


async def test_leaving_at_once_ends_every_loop(stream: str) -> None:
    """While they still connect to Redis, whose client then swallows a cancellation."""
    before = asyncio.all_tasks()
    for ticks in range(20):
        async with page() as client:
            await client.follow(stream)
            for _ in range(ticks):
                await asyncio.sleep(0)
    await eventually(lambda: len(asyncio.all_tasks() - before) <= 1)


async def test_leaving_in_a_burst_leaves_nothing_in_the_channel_layer(stream: str) -> None:
    """Whatever came for a page that has gone would be kept for ever."""
    for _ in range(10):
        async with page() as client:
            await client.follow(stream)
            consumer = Open.last
            await eventually(lambda: Open.last.followed)
            for _ in range(50):
                await consumer.channel_layer.send(consumer.channel_name, {"type": "noise"})
        assert not consumer.channel_layer.channels


async def test_one_broken_loop_does_not_keep_the_others_from_ending(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sending to a client that has just gone raises whatever the server likes."""
    async with page() as client:
        names = (stream, f"log:{next(NAMES)}")
        for name in names:
            await client.follow(name)
        await eventually(lambda: len(Open.last.followed) == 2)
        consumer = Open.last
        loops = [each.task for each in consumer.followed.values()]

        async def gone(text_data: str) -> None:
            raise RuntimeError("the client has gone")

        monkeypatch.setattr(consumer, "send", gone)
        await append(stream, 1, 1)
        await eventually(lambda: any(loop is not None and loop.done() for loop in loops))
    assert all(loop is not None and loop.done() for loop in loops)


async def test_whatever_ends_the_consumer_ends_its_loops(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a handler, or the server's own end, comes without a disconnect."""
    client = page()
    await client.connect()
    await client.follow(stream)
    await eventually(lambda: Open.last.followed)
    loops = [each.task for each in Open.last.followed.values()]

    async def fail(kind: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Open.last, "on_activity", fail)
    await client.send(type="active")
    await eventually(lambda: all(loop is not None and loop.done() for loop in loops))
    with pytest.raises(RuntimeError, match="a bug"):
        await client.peer.wait()


class Wall:
    """A client whose connection takes nothing more once it is full."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.taken: list[str] = []
        self.opened = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        """As a server does it: returns only when there is room again."""
        if message["type"] == "websocket.send":
            self.taken.append(message["text"])
            await self.opened.wait()


async def test_a_client_that_does_not_read_costs_one_message(stream: str) -> None:
    wall = Wall()
    consumer = asyncio.create_task(
        Open.as_asgi()({"type": "websocket"}, wall.incoming.get, wall.send)
    )
    await wall.incoming.put({"type": "websocket.connect"})
    follow = f'{{"type": "follow", "stream": "{stream}"}}'
    await wall.incoming.put({"type": "websocket.receive", "text": follow})
    async with page() as reading:
        await reading.follow(stream)
        for first in range(1, 10_001, 500):
            await append(stream, first, first + 499, "x" * 500)
        assert await reading.numbers(stream, 10_000) == list(range(1, 10_001))
    await eventually(lambda: wall.taken)
    assert len(wall.taken) == 1
    assert len(wall.taken[0]) < 4 * streams.READ_BYTES
    layer = Open.last.channel_layer._get_layer()
    await eventually(lambda: all(queue.empty() for queue in layer.channels.values()))
    wall.opened.set()
    await eventually(lambda: wall.taken[-1].find('"n":10000') > 0)
    await wall.incoming.put({"type": "websocket.disconnect", "code": 1000})
    await consumer


async def test_the_portal_hears_again_once_redis_is_back(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is cut, and what is appended meanwhile told to nobody."""
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 3600.0)
    async with page() as client:
        await client.follow(stream)
        await append(stream, 1, 1)
        assert await client.numbers(stream, 1) == [1]
        await asyncio.to_thread(connect().client_kill_filter, _type="pubsub")
        await append(stream, 2, 2)
        assert await client.numbers(stream, 2) == [2]
        await append(stream, 3, 3)
        assert await client.numbers(stream, 3) == [3]


async def test_one_subscriber_serves_every_follower_and_ends_with_the_last(stream: str) -> None:
    def subscribed() -> int:
        told: Any = connect().pubsub_numsub(streams.channel(f"test-consumer:{stream}"))
        return int(told[0][1])

    async with page() as first, page() as second:
        for client in (first, second):
            await client.follow(stream)
        await append(stream, 1, 1)
        for client in (first, second):
            assert await client.numbers(stream, 1) == [1]
        assert subscribed() == 1
        await first.send(type="unfollow", stream=stream)
        await append(stream, 2, 2)
        assert await second.numbers(stream, 2) == [2]
    await eventually(lambda: subscribed() == 0)
