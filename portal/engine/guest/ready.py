"""Exit 0 once the broker takes a record and gives it back: `python -m guest.ready BROKER`.

Start it before the broker: it asks every few milliseconds. The topic it uses is gone again when
it ends, so that students never meet it.
"""

import argparse
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError

from .clients import settings

TOPIC = "__sluice_ready"
RETRY_SECONDS = 0.05


def main(argv: list[str] | None = None) -> int:
    """Return 0 when a record came back, 1 when the time was over."""
    parser = argparse.ArgumentParser(prog="guest.ready", description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds")
    options = parser.parse_args(argv)
    deadline = time.monotonic() + options.timeout
    reason: Exception | None = None
    while (left := deadline - time.monotonic()) > 0:
        try:
            round_trip(options.bootstrap, left)
        except (KafkaError, OSError, LookupError) as error:
            reason = error
            time.sleep(RETRY_SECONDS)
        else:
            return 0
    print(f"Kafka did not answer in {options.timeout:g} s: {reason}", file=sys.stderr)
    return 1


def round_trip(bootstrap: str, seconds: float) -> None:
    """Produce a record and read that very record again; raise what went wrong."""
    given = settings(bootstrap, seconds)
    token = uuid.uuid4().bytes
    with _topic(given), ExitStack() as stack:
        producer = KafkaProducer(**given, linger_ms=0, enable_idempotence=False)
        stack.callback(producer.close, timeout=1)
        sent = producer.send(TOPIC, token, partition=0).get(timeout=seconds)
        consumer = KafkaConsumer(**given, allow_auto_create_topics=False, enable_auto_commit=False)
        stack.callback(consumer.close)
        partition = TopicPartition(TOPIC, 0)
        consumer.assign([partition])
        consumer.seek(partition, sent.offset)
        found = consumer.poll(timeout_ms=max(1, int(seconds * 1000)))
        if [record.value for record in found.get(partition, [])][:1] != [token]:
            raise LookupError("the record did not come back")


@contextmanager
def _topic(given: dict[str, object]) -> Iterator[None]:
    admin = KafkaAdminClient(**given)
    try:
        # It is there already when an earlier probe was killed before it could clear up.
        with suppress(TopicAlreadyExistsError):
            admin.create_topics({TOPIC: {"num_partitions": 1, "replication_factor": 1}})
        try:
            yield
        finally:
            # Clients that still know the topic would create it again: they are closed by now.
            with suppress(UnknownTopicOrPartitionError):
                admin.delete_topics([TOPIC])
    finally:
        admin.close()


if __name__ == "__main__":
    sys.exit(main())
