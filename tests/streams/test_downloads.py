"""A topic as a file, when it is more than the portal keeps."""

import json

import pytest
from django.conf import settings

from tests.contract.cluster import Cluster
from tests.faults.student import Student, Viewer, eventually

pytestmark = pytest.mark.sandbox
RECORDS = 24_000


def ends(cluster: Cluster) -> int:
    """The offset of the topic's next record."""
    asked = cluster.run("kafkacat", "-Q", "-b", "kafka:29092", "-t", "events:0:-1")
    return int(asked.stdout.rpartition(b"offset")[2])


def test_a_file_has_all_that_kafka_has(student: Student, cluster: Cluster) -> None:
    """In order, none twice: what was trimmed comes from Kafka, the rest from the stream."""
    viewer = Viewer(student).follow("topic:events:0")
    with viewer.watch():
        # Other tests of this folder may have sent some before.
        before = ends(cluster)
        made = b"".join(b'{"event_type": "many", "n": %d}\n' % n for n in range(RECORDS))
        produced = cluster.run("kafkacat", "-P", "-b", "kafka:29092", "-t", "events", stdin=made)
        assert produced.status == 0
        last = before + RECORDS
        eventually(lambda: viewer.after["topic:events:0"] >= last, 60, "the last one comes")
    address = f"{student.portal.address}/s/{student.session}/download/topic:events/"
    saved = student.http.get(address, params={"as": "jsonl"}, timeout=60)
    assert 'filename="events.jsonl"' in saved.headers["Content-Disposition"]
    offsets = [json.loads(line)["offset"] for line in saved.text.splitlines()]
    assert offsets == list(range(last))
    assert last > settings.STREAM_MAX_ENTRIES
