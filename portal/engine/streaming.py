"""Structured streaming in a session's pyspark: what its queries do, and how one is ended."""

import math
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from portal.engine import lines
from portal.engine.errors import CommandCancelled, CommandTimedOut
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime, never
from portal.engine.spark import PROCESS
from portal.engine.tail import AGE_SECONDS

LIMIT = 1 << 20
PAUSE_SECONDS = 1.0
"""Between two looks whether there is a pyspark."""
STOP_SECONDS = 12.0
NO_PYSPARK = "No pyspark runs, so none of its queries does."
QUERIES = 20
BATCHES = 8
MOST = 2**53
RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of a query; rates are rows a second, times are as Spark writes them, in UTC."""

    number: int
    at: str
    rows: int
    input_rate: float
    processed_rate: float
    milliseconds: int
    watermark: str
    """Empty where the query has none."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query, by its run: one that is started again is another."""

    run: str
    name: str
    is_active: bool
    message: str
    """What it does now, in Spark's words."""
    error: str
    """What ended it, if something did."""
    sink: str
    sources: tuple[str, ...]
    state_rows: int
    state_bytes: int
    late_rows: int
    """Rows of the newest batch that came after the watermark, and so were dropped."""
    batches: tuple[Batch, ...]
    """The newest, the last one last."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Whether there is a pyspark, and its queries."""

    has_pyspark: bool
    queries: tuple[Query, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can carry it."""
        return asdict(self)


def watch(runtime: Runtime, session: str, cancelled: Cancelled = never) -> Iterator[Seen]:
    """Yield what there is, and again whenever something of it changes. Ends as `tail` does."""
    ends = time.monotonic() + AGE_SECONDS
    told: Seen | None = None
    while not cancelled() and time.monotonic() < ends:
        process = runtime.observe(session).process(PROCESS)
        if process is not None and process.is_running:
            for told in of_service(runtime, session, process.service, cancelled):
                yield told
        elif told != Seen(False):
            told = Seen(False)
            yield told
        time.sleep(PAUSE_SECONDS)


def of_service(
    runtime: Runtime, session: str, service: str, cancelled: Cancelled
) -> Iterator[Seen]:
    """The same while the pyspark there runs."""
    argv = guest("streaming")
    execution = runtime.exec(session, service, argv, timeout=AGE_SECONDS, cancelled=cancelled)
    yield Seen(True)
    try:
        for message in lines.Lines(execution, LIMIT):
            yield Seen(True, lines.parsed(to_queries, message))
    except (CommandCancelled, CommandTimedOut):
        return


def to_queries(message: dict[str, Any]) -> tuple[Query, ...]:
    """A message of `guest.streaming`. Raises ValueError."""
    found = lines.items(message.get("queries"), QUERIES)
    return tuple(to_query(lines.record(each)) for each in found)


def to_query(given: dict[str, Any]) -> Query:
    """Raises ValueError."""
    run = lines.text(given.get("run"), 40)
    if not is_run(run):
        raise ValueError("expected the number of a run")
    return Query(
        run=run,
        name=lines.text(given.get("name"), 300),
        is_active=given.get("is_active") is True,
        message=lines.text(given.get("message"), 300),
        error=lines.text(given.get("error"), 300),
        sink=lines.text(given.get("sink"), 300),
        sources=tuple(lines.text(each, 300) for each in lines.items(given.get("sources"), 5)),
        state_rows=lines.whole(given.get("state_rows"), most=MOST),
        state_bytes=lines.whole(given.get("state_bytes"), most=MOST),
        late_rows=lines.whole(given.get("late_rows"), most=MOST),
        batches=tuple(
            to_batch(lines.record(each)) for each in lines.items(given.get("batches"), BATCHES)
        ),
    )


def to_batch(given: dict[str, Any]) -> Batch:
    """Raises ValueError."""
    return Batch(
        number=lines.whole(given.get("number"), most=MOST),
        at=lines.text(given.get("at"), 300),
        rows=lines.whole(given.get("rows"), most=MOST),
        input_rate=rate(given.get("input_rate")),
        processed_rate=rate(given.get("processed_rate")),
        milliseconds=lines.whole(given.get("milliseconds"), most=MOST),
        watermark=lines.text(given.get("watermark"), 300),
    )


def rate(value: object) -> float:
    """Rows a second. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a rate")
    if not math.isfinite(value) or not 0 <= value < MOST:
        raise ValueError("expected a rate that can be")
    return float(value)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What was done, as a student would type it, and why not if it was not."""

    command: str
    said: str


def is_run(text: str) -> bool:
    """Whether it can be a run's number."""
    return RUN.fullmatch(text) is not None


def stop(runtime: Runtime, session: str, query: str, run: str) -> Stopped:
    """End a query's run as `stop()` in pyspark does. Raises what the runtime raises."""
    process = runtime.observe(session).process(PROCESS)
    if process is None or not process.is_running:
        return Stopped(typed(query, run), NO_PYSPARK)
    argv = guest("streaming", "--stop", run)
    execution = runtime.exec(session, process.service, argv, timeout=STOP_SECONDS)
    said = [
        lines.parsed(lambda each: lines.text(each.get("said"), 1000), message)
        for message in lines.Lines(execution, LIMIT)
    ]
    return Stopped(typed(query, run), said[0] if said else "pyspark did not answer.")


def typed(query: str, run: str) -> str:
    """The line that ends it in pyspark."""
    wanted = f"q.name == {query!r}" if query else f"q.runId == {run!r}"
    return f"[q.stop() for q in spark.streams.active if {wanted}]"
