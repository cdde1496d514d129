"""Topics of tests, made and filled from inside the cluster, as students do."""

import json
import uuid

from tests.contract.cluster import Cluster

TOPIC = """
import json, sys
from kafka import KafkaAdminClient, KafkaProducer
import guest.clients
what, topic, values = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
if what != "produce":
    admin = KafkaAdminClient(bootstrap_servers="kafka:29092")
match what:
    case "create":
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    case "delete":
        admin.delete_topics([topic])
    case "grow":
        admin.create_partitions({topic: 2})
if values:
    producer = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=0)
for value in values:
    data = None if value is None else value.encode()
    producer.send(topic, data, key=b"k", headers=[("h", b"x")]).get(10)
"""


def new_topic() -> str:
    """A name that no other test has."""
    return f"t-{uuid.uuid4().hex[:10]}"


def do(cluster: Cluster, what: str, topic: str, *values: str | None) -> None:
    """Create, grow or delete a topic, and send records to it: at once, as each start costs.

    None is a record without a value.
    """
    done = cluster.python(TOPIC, what, topic, json.dumps(values))
    assert done.status == 0, done.stderr


def produce(cluster: Cluster, topic: str, *values: str | None) -> None:
    """Send records to a topic that is there."""
    do(cluster, "produce", topic, *values)
