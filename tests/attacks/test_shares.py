"""What one session floods Redis with is taken from nobody else."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.live import shares, streams
from portal.live.connection import connect
from tests.attacks.redis import small_redis

RECORD = {"value": "x" * 65_000}
SHARE, TOTAL = 2 << 20, 6 << 20


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator["redis.Redis"]:
    folder = tmp_path_factory.mktemp("r", numbered=True)
    with (
        small_redis(Path(folder), megabytes=16) as client,
        override_settings(STREAM_SHARE_BYTES=SHARE, STREAM_TOTAL_BYTES=TOTAL),
    ):
        yield client


def flood(name: str, partitions: int, records: int) -> None:
    """A topic of large records, as one page that follows it has the relay read it."""
    for number in range(1, records + 1):
        for partition in range(partitions):
            streams.append(f"{name}:1:topic:events:{partition}", [(number, RECORD)])


def test_a_topic_of_many_large_records_costs_nobody_elses_streams(small: "redis.Redis") -> None:
    for other in range(20):
        streams.append(f"other{other}:1:log:mids", [(n, {"text": "a line"}) for n in range(1, 50)])
    small.set("limit:login:somebody", 3, ex=600)
    small.rpush("host.local", "a task")

    flood("flooder", partitions=50, records=30)

    for other in range(20):
        found = streams.read(f"other{other}:1:log:mids")
        assert (found.gap, found.last) == (0, 49)
    assert small.get("limit:login:somebody") == b"3"
    assert small.llen("host.local") == 1
    assert small.info("stats")["evicted_keys"] == 0
    assert shares.held().bytes < SHARE + 20 * 10_000


def test_a_share_that_is_full_loses_the_oldest_of_its_largest_stream(small: "redis.Redis") -> None:
    streams.append("s:1:log:mids", [(1, {"text": "the log of who floods"})])

    flood("s", partitions=3, records=40)

    assert streams.read("s:1:log:mids").entries[0][1]["text"] == "the log of who floods"
    for partition in range(3):
        found = streams.read(f"s:1:topic:events:{partition}", size=1 << 30)
        assert found.gap > 0
        assert found.last == 40, "the newest stay"


def test_of_more_streams_than_a_share_has_room_for_the_cursor_stays(small: "redis.Redis") -> None:
    flood("s", partitions=100, records=2)

    kept = [bool(streams.read(f"s:1:topic:events:{n}").chunks) for n in range(100)]
    assert 10 < sum(kept) < 40
    for partition in range(100):
        key = f"s:1:topic:events:{partition}"
        assert streams.last_number(key) == 2
        assert streams.append(key, [(2, RECORD)]) == 0, "it would be doubled"
    assert streams.is_cut("s:1:topic:events:0")


def test_where_all_together_are_too_many_the_largest_share_loses(small: "redis.Redis") -> None:
    streams.append("little:1:log:mids", [(1, {"text": "mine"})])
    for name in range(12):
        flood(f"s{name}", partitions=2, records=40)

    assert shares.held().bytes <= TOTAL
    assert streams.read("little:1:log:mids").chunks
    assert all(streams.read(f"s{name}:1:topic:events:0").chunks for name in range(12))


def test_streams_that_have_lapsed_are_counted_no_more(small: "redis.Redis") -> None:
    with override_settings(STREAM_KEEP_SECONDS=1000):
        for name in range(3):
            flood(f"gone{name}", partitions=1, records=30)
    for key in small.scan_iter("*gone*"):
        small.delete(key)

    for name in range(2):
        flood(f"s{name}", partitions=1, records=29)

    assert shares.held().shares == 2
    assert not streams.read("s0:1:topic:events:0").gap, "no need to trim was there"


def test_nothing_of_a_cluster_that_was_replaced_is_left(small: "redis.Redis") -> None:
    flood("s", partitions=3, records=2)
    streams.append("s:10:log:mids", [(1, {"text": "of another cluster"})])
    streams.append("s:step:7", [(1, {"text": "an output"})])

    assert shares.forget("s:1:") == 3

    assert sorted(key.decode() for key in small.scan_iter("stream:*")) == [
        "stream:s:10:log:mids",
        "stream:s:10:log:mids:sizes",
        "stream:s:step:7",
        "stream:s:step:7:sizes",
    ]
    assert shares.held().bytes < 1000


def test_what_has_ended_lapses_after_its_grace(small: "redis.Redis") -> None:
    flood("s", partitions=2, records=2)

    shares.forget("s:", after_seconds=60)

    assert streams.read("s:1:topic:events:0").last == 2
    assert all(0 < int(small.ttl(key)) <= 60 for key in small.scan_iter("*s:1:*"))
    assert 0 < int(small.ttl("share:s")) <= 60


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(1, 60_000)), max_size=60
    )
)
@settings(max_examples=25)
def test_whatever_is_appended_the_bounds_hold_and_the_count_is_right(
    appended: list[tuple[str, int, int]],
) -> None:
    client = connect()
    names = {each: f"{each}-{uuid4().hex}" for each in "abc"}
    last: dict[str, int] = {}
    with override_settings(STREAM_SHARE_BYTES=200_000, STREAM_TOTAL_BYTES=1 << 40):
        for name, stream, size in appended:
            key = f"{names[name]}:{stream}"
            last[key] = last.get(key, 0) + 1
            streams.append(key, [(last[key], {"text": "x" * size})])
            assert float(client.zscore("shares", names[name]) or 0) <= 200_000
    for key, number in last.items():
        assert streams.last_number(key) == number
        chunks = streams.read(key, 0, 1 << 30).chunks
        counted = float(client.zscore(f"share:{shares.share_of(key)}", f"stream:{key}") or 0)
        assert counted == sum(len(each.text) + 128 for each in chunks)
