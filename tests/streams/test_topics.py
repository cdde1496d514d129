"""The topics of a real broker: their list and details, a place in them, a record by hand."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from portal.engine import topics
from portal.engine.records import Record, Records, TailNotice
from portal.engine.runtimes.base import Runtime
from portal.engine.tail import tail
from portal.engine.topics import Partition, Refused
from tests.contract.cluster import Cluster
from tests.engine.topics import do, new_topic, produce

pytestmark = pytest.mark.sandbox
WITHIN = 60.0
SHORT_LIVED = """
import sys
from kafka import KafkaAdminClient
import guest.clients
configs = {"retention.ms": "3600000"}
admin = KafkaAdminClient(bootstrap_servers="kafka:29092")
admin.create_topics(
    {sys.argv[1]: {"num_partitions": 1, "replication_factor": 1, "configs": configs}}
)
"""
TIMED = """
import sys
from kafka import KafkaProducer
import guest.clients
producer = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=0)
for number in range(10):
    producer.send(sys.argv[1], b"%d" % number, timestamp_ms=1_700_000_000_000 + number * 1000)
producer.flush()
"""
BOMB = """
import sys
from kafka import KafkaProducer
import guest.clients
for codec in ("gzip", "lz4", "snappy", "zstd"):
    producer = KafkaProducer(
        bootstrap_servers="kafka:29092", linger_ms=300, compression_type=codec,
        batch_size=400 << 20, max_request_size=400 << 20,
    )
    sizes = [1000] + ([] if codec == "snappy" else [30 << 20] * 3)
    for size in sizes:
        producer.send(sys.argv[1], codec.encode() + bytes(size), partition=0)
        if size < 10_000:
            producer.flush()
    producer.close()
"""
ODD_HEADER = """
import sys
from kafka import KafkaProducer
import guest.clients
class Odd(str):
    def encode(self, *_):
        return b"\\xff\\xfe"
producer = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=0)
producer.send(sys.argv[1], b"odd", headers=[(Odd("h"), b"x")])
producer.send(sys.argv[1], b"even")
producer.flush()
"""


@pytest.fixture
def topic(kafka_cluster: Cluster) -> str:
    """A topic of this test's own."""
    name = new_topic()
    do(kafka_cluster, "create", name)
    return name


def place(cluster: Cluster) -> tuple[Runtime, str, str, str]:
    """What every question begins with."""
    return cluster.runtime, cluster.session, "mids", "kafka:29092"


def follow(cluster: Cluster, topic: str) -> Iterator[Record]:
    """The topic's records from its beginning."""
    deadline = time.monotonic() + WITHIN
    for found in tail(*place(cluster), topic, {}, lambda: time.monotonic() > deadline):
        if isinstance(found, Records):
            yield from found.records


def test_the_list_of_topics_tells_their_partitions_offsets_and_settings(
    kafka_cluster: Cluster,
) -> None:
    done = kafka_cluster.python(SHORT_LIVED, topic := new_topic())
    assert done.status == 0, done.stderr
    produce(kafka_cluster, topic, "one", "two")
    ended = threading.Event()
    for listed in topics.watch(*place(kafka_cluster), ended.is_set):
        found = {each.name: each for each in listed}.get(topic)
        if found and found.partitions == (Partition(0, 0, 2),) and found.configs:
            break
    assert found
    assert found.configs == {"retention.ms": "3600000"}
    assert (found.count, found.replicas, found.is_internal) == (1, 1, False)
    assert not any(each.name.startswith("__sluice") for each in listed)


def test_a_page_begins_at_an_offset_or_a_time_or_ends_before_one(
    kafka_cluster: Cluster, topic: str
) -> None:
    assert kafka_cluster.python(TIMED, topic).status == 0

    def offsets(**where: Any) -> list[int]:
        found = topics.page(*place(kafka_cluster), topic, 0, **where)
        assert (found.place.begin, found.place.end) == (0, 10)
        return [record.offset for record in found.records]

    assert offsets(offset=7) == [7, 8, 9]
    assert offsets(offset=0, count=2) == [0, 1]
    assert offsets(at=1_700_000_003_500) == [4, 5, 6, 7, 8, 9]
    assert offsets(at=1_800_000_000_000) == []
    assert offsets(offset=4, before=True, count=2) == [2, 3]
    with pytest.raises(Refused, match="no partition 7"):
        topics.page(*place(kafka_cluster), topic, 7)


def test_a_record_can_be_sent_by_hand(kafka_cluster: Cluster, topic: str) -> None:
    do(kafka_cluster, "grow", topic)
    sent = topics.produce(
        *place(kafka_cluster), topic, value=b"v", key=b"k", headers=(("h", b"x"),), partition=1
    )
    assert sent == (1, 0)
    assert topics.produce(*place(kafka_cluster), topic, value=None, key=b"k", partition=1) == (1, 1)
    full, null = topics.page(*place(kafka_cluster), topic, 1).records
    assert (full.value, full.key, full.headers) == ("v", "k", [["h", "x"]])
    assert null.value is None
    with pytest.raises(Refused, match="no partition 5"):
        topics.produce(*place(kafka_cluster), topic, value=b"v", partition=5)
    with pytest.raises(Refused):
        topics.produce(*place(kafka_cluster), new_topic(), value=b"v")


def test_every_codec_is_unpacked_and_a_bomb_counted_and_read_over(
    kafka_cluster: Cluster, topic: str
) -> None:
    """Ninety megabytes of zeros take ninety kilobytes in the topic, or ten."""
    done = kafka_cluster.python(BOMB, topic)
    assert done.status == 0, done.stderr
    found, skipped = [], 0
    for record in follow(kafka_cluster, topic):
        if record.skipped:
            assert "larger than 16 MB" in record.reason
            skipped += record.skipped
        else:
            found.append((record.value or "").rstrip("\0"))
        if skipped == 9:
            break
    assert found == ["gzip", "lz4", "snappy", "zstd"]


def test_a_record_whose_headers_are_no_text_is_read_over(
    kafka_cluster: Cluster, topic: str
) -> None:
    done = kafka_cluster.python(ODD_HEADER, topic)
    assert done.status == 0, done.stderr
    records = follow(kafka_cluster, topic)
    odd, even = next(records), next(records)
    assert (odd.offset, odd.skipped, odd.reason) == (0, 1, "its headers are no text")
    assert (even.offset, even.value) == (1, "even")


def test_a_reader_that_knew_another_topic_of_that_name_begins_anew(
    kafka_cluster: Cluster, topic: str
) -> None:
    """Though the new one has more records than the old one had."""
    produce(kafka_cluster, topic, "old")
    identity = following(kafka_cluster, topic, {}, "")[-1].identity
    assert identity
    do(kafka_cluster, "delete", topic)
    time.sleep(1)
    do(kafka_cluster, "create", topic)
    produce(kafka_cluster, topic, "new", "newer")
    told = following(kafka_cluster, topic, {0: 1}, identity)
    assert [each.what for each in told] == ["recreated", "following"]
    assert told[-1].identity != identity


def following(
    cluster: Cluster, topic: str, offsets: dict[int, int], identity: str
) -> list[TailNotice]:
    """What a reader tells until it follows."""
    told = []
    for found in tail(*place(cluster), topic, offsets, identity=identity):
        if isinstance(found, TailNotice):
            told.append(found)
            if found.what == "following":
                return told
    raise AssertionError("it never followed")
