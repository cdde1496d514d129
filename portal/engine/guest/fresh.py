"""What has come to topics since a moment: `python -m guest.fresh BROKER --since MILLISECONDS`.

It waits until at least so many records have come, or the time is up, and prints them by topic:
`{"type": "fresh", "topic": …, "count": …, "samples": [{"partition", "offset", "value"}]}`, then
`done`. A record's own time decides (milliseconds since the epoch): clients and this program have
one clock.
"""

import argparse
import contextlib
import sys
import time
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from .clients import READER, settings
from .lines import emit

PATIENCE = 10.0
MOST = 5000
SAMPLES = 50
VALUE = 2000
POLL_MS = 50


class Found:
    """The records of one topic that are new."""

    def __init__(self) -> None:
        self.count = 0
        self.samples: list[dict[str, Any]] = []

    def take(self, record: Any) -> None:
        """One more."""
        self.count += 1
        if len(self.samples) < SAMPLES:
            value = None if record.value is None else record.value[:VALUE].decode(errors="replace")
            place = {"partition": record.partition, "offset": record.offset}
            self.samples.append({**place, "value": value})


def places(consumer: KafkaConsumer, only: list[str]) -> list[TopicPartition]:
    """Every partition to look at: those of the named topics, or of all but Kafka's own."""
    topics = only or sorted(each for each in consumer.topics() if not each.startswith("__"))
    return [
        TopicPartition(topic, number)
        for topic in topics
        for number in sorted(consumer.partitions_for_topic(topic) or ())
    ]


def gather(consumer: KafkaConsumer, options: argparse.Namespace) -> dict[str, Found]:
    """Read on until there is enough, or the time is up."""
    found: dict[str, Found] = {}
    followed: set[TopicPartition] = set()
    deadline = time.monotonic() + options.seconds
    while True:
        added = [each for each in places(consumer, options.topic) if each not in followed]
        if added:
            starts = consumer.offsets_for_times(dict.fromkeys(added, options.since))
            ends = consumer.end_offsets(added)
            followed |= set(added)
            consumer.assign(sorted(followed))
            for each in added:
                consumer.seek(each, starts[each].offset if starts.get(each) else ends[each])
        if followed:
            polled = consumer.poll(timeout_ms=POLL_MS)
            for record in (record for records in polled.values() for record in records):
                if record.timestamp >= options.since:
                    found.setdefault(record.topic, Found()).take(record)
        else:
            time.sleep(POLL_MS / 1000)
            polled = {}
        total = sum(each.count for each in found.values())
        is_enough = total >= options.least and not polled
        if is_enough or total >= MOST or time.monotonic() > deadline:
            return found


def main(argv: list[str] | None = None) -> int:
    """Print what is new, or say why that can't be known."""
    parser = argparse.ArgumentParser(prog="guest.fresh", description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("--since", type=int, required=True)
    parser.add_argument("--topic", action="append", default=[])
    parser.add_argument("--least", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args(argv)
    given = settings(options.bootstrap, PATIENCE) | {"request_timeout_ms": 5000}
    try:
        with contextlib.closing(KafkaConsumer(**given, **READER)) as consumer:
            for topic, each in gather(consumer, options).items():
                emit("fresh", topic=topic, count=each.count, samples=each.samples)
    except (KafkaError, OSError) as error:
        emit("refused", message=f"Kafka did not answer ({type(error).__name__}).")
    else:
        emit("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
