"""The tail of a topic on a real broker."""

import threading
import time
from collections.abc import Iterator
from queue import Queue
from typing import Any

import pytest

from portal.engine.records import Record, Records
from portal.engine.tail import tail
from tests.contract.cluster import Cluster
from tests.engine.topics import do, new_topic, produce

pytestmark = pytest.mark.sandbox
WITHIN = 60.0


class Follower:
    """A tail that runs in a thread; what it yields waits in a queue."""

    def __init__(self, cluster: Cluster, topic: str, offsets: dict[int, int]):
        self.found: Queue[Record | str] = Queue()
        self.ended = threading.Event()

        def follow() -> None:
            for each in tail(
                cluster.runtime,
                cluster.session,
                "mids",
                "kafka:29092",
                topic,
                offsets,
                self.ended.is_set,
            ):
                for found in each.records if isinstance(each, Records) else (each.what,):
                    self.found.put(found)

        self.thread = threading.Thread(target=follow, daemon=True)
        self.thread.start()

    def record(self) -> Record:
        """The next record, whatever is told between."""
        while True:
            found = self.found.get(timeout=WITHIN)
            if isinstance(found, Record):
                return found

    def notice(self, what: str) -> None:
        """Wait until that is told."""
        deadline = time.monotonic() + WITHIN
        while self.found.get(timeout=WITHIN) != what:
            assert time.monotonic() < deadline


@pytest.fixture
def topic() -> str:
    """A topic of this test's own."""
    return new_topic()


@pytest.fixture
def follow(kafka_cluster: Cluster, topic: str) -> Iterator[Any]:
    """Start tails; they end with the test."""
    followers: list[Follower] = []

    def start(**offsets: int) -> Follower:
        given = {int(key[1:]): value for key, value in offsets.items()}
        followers.append(Follower(kafka_cluster, topic, given))
        return followers[-1]

    yield start
    for each in followers:
        each.ended.set()
        each.thread.join(WITHIN)
        assert not each.thread.is_alive()


def test_it_waits_for_a_topic_and_then_yields_its_records(
    kafka_cluster: Cluster, topic: str, follow: Any
) -> None:
    follower = follow()
    follower.notice("waiting-topic")
    do(kafka_cluster, "create", topic, "one")
    record = follower.record()
    assert (record.partition, record.offset, record.value) == (0, 0, "one")
    assert (record.key, record.headers) == ("k", [["h", "x"]])


def test_it_goes_on_where_it_stood(kafka_cluster: Cluster, topic: str, follow: Any) -> None:
    do(kafka_cluster, "create", topic, "one", "two", "three")
    assert follow(p0=2).record().value == "three"
    assert follow().record().value == "one"


def test_it_notices_a_new_partition(kafka_cluster: Cluster, topic: str, follow: Any) -> None:
    do(kafka_cluster, "create", topic)
    follower = follow()
    follower.notice("following")
    do(kafka_cluster, "grow", topic)
    follower.notice("following")


def test_it_starts_over_when_the_topic_is_made_anew(
    kafka_cluster: Cluster, topic: str, follow: Any
) -> None:
    do(kafka_cluster, "create", topic, "old")
    follower = follow()
    assert follower.record().value == "old"
    do(kafka_cluster, "delete", topic)
    follower.notice("deleted")
    do(kafka_cluster, "create", topic)
    follower.notice("recreated")
    produce(kafka_cluster, topic, "new")
    record = follower.record()
    assert (record.offset, record.value) == (0, "new")


def test_it_starts_over_when_the_topic_was_made_anew_while_nobody_looked(
    kafka_cluster: Cluster, topic: str, follow: Any
) -> None:
    do(kafka_cluster, "create", topic, "new")
    follower = follow(p0=50)
    follower.notice("recreated")
    assert follower.record().value == "new"


def test_it_shows_a_huge_value_cut_and_tells_its_size(
    kafka_cluster: Cluster, topic: str, follow: Any
) -> None:
    do(kafka_cluster, "create", topic, "x" * 100_000)
    record = follow().record()
    assert (len(record.value), record.size, record.is_cut) == (64 * 1024, 100_000, True)


def test_looking_at_a_topic_does_not_create_it(
    kafka_cluster: Cluster, topic: str, follow: Any
) -> None:
    follow().notice("waiting-topic")
    listed = kafka_cluster.run("kafkacat", "-L", "-b", "kafka:29092")
    assert topic.encode() not in listed.stdout


def test_readiness_leaves_nothing_behind(kafka_cluster: Cluster) -> None:
    assert kafka_cluster.run("python", "-m", "guest.ready", "kafka:29092").status == 0
    listed = kafka_cluster.run("kafkacat", "-L", "-b", "kafka:29092")
    assert b"__sluice" not in listed.stdout


def test_readiness_gives_up_in_time_and_says_so(kafka_cluster: Cluster) -> None:
    done = kafka_cluster.run("python", "-m", "guest.ready", "kafka:1", "--timeout", "0.5")
    assert done.status == 1
    assert b"did not answer in 0.5 s" in done.stderr
