"""Some records of a topic from a place on: `python -m guest.records BROKER events --offset 9`.

`--at` looks for the first record that is no older than that many milliseconds since the epoch.
`--before` tells to read what ends just before the place. It prints the records as `guest.tail`
does, and at last where the partition begins and ends.
"""

import argparse
import contextlib
import sys
import time

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from .clients import READER, settings
from .lines import emit
from .told import write_records

SECONDS = 8.0


def read(options: argparse.Namespace) -> None:
    """Find the place, and print what stands there."""
    given = settings(options.bootstrap, SECONDS) | {"request_timeout_ms": 5000}
    with contextlib.closing(KafkaConsumer(**given, **READER)) as consumer:
        place = TopicPartition(options.topic, options.partition)
        if options.partition not in (consumer.partitions_for_topic(options.topic) or ()):
            emit("refused", message=f"There is no partition {options.partition} of that topic.")
            return
        consumer.assign([place])
        begin = consumer.beginning_offsets([place])[place]
        end = consumer.end_offsets([place])[place]
        first = start_of(options, consumer, place, begin, end)
        last = min(end, options.offset if options.before else end)
        emit("place", partition=options.partition, begin=begin, end=end, offset=first)
        consumer.seek(place, first)
        print_records(consumer, place, last, options)
    emit("done")


def start_of(
    options: argparse.Namespace,
    consumer: KafkaConsumer,
    place: TopicPartition,
    begin: int,
    end: int,
) -> int:
    """The offset to read from, within what is there."""
    wanted: int = options.offset
    if options.at >= 0:
        found = consumer.offsets_for_times({place: options.at})[place]
        wanted = found.offset if found else end
    if options.before:
        wanted -= options.count
    return max(begin, min(wanted, end))


def print_records(
    consumer: KafkaConsumer, place: TopicPartition, end: int, options: argparse.Namespace
) -> None:
    """Print up to `count` records that are there before `end`."""
    left, deadline = options.count, time.monotonic() + SECONDS
    while left and consumer.position(place) < end and time.monotonic() < deadline:
        polled = consumer.poll(timeout_ms=500, max_records=left)
        found = [record for record in polled.get(place, []) if record.offset < end]
        write_records(found)
        left -= len(found)


def main(argv: list[str] | None = None) -> int:
    """Print, or say why that can't be."""
    parser = argparse.ArgumentParser(prog="guest.records", description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("topic")
    parser.add_argument("--partition", type=int, default=0)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--at", type=int, default=-1)
    parser.add_argument("--before", action="store_true")
    parser.add_argument("--count", type=int, default=200)
    try:
        read(parser.parse_args(argv))
    except (KafkaError, OSError) as error:
        emit("refused", message=f"Kafka did not answer ({type(error).__name__}).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
