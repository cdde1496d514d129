"""The records that Spark read, parsed as JSON, beside the columns that a table kept of them.

Read with kafka-python rather than Spark: a tenth of a second, and a dead driver doesn't matter.
"""

import contextlib
import json
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from .clients import READER, settings
from .plain import plain, short
from .sources import Place

BYTES = 4 * 2**20
SAMPLES = 5
SAMPLE_LIMIT = 200
EARLIEST, LATEST = -2, -1


class Union:
    """What a topic's records have in common, and what not."""

    def __init__(self, limit: int):
        self.limit = limit
        self.left = BYTES
        self.records = 0
        self.columns: dict[str, dict[str, Any]] = {}
        self.first: dict[str, Any] | None = None
        self.rows: list[dict[str, Any]] = []
        self.odd: dict[str, list[dict[str, Any]]] = {"not_json": [], "not_object": []}
        self.counts = {"not_json": 0, "not_object": 0}
        self.null: dict[str, Any] | None = None
        """The first record that has no value."""

    def add(self, record: Any) -> None:
        """Take one record in."""
        self.records += 1
        topic = getattr(record, "topic", "")
        where = {"topic": topic, "partition": record.partition, "offset": record.offset}
        if record.value is None and self.null is None:
            self.null = where
        try:
            # As the student's own json.loads reads Spark's cast to a string.
            value = json.loads((record.value or b"").decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            self.reject("not_json", where, record.value)
            return
        if not isinstance(value, dict):
            self.reject("not_object", where, record.value)
            return
        for key in value:
            seen = self.columns.get(key)
            if seen is None:
                first = {"rows_with_it": 0, "first_offset": record.offset}
                seen = self.columns.setdefault(short(key), first)
            seen["rows_with_it"] += 1
        if self.first is None:
            self.first = {"keys": [short(key) for key in value], **where}
        # Of very many records most are only counted: that has to be quick.
        if len(self.rows) < self.limit and self.left >= 0:
            self.keep({**where, "timestamp": record.timestamp, "values": plain(value)})

    def keep(self, row: dict[str, Any]) -> None:
        """Keep a row to be shown, if there is room."""
        self.left -= len(json.dumps(row))
        if self.left >= 0:
            self.rows.append(row)

    def reject(self, what: str, where: dict[str, Any], value: bytes | None) -> None:
        """Count a record that is no JSON object; the first ones are samples."""
        self.counts[what] += 1
        if len(self.odd[what]) < SAMPLES:
            text = (
                "(no value)" if value is None else value[:SAMPLE_LIMIT].decode("utf-8", "replace")
            )
            self.odd[what].append({**where, "text": short(text), "is_null": value is None})

    def report(self, table: list[str] | None) -> dict[str, Any]:
        """All of it, with the columns that `table` lacks and why."""
        missing = [] if table is None else [name for name in self.columns if name not in table]
        return {
            "columns": list(self.columns),
            "rows": self.rows,
            "records": self.records,
            "truncated": len(self.rows) < self.records - sum(self.counts.values()),
            **self.counts,
            "samples": self.odd,
            "null": self.null,
            "dropped": [{"column": name, **self.columns[name]} for name in missing],
            **(self.reason(table) if missing else {"because": "", "reason": ""}),
        }

    def reason(self, table: list[str] | None) -> dict[str, str]:
        """Why columns are missing: Spark's doing only when the first record explains it."""
        if self.first and sorted(table or []) == sorted(self.first["keys"]):
            where = f"offset {self.first['offset']} of partition {self.first['partition']}"
            reason = f"toDF() took its columns from the first row, at {where}"
            return {"because": "first-row", "reason": reason}
        reason = "the code chose other columns than the records have"
        return {"because": "chosen", "reason": reason}


def read(
    bootstrap: str, wanted: dict[str, list[Any]], limit: int, seconds: float
) -> tuple[Union, dict[str, Any]]:
    """Read what is wanted: `places`, else whole `topics`. Also tell of what, and what was amiss."""
    found, problem = Union(limit), ""
    places: list[Place] = []
    topics = wanted["topics"]
    deadline = time.monotonic() + seconds
    try:
        given = settings(bootstrap, deadline - time.monotonic())
        with contextlib.closing(
            KafkaConsumer(**given, **READER, auto_offset_reset="earliest")
        ) as consumer:
            places = resolved(consumer, wanted["places"])
            if not places:
                topics = topics_of(consumer, wanted)
                places = whole(consumer, topics)
            for record in records(consumer, places, deadline):
                found.add(record)
    except LookupError as error:
        problem = str(error.args[0])
    except (KafkaError, OSError):
        problem = "no-broker"
    names = list(dict.fromkeys(each[0] for each in places)) or topics
    return found, {"topic": ", ".join(names), "sources": places, "problem": problem}


def resolved(consumer: KafkaConsumer, places: Sequence[Sequence[Any]]) -> list[Place]:
    """Places with offsets for what Spark leaves open: -2 is where a partition begins, -1 its end.

    Raises LookupError when a topic is gone.
    """
    for topic in {each[0] for each in places}:
        if not consumer.partitions_for_topic(topic):
            raise LookupError("no-topic")
    partitions = [TopicPartition(topic, number) for topic, number, _, _ in places]
    begins, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    return [
        (
            where.topic,
            where.partition,
            first if first >= 0 else begins[where] if first == EARLIEST else ends[where],
            end if end >= 0 else ends[where] if end == LATEST else begins[where],
        )
        for where, (_, _, first, end) in zip(partitions, places, strict=True)
    ]


def topics_of(consumer: KafkaConsumer, wanted: dict[str, list[Any]]) -> list[str]:
    """The topics that are named, and those that a pattern fits."""
    names = list(wanted["topics"])
    for pattern in wanted["pattern"]:
        with contextlib.suppress(re.error):
            names += sorted(name for name in consumer.topics() if re.fullmatch(pattern, name))
    return list(dict.fromkeys(names))


def whole(consumer: KafkaConsumer, topics: Sequence[str]) -> list[Place]:
    """All of some topics, as they are now. Raises LookupError."""
    partitions = []
    for topic in topics:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise LookupError("no-topic")
        partitions += [TopicPartition(topic, number) for number in sorted(numbers)]
    places = [(each.topic, each.partition, EARLIEST, LATEST) for each in partitions]
    return resolved(consumer, places)


def records(consumer: KafkaConsumer, places: Sequence[Place], deadline: float) -> Iterator[Any]:
    """Yield the records, place by place as Spark does. Raises LookupError."""
    for topic, number, first, end in places:
        partition = TopicPartition(topic, number)
        consumer.assign([partition])
        consumer.seek(partition, first)
        while consumer.position(partition) < end:
            if time.monotonic() > deadline:
                raise LookupError("too-long")
            for record in consumer.poll(timeout_ms=500).get(partition, []):
                if record.offset < end:
                    yield record
