"""What an error of a spark cell means, in words for the student whose code it was."""

import re
from dataclasses import dataclass
from typing import Any

from portal.engine.errors import ClusterError, OutOfMemory, Part, StepFailed
from portal.engine.extraction import Sample, Union
from portal.engine.lines import items, text

KILLED = frozenset({-9, 137})
NO_TYPE = re.compile(r"CANNOT_INFER_TYPE_FOR_FIELD\].*?`([^`]+)`")
READ_JSON = "extracted_events = spark.read.json(events.rdd.map(lambda x: x.value))"
MEGABYTES = re.compile(r"(\d{1,6})([mg])")


@dataclass(frozen=True, slots=True)
class CellError:
    """An error as `guest.trouble` describes it."""

    name: str
    message: str
    line: int | None
    traceback: str = ""
    java: str = ""
    causes: tuple[str, ...] = ()
    jvm_status: int | None = None
    memory: str = ""

    @property
    def where(self) -> str:
        """Where in the student's code."""
        return f" (line {self.line} of your code)" if self.line else ""

    @property
    def all_of_java(self) -> str:
        """What Java says of it."""
        return " ".join((self.java, *self.causes, self.message))


def to_cell_error(message: dict[str, Any]) -> CellError:
    """An `error` message. Raises ValueError."""
    line, status = message.get("line"), message.get("jvm_status")
    return CellError(
        name=text(message.get("name"), 500),
        message=text(message.get("message"), 10_000),
        line=line if isinstance(line, int) and 0 < line < 100_000 else None,
        traceback=text(message.get("traceback", ""), 100_000),
        java=text(message.get("java", ""), 10_000),
        causes=tuple(text(each, 2000) for each in items(message.get("causes", []), 20)),
        jvm_status=status if isinstance(status, int) else None,
        memory=text(message.get("memory", ""), 20),
    )


def explain(error: CellError, union: Union | None, topic: str | None) -> ClusterError:
    """The error to show for it: what happened, whose part it is, what to do next."""
    return (
        _of_spark(error)
        or _of_topic(error, union, topic)
        or _of_records(error, union)
        or _of_code(error)
    )


def _of_spark(error: CellError) -> ClusterError | None:
    if "OutOfMemoryError" in error.all_of_java or error.jvm_status in KILLED:
        return OutOfMemory(memory_bytes(error.memory))
    if error.jvm_status is not None:
        return StepFailed(
            f"Spark's own process ended with exit status {error.jvm_status}.",
            advice="Run the step again: it starts pyspark anew.",
            part=Part.PLATFORM,
        )
    return None


def _of_topic(error: CellError, union: Union | None, topic: str | None) -> ClusterError | None:
    said = error.all_of_java
    if "UnknownTopicOrPartitionException" in said:
        name = repr(topic) if topic and union and union.problem == "no-topic" else "that it names"
        return StepFailed(
            f"The topic {name} does not exist yet{error.where}.",
            advice="Run the step that creates it, send some events, and run this step again.",
        )
    if "Failed to find data source: kafka" in said:
        return StepFailed(
            "Spark lacks its Kafka connector.",
            part=Part.PLATFORM,
            advice="Tell whoever runs this portal: 'make up' installs it.",
        )
    if "No resolvable bootstrap urls" in said or "Failed to construct kafka" in said:
        return StepFailed(
            f"Spark can't find the broker that your code names{error.where}.",
            advice='In this cluster its address is "kafka:29092".',
        )
    if "TimeoutException" in said and "kafka" in said.lower():
        return StepFailed(
            f"Spark got no answer from Kafka{error.where}.",
            advice="Look whether the kafka service runs; if it doesn't, reset the cluster.",
            part=Part.LAB,
        )
    return None


def _of_records(error: CellError, union: Union | None) -> ClusterError | None:
    if error.name == "JSONDecodeError":
        return _not_json(error, union)
    if error.message == "RDD is empty" or "CANNOT_INFER_EMPTY_SCHEMA" in error.message:
        return _empty(error, union)
    if found := NO_TYPE.search(error.message):
        return StepFailed(
            f"{found[1]!r} holds an object or a list whose values are of different types, or none "
            f"at all, and toDF() has no type for that{error.where}.",
            advice=f"Let Spark read the JSON itself: {READ_JSON}",
        )
    if "CANNOT_ACCEPT_OBJECT_IN_TYPE" in error.message or "CANNOT_MERGE_TYPE" in error.message:
        return StepFailed(
            f"A key's values are of different types, and toDF() took the type from the first row"
            f"{error.where}: {error.message[:300]}",
            advice=f"The schema on the Results tab names the key. Try {READ_JSON}",
        )
    if union and union.not_object and error.name != "NameError":
        return StepFailed(
            f"The topic holds JSON that is no object, and a table needs objects{error.where}:"
            f" {_listed(union.not_object, union.not_object_samples)}",
            advice="Send events as JSON objects, {…}, or leave the others out with filter().",
        )
    return None


def _not_json(error: CellError, union: Union | None) -> StepFailed:
    advice = (
        "Records stay in a topic: leave those out with filter(), or reset the cluster and send "
        "only JSON. The Events tab shows them."
    )
    if union is None or not union.not_json:
        return StepFailed(f"A record is not JSON{error.where}: {error.message}", advice=advice)
    return StepFailed(
        f"The topic holds what is not JSON{error.where}:"
        f" {_listed(union.not_json, union.not_json_samples)}",
        advice=advice,
    )


def _empty(error: CellError, union: Union | None) -> StepFailed:
    if union and union.records and union.columns == ():
        return StepFailed(
            f"The first record is an object without keys, so toDF() found no columns{error.where}.",
            advice="Send events that have keys.",
        )
    where = f"The topic {union.topic!r}" if union and not union.records else "The RDD"
    return StepFailed(
        f"{where} is empty, so toDF() has no first row to take its columns from{error.where}.",
        advice="Call the API so that events arrive, then run this step again.",
    )


def _listed(count: int, samples: tuple[Sample, ...]) -> str:
    if not samples:
        return f"{count} records."
    first = samples[0]
    more = f", the first of {count}" if count > 1 else ""
    partition = f" of partition {first.partition}" if first.partition else ""
    return f"the record at offset {first.offset}{partition}{more}, reads {first.text!r}."


def _of_code(error: CellError) -> StepFailed:
    missing = re.match(r"name '(\w+)' is not defined", error.message)
    if error.name == "NameError" and missing:
        return StepFailed(f"{error.message}{error.where}.", advice=_hint_for(missing[1]))
    if error.name in ("SyntaxError", "IndentationError", "TabError"):
        return StepFailed(
            f"Python can't read your code: {error.message}{error.where}. Nothing of it was run.",
            advice="Mend that line and run the step again.",
        )
    return StepFailed(f"{error.name}: {error.message[:500]}{error.where}")


def _hint_for(name: str) -> str:
    if name in ("json", "re", "time", "datetime"):
        return f"Put 'import {name}' before it."
    if name in ("spark", "sc"):
        return "The name was deleted or pyspark was left: stop Spark and run the step again."
    return "A line above it has to set that name: run the cell from its beginning."


def memory_bytes(words: str) -> int:
    """Java's way of saying a size, in bytes; 0 when it isn't one."""
    found = MEGABYTES.fullmatch(words.strip().lower())
    return int(found[1]) * (2**20 if found[2] == "m" else 2**30) if found else 0
