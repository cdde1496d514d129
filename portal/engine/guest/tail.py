"""Follow a topic for ever: `python -m guest.tail BROKER events --from '{"0": 5}'`.

`--from` names the offset to begin at, by partition; a partition it doesn't name is read from its
beginning. `--identity` names the topic that they are offsets of, should another have its name
now. Many records to a line, and a line for each thing a watcher should know: that the topic or the
broker isn't there yet, that the topic was deleted, or made anew.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaConfigurationError, KafkaError

from .clients import READER, settings
from .lines import emit
from .told import write_records

LOOK_SECONDS = 0.5
"""How often to ask whether the topic is still there, and still the same."""
MISSING_SECONDS = 1.0
UNKNOWN_TOPIC = 3


class Tail:
    """Where a reader stands in a topic, through its deletion and the broker's absence."""

    def __init__(self, bootstrap: str, topic: str, start: dict[int, int], identity: str = ""):
        self.bootstrap = bootstrap
        self.topic = topic
        self.next = start
        self.incarnation = identity
        self.missing_since = 0.0
        self.said = ""

    def run(self) -> None:
        """Follow until killed."""
        while True:
            try:
                self.follow()
            except KafkaConfigurationError:
                raise
            except (KafkaError, OSError):
                self.notice("waiting-broker")
                time.sleep(0.1)

    def follow(self) -> None:
        """Look for the topic and read it, again and again; raise when the broker is away."""
        with contextlib.closing(KafkaAdminClient(**self.settings())) as admin:
            while True:
                found = self.look(admin)
                if found is None:
                    time.sleep(LOOK_SECONDS)
                else:
                    self.read(admin, found)

    def look(self, admin: KafkaAdminClient) -> tuple[str, tuple[int, ...]] | None:
        """The topic's identity and partitions; None while there is no such topic."""
        described = admin.describe_topics([self.topic])[0]
        if described["error_code"] == UNKNOWN_TOPIC:
            self.miss()
            return None
        self.missing_since = 0.0
        partitions = sorted(
            each["partition_index"] for each in described["partitions"] if each["leader_id"] >= 0
        )
        identity = str(described.get("topic_id") or self.topic)
        if self.incarnation not in ("", identity):
            self.start_over()
        self.incarnation = identity
        return (identity, tuple(partitions)) if partitions else None

    def miss(self) -> None:
        """There is no such topic: say so. Where we stood is kept, should it be the same again."""
        if not self.incarnation:
            self.notice("waiting-topic")
            return
        # A broker that starts knows its topics a moment later than it answers.
        self.missing_since = self.missing_since or time.monotonic()
        if time.monotonic() - self.missing_since >= MISSING_SECONDS:
            self.notice("deleted")

    def read(self, admin: KafkaAdminClient, found: tuple[str, tuple[int, ...]]) -> None:
        """Write records for as long as the topic stays what it was found to be."""
        # A consumer of its own for each incarnation: none can mix up two topics of one name.
        with contextlib.closing(self.consumer()) as consumer:
            self.seek(consumer, [TopicPartition(self.topic, each) for each in found[1]])
            look_at = time.monotonic() + LOOK_SECONDS
            while True:
                wait = max(0.0, look_at - time.monotonic())
                for records in consumer.poll(timeout_ms=int(wait * 1000)).values():
                    self.write_all(records)
                if time.monotonic() >= look_at:
                    if self.look(admin) != found:
                        return
                    look_at = time.monotonic() + LOOK_SECONDS

    def seek(self, consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        """Stand where the reader stopped; where that isn't in the log, at its beginning."""
        consumer.assign(partitions)
        begins = consumer.beginning_offsets(partitions)
        ends = self.ends(consumer, partitions)
        if self.is_beyond(ends):
            # It was made anew while nobody looked, or the broker has lost some of it.
            self.start_over()
        for each in partitions:
            wanted = self.next.get(each.partition, 0)
            self.next[each.partition] = start = max(wanted, begins[each])
            if start > wanted:
                emit("notice", what="trimmed", partition=each.partition, records=start - wanted)
            consumer.seek(each, start)
        self.said = ""
        told = {str(each.partition): ends[each] for each in partitions}
        self.notice("following", identity=self.incarnation, ends=told)

    def ends(
        self, consumer: KafkaConsumer, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Where the partitions end. A broker that starts finds that out a moment later."""
        deadline = time.monotonic() + MISSING_SECONDS
        while True:
            ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
            if not self.is_beyond(ends) or time.monotonic() > deadline:
                return ends
            time.sleep(0.05)

    def is_beyond(self, ends: dict[TopicPartition, int]) -> bool:
        """Whether we stand behind a partition's end."""
        return any(self.next.get(each.partition, 0) > end for each, end in ends.items())

    def start_over(self) -> None:
        """What was seen is of a topic that is no more."""
        self.next = {}
        emit("notice", what="recreated")

    def write_all(self, records: list[Any]) -> None:
        """Print a partition's records, and stand behind them."""
        write_records(records)
        if records:
            self.next[records[-1].partition] = records[-1].offset + 1

    def notice(self, what: str, **fields: object) -> None:
        """Say something once, not each time that it is still so."""
        if what != self.said:
            emit("notice", what=what, **fields)
        self.said = what

    def settings(self) -> dict[str, Any]:
        """Give up soon on a broker that is away: asking again is cheap."""
        return settings(self.bootstrap, 2.0) | {"request_timeout_ms": 5000}

    def consumer(self) -> KafkaConsumer:
        """No group: joining one costs three seconds."""
        return KafkaConsumer(
            **self.settings(),
            **READER,
            fetch_max_wait_ms=1000,
            auto_offset_reset="none",
        )


def main(argv: list[str] | None = None) -> int:
    """Run until killed; the reader going away is no error."""
    parser = argparse.ArgumentParser(prog="guest.tail", description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("topic")
    parser.add_argument(
        "--from", dest="start", default="{}", help="offset to begin at, by partition"
    )
    parser.add_argument("--identity", default="", help="the topic that these are offsets of")
    options = parser.parse_args(argv)
    start = {int(key): int(value) for key, value in json.loads(options.start).items()}
    try:
        Tail(options.bootstrap, options.topic, start, options.identity).run()
    except BrokenPipeError:
        # The interpreter would complain about it once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
