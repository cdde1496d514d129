"""ZooKeeper and Kafka through a sleep that is longer than their own patience with each other."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.catalog.images import operator_images
from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.base import ClusterSpec
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.contract.cluster import Cluster, eventually, new_session
from tests.contract.drivers import VENV
from tests.engine.test_tail import Follower
from tests.engine.topics import do, produce

pytestmark = pytest.mark.sandbox
IMPATIENT = {
    "zookeeper": {"ZOOKEEPER_TICK_TIME": "500"},
    "kafka": {
        "KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS": "1500",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    },
}
ASLEEP_SECONDS = 4.0
WITHIN = 60.0
CONSUMER = """
from kafka import KafkaConsumer
options = dict(session_timeout_ms=1500, heartbeat_interval_ms=500, auto_offset_reset="earliest")
for record in KafkaConsumer("events", bootstrap_servers="kafka:29092", group_id="g", **options):
    print(record.value.decode(), flush=True)
"""


@pytest.fixture
def impatient(week10: LabSpec, tmp_path: Path) -> Iterator[Cluster]:
    """Week 10's cluster, where a second and a half without a sign of life is the end."""
    runtime = SandboxRuntime(folder=str(tmp_path), venv=str(VENV), images=operator_images())
    cluster = Cluster(runtime, new_session())
    services = tuple(
        each.model_copy(update={"environment": each.environment | IMPATIENT.get(each.name, {})})
        for each in week10.services
    )
    try:
        list(runtime.up(ClusterSpec(cluster.session, services, week10.tools, {})))
        yield cluster
    finally:
        runtime.down(cluster.session)


@pytest.fixture
def following(impatient: Cluster) -> Iterator[Follower]:
    """A tail of the topic, as the relay has one."""
    follower = Follower(impatient, "events", {})
    yield follower
    follower.ended.set()
    follower.thread.join(WITHIN)


def test_nothing_is_lost_by_a_sleep_longer_than_a_session_of_zookeeper(impatient, following):
    cluster, runtime = impatient, impatient.runtime
    do(cluster, "create", "events")
    produce(cluster, "events", "one")
    cluster.start("consumer", "python", "-c", CONSUMER)
    assert following.record().value == "one"
    assert [line.text for line in cluster.lines(1)] == [b"one"]

    runtime.freeze(cluster.session)
    began = time.monotonic()
    eventually(lambda: time.monotonic() - began > ASLEEP_SECONDS)
    runtime.thaw(cluster.session)

    produce(cluster, "events", "two")
    assert following.record().value == "two"
    # One that hadn't committed yet reads some again, as after any rebalance.
    assert is_told(cluster, "mids", b"two")
    assert is_told(cluster, "zookeeper", b"Expiring session")


def is_told(cluster: Cluster, service: str, text: bytes) -> bool:
    """Whether a service's log has a text, or gets it in time."""
    deadline = time.monotonic() + WITHIN
    lines = cluster.runtime.logs(
        cluster.session, service, cancelled=lambda: time.monotonic() > deadline
    )
    return any(text in line.text for line in lines)
