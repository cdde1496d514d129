"""Every record of a topic, parsed as JSON, beside the columns that a table kept of them.

Read with kafka-python rather than Spark: a tenth of a second, and a dead driver doesn't matter.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from .clients import READER, settings
from .plain import plain, short

BYTES = 4 * 2**20
SAMPLES = 5
SAMPLE_LIMIT = 200


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

    def add(self, record: Any) -> None:
        """Take one record in."""
        self.records += 1
        where = {"partition": record.partition, "offset": record.offset}
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
            self.odd[what].append({**where, "text": short(text)})

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
            "dropped": [{"column": name, **self.columns[name]} for name in missing],
            "reason": self.reason(table) if missing else "",
        }

    def reason(self, table: list[str] | None) -> str:
        """Why columns are missing: Spark's doing only when the first record explains it."""
        if self.first and sorted(table or []) == sorted(self.first["keys"]):
            return (
                "toDF() took its columns from the first row,"
                f" at offset {self.first['offset']} of partition {self.first['partition']}"
            )
        return "the code chose other columns than the records have"


def read(bootstrap: str, topic: str, limit: int, seconds: float) -> tuple[Union, str]:
    """Read a topic from its beginning to where it ends now; the text says why it could not be."""
    found, problem = Union(limit), ""
    deadline = time.monotonic() + seconds
    try:
        for record in records(bootstrap, topic, deadline):
            found.add(record)
    except LookupError as error:
        problem = str(error.args[0])
    except (KafkaError, OSError):
        problem = "no-broker"
    return found, problem


def records(bootstrap: str, topic: str, deadline: float) -> Iterator[Any]:
    """Yield a topic's records, partition by partition as Spark does. Raises LookupError."""
    given = settings(bootstrap, deadline - time.monotonic())
    with contextlib.closing(
        KafkaConsumer(**given, **READER, auto_offset_reset="earliest")
    ) as consumer:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise LookupError("no-topic")
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        begins, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.assign([partition])
            consumer.seek(partition, begins[partition])
            while consumer.position(partition) < ends[partition]:
                if time.monotonic() > deadline:
                    raise LookupError("too-long")
                for record in consumer.poll(timeout_ms=500).get(partition, []):
                    if record.offset < ends[partition]:
                        yield record
