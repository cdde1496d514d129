"""Topics of tests, made and filled from inside the cluster, as students do."""

import uuid

from tests.contract.cluster import Cluster

PRODUCE = """
import sys
from kafka import KafkaProducer
import guest.clients
producer = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=0)
for value in sys.argv[2:]:
    producer.send(sys.argv[1], value.encode(), key=b"k", headers=[("h", b"x")]).get(10)
"""
TOPIC = """
import sys
from kafka import KafkaAdminClient
import guest.clients
admin = KafkaAdminClient(bootstrap_servers="kafka:29092")
match sys.argv[1]:
    case "create":
        admin.create_topics({sys.argv[2]: {"num_partitions": 1, "replication_factor": 1}})
    case "delete":
        admin.delete_topics([sys.argv[2]])
    case "grow":
        admin.create_partitions({sys.argv[2]: 2})
"""


def new_topic() -> str:
    """A name that no other test has."""
    return f"t-{uuid.uuid4().hex[:10]}"


def do(cluster: Cluster, what: str, topic: str) -> None:
    """Create, grow or delete a topic."""
    done = cluster.python(TOPIC, what, topic)
    assert done.status == 0, done.stderr


def produce(cluster: Cluster, topic: str, *values: str) -> None:
    """Send records."""
    done = cluster.python(PRODUCE, topic, *values)
    assert done.status == 0, done.stderr
