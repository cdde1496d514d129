"""Send one record: `python -m guest.produce BROKER events`, the record as JSON on stdin.

`{"value": …, "key": …, "headers": [[name, …]], "partition": 0}`: contents in base64, null for
none; without a partition, Kafka's own choice. It prints where the record is.
"""

import argparse
import base64
import contextlib
import json
import sys

from kafka import KafkaProducer
from kafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NotEnoughReplicasAfterAppendError,
    RequestTimedOutError,
)

from .clients import settings
from .lines import emit

SECONDS = 8.0
UNCLEAR = (
    KafkaConnectionError,
    KafkaTimeoutError,
    NotEnoughReplicasAfterAppendError,
    RequestTimedOutError,
)
"""After these of a record that was sent, nobody knows whether the broker has it."""


def decode(content: str | None) -> bytes | None:
    """Bytes from base64; nothing stays nothing."""
    return None if content is None else base64.b64decode(content)


def produce(bootstrap: str, topic: str, text: str) -> None:
    """Send it, and wait until the broker has it."""
    given = json.loads(text)
    with contextlib.closing(
        KafkaProducer(
            **settings(bootstrap, SECONDS),
            acks="all",
            retries=0,
            enable_idempotence=False,
            max_block_ms=2500,
            allow_auto_create_topics=False,
        )
    ) as producer:
        partitions = producer.partitions_for(topic)
        partition = given.get("partition")
        if partition is not None and partition not in partitions:
            emit("refused", message=f"There is no partition {partition} of that topic.")
            return
        future = producer.send(
            topic,
            value=decode(given.get("value")),
            key=decode(given.get("key")),
            headers=[(name, decode(content)) for name, content in given.get("headers", [])],
            partition=partition,
        )
        try:
            sent = future.get(timeout=SECONDS)
        except UNCLEAR as error:
            message = f"Kafka gave no word: {type(error).__name__}."
            emit("refused", message=message, is_unclear=True)
            return
    emit("produced", partition=sent.partition, offset=sent.offset, timestamp=sent.timestamp)


def main(argv: list[str] | None = None) -> int:
    """Print where the record is, or why it is nowhere."""
    parser = argparse.ArgumentParser(prog="guest.produce", description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("topic")
    options = parser.parse_args(argv)
    try:
        produce(options.bootstrap, options.topic, sys.stdin.read())
    except KafkaError as error:
        emit("refused", message=f"Kafka did not take it: {type(error).__name__}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
