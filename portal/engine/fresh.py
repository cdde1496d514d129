"""The records that came to topics since a moment: what a run's own calls led to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.engine import lines, patterns
from portal.engine.errors import ClusterError, Part
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime, never

LINE_LIMIT = 1 << 20
MOST_TOPICS = 200
SPARE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A record, its value cut to 2,000 bytes; None for one that has none."""

    partition: int
    offset: int
    value: str | None


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is new in one topic."""

    topic: str
    count: int
    samples: tuple[Sample, ...]

    def matching(self, pattern: str) -> int:
        """How many of the samples a lab's pattern is found in."""
        values = [each.value or "" for each in self.samples]
        return patterns.count_lines(pattern, values)


def wait(
    runtime: Runtime,
    session: str,
    tools: str,
    broker: str,
    *,
    since: float,
    least: int,
    seconds: float,
    topics: Iterable[str] = (),
    cancelled: Cancelled = never,
) -> tuple[Fresh, ...]:
    """What came since then (seconds since the epoch), by topic; waits for `least` records.

    Without `topics` all but Kafka's own are looked at. Raises ClusterError.
    """
    only = [word for each in topics for word in ("--topic", each)]
    limits = ("--since", str(int(since * 1000)), "--least", str(least), "--seconds", f"{seconds:g}")
    argv = guest("fresh", broker, *limits, *only)
    execution = runtime.exec(
        session, tools, argv, timeout=seconds + SPARE_SECONDS, cancelled=cancelled
    )
    found: list[Fresh] = []
    for message in lines.Lines(execution, LINE_LIMIT):
        match message["type"]:
            case "fresh" if len(found) < MOST_TOPICS:
                found.append(lines.parsed(to_fresh, message))
            case "refused":
                raise ClusterError(
                    "Kafka did not answer, so whether events arrived is not known.",
                    part=Part.UNKNOWN,
                    advice="Look whether the kafka service runs, and run the step again.",
                )
    return tuple(found)


def to_fresh(message: dict[str, Any]) -> Fresh:
    """A `fresh` message. Raises ValueError."""
    samples = [lines.record(each) for each in lines.items(message.get("samples"), 100)]
    return Fresh(
        topic=lines.text(message.get("topic"), 300),
        count=lines.whole(message.get("count"), most=2**31),
        samples=tuple(
            Sample(
                partition=lines.whole(each.get("partition"), most=2**31 - 1),
                offset=lines.whole(each.get("offset"), most=2**53),
                value=None if each.get("value") is None else lines.text(each["value"], 10_000),
            )
            for each in samples
        ),
    )
