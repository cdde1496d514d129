"""The warm pyspark of a session: start it, run a student's lines in it, end it."""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from portal.engine import blame, diagnosis, large, shapes
from portal.engine.causes import pyspark, tables
from portal.engine.errors import ClusterError, CommandCancelled, CommandTimedOut, OutOfMemory
from portal.engine.extraction import ROW_LIMIT, Column, Table, Union, to_table, to_union
from portal.engine.guest.confs import QUICK, words
from portal.engine.guest.large import ROWS
from portal.engine.lines import GarbledReply, Lines, items, text, whole
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime, never

__all__ = ["Column", "Progress", "SparkOutcome", "Table", "Union", "run_cell", "start", "stop"]

PROCESS = "pyspark"
LINE_LIMIT = 16 * 2**20
SETTLE_SECONDS = 15.0

Emit = Callable[[str, str], None]


class Cell(Protocol):
    """Where lines run, what is run before them, and which table they make of which topic."""

    service: str
    setup: str
    table: str | None
    topic: str | None


@dataclass(frozen=True, slots=True)
class SparkOutcome:
    """What a cell gave. `error` says why it did not run to its end; `union` is there even then."""

    ok: bool
    error: ClusterError | None
    table: Table | None
    union: Union | None
    seconds: float
    no_table: ClusterError | None = None
    """Why there is no table, where that is no failure of the lines that ran."""
    findings: tuple[shapes.Finding, ...] = ()
    """Where the table says otherwise than the records that it was made of."""
    shown: tuple[Table, ...] = ()
    """Other tables that were printed, the last first, as text."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far Spark is with the stages that it works on."""

    stage: int
    stages: int
    done: int
    running: int
    tasks: int


@dataclass(slots=True)
class _Reading:
    """What has come of a running cell so far."""

    emit: Emit
    tell: Callable[[Progress], None]
    error: diagnosis.CellError | None = None
    failure: ClusterError | None = None
    no_table: ClusterError | None = None
    table: Table | None = None
    has_file: bool = False
    union: Union | None = None
    seconds: float = 0.0
    is_done: bool = False
    is_gone: bool = False
    has_begun: bool = False
    said_waiting: set[str] = field(default_factory=set)


def start(
    runtime: Runtime,
    session: str,
    service: str,
    conf: Mapping[str, str] = QUICK,
    broker: str = "",
    *,
    is_waited_for: bool = False,
) -> None:
    """Start pyspark if it doesn't run; it is ready some seconds later. Raises ClusterGone.

    What it does first, to be quick later, includes a look at the broker where there is one; it
    does nothing of that where lines wait for it.
    """
    looks_at = ("--broker", broker) if broker else ()
    argv = guest("shell", *words(conf), *looks_at, *(("--waited-for",) * is_waited_for))
    runtime.start(session, service, PROCESS, argv)


def stop(runtime: Runtime, session: str) -> None:
    """End pyspark, as `exit()` does. Not running (any more) is success."""
    process = runtime.observe(session).process(PROCESS)
    if process is not None and process.is_running:
        _run(runtime, session, process.service, "--stop")
        runtime.interrupt(session, PROCESS, timeout=1)


def run_cell(
    runtime: Runtime,
    session: str,
    spec: Cell,
    code: str,
    emit: Emit,
    timeout: float = 60.0,
    cancelled: Cancelled = never,
    tell: Callable[[Progress], None] = lambda progress: None,
    *,
    conf: Mapping[str, str] = QUICK,
    broker: str = "",
    may_start_again: bool = True,
) -> SparkOutcome:
    """Run a student's lines in the warm pyspark, started if need be; fetch the table they made.

    `emit` gets what the shell would show, as `stdout` (prompts and the lines typed, too) and
    `stderr`, and the portal's own words as `note`; `tell` gets how far Spark is.
    Raises CommandTimedOut, CommandCancelled, ClusterGone and GarbledReply; what is wrong with the
    code is the outcome's `error`.
    """
    start(runtime, session, spec.service, conf, broker, is_waited_for=True)
    request = {
        "setup": spec.setup,
        "code": code,
        "table": spec.table,
        "topic": spec.topic,
        "bootstrap": broker,
        "limit": ROW_LIMIT,
    }
    execution = runtime.exec(
        session,
        spec.service,
        guest("cell", "--timeout", f"{timeout:g}"),
        stdin=json.dumps(request).encode(),
        # It may have to wait for another's lines for as long as it may then run.
        timeout=2 * timeout + SETTLE_SECONDS,
        cancelled=cancelled,
    )
    reading = _Reading(emit, tell)
    messages = Lines(execution, LINE_LIMIT)
    try:
        for message in messages:
            _read(reading, message, timeout)
    except (CommandCancelled, CommandTimedOut):
        # The cell's client may have been killed before it could pass the word on.
        _run(runtime, session, spec.service, "--interrupt")
        raise
    except OutOfMemory:
        # Of what was killed, nobody knows whether it was pyspark: what is left of it would go on.
        with contextlib.suppress(ClusterError):
            stop(runtime, session)
        raise
    if isinstance(reading.failure, CommandTimedOut):
        raise reading.failure
    if reading.is_gone:
        # Its JVM may be there still, and would pass for a pyspark that runs.
        with contextlib.suppress(ClusterError):
            runtime.interrupt(session, PROCESS, timeout=1)
        if not reading.has_begun and may_start_again:
            again = (runtime, session, spec, code, emit, timeout, cancelled, tell)
            return run_cell(*again, conf=conf, broker=broker, may_start_again=False)
    if reading.table is not None and reading.has_file:
        reading.table = _all_rows(reading.table, runtime, session, spec.service, cancelled)
    if reading.is_gone and reading.has_begun:
        reading.failure = blame.of_lost_kernel(runtime.observe(session).process(PROCESS))
    return _outcome(reading, spec, messages, broker)


def _all_rows(
    table: Table, runtime: Runtime, session: str, service: str, cancelled: Cancelled
) -> Table:
    """The table with its rows in a file here."""
    rows = large.fetch(runtime, session, service, len(table.columns), cancelled)
    return replace(table, rows=rows, truncated=table.row_count > ROWS)


def _outcome(reading: _Reading, spec: Cell, messages: Lines, broker: str) -> SparkOutcome:
    error = reading.failure
    if error is None and reading.error is not None:
        error = diagnosis.explain(reading.error, reading.union, spec.topic, broker)
    if error is None and not reading.is_done:
        error = pyspark.LOST.error(said=messages.last_words()[:300])
    findings = shapes.compare(reading.table, reading.union)
    for told in (*(each.words for each in findings), *shapes.of_first_row(reading.union)):
        reading.emit("note", f"{told}\n")
    return SparkOutcome(
        ok=error is None,
        error=error,
        table=reading.table,
        union=reading.union,
        seconds=reading.seconds,
        no_table=reading.no_table,
        findings=findings,
    )


def _read(reading: _Reading, message: dict[str, Any], timeout: float) -> None:
    """Take in one message of `guest.cell`. Raises GarbledReply."""
    try:
        _take(reading, message, timeout)
    except ValueError as error:
        raise GarbledReply(f"The program that runs cells said nonsense: {error}") from error


def _take(reading: _Reading, message: dict[str, Any], timeout: float) -> None:
    emit = reading.emit
    match message["type"]:
        case "prompt" | "stdout":
            reading.has_begun = True
            emit("stdout", text(message.get("text")))
        case "result":
            emit("stdout", text(message.get("text")) + "\n")
        case "stderr":
            emit("stderr", text(message.get("text")))
        case "output-redirected":
            name, what = text(message.get("name"), 20), text(message.get("what"), 200)
            emit("note", f"{pyspark.REDIRECTED.words(name=name, what=what)}\n")
        case "waiting":
            _wait(reading, text(message.get("text"), 200))
        case "error":
            reading.error = reading.error or diagnosis.to_cell_error(message)
            emit("stderr", reading.error.traceback + "\n")
        case "exit":
            reading.failure = pyspark.LEFT.error()
        case "table":
            reading.table = to_table(message)
            reading.has_file = message.get("has_file") is True
        case "no-table":
            _note_no_table(reading, message)
        case "union":
            reading.union = to_union(message)
        case "stopped":
            reading.failure = _stopped(message.get("why"), timeout)
        case "kernel-gone":
            reading.is_gone = True
            reading.failure = _kernel_gone(message.get("started") is True)
        case "progress":
            names = ("stage", "stages", "done", "running", "tasks")
            reading.tell(Progress(*(whole(message.get(name), most=10**9) for name in names)))
        case "done":
            _finish(reading, message)


def _wait(reading: _Reading, words: str) -> None:
    if words not in reading.said_waiting and len(reading.said_waiting) < 10:
        reading.said_waiting.add(words)
        reading.emit("note", f"{words} …\n")


def _finish(reading: _Reading, message: dict[str, Any]) -> None:
    reading.is_done = True
    seconds, dropped = message.get("seconds"), message.get("dropped")
    if isinstance(seconds, (int, float)):
        reading.seconds = float(seconds)
    if isinstance(dropped, int) and dropped > 0:
        reading.emit("note", f"… {dropped} more characters of output are not shown.\n")


def _note_no_table(reading: _Reading, message: dict[str, Any]) -> None:
    name = text(message.get("name"), 200)
    others = [text(each, 200) for each in items(message.get("others", []), 20)]
    made = f"Your lines made {', '.join(others)}." if others else ""
    if message.get("is_old") is True:
        # Only what these lines made is judged; whether a step can do without is its check's affair.
        reading.no_table = tables.OLD_TABLE.error(name=name)
        reading.emit("note", f"{reading.no_table}\n")
    else:
        cause = tables.NO_FRAME if message.get("is_there") is True else tables.NEVER_SET
        reading.failure = cause.error(name=name, others=made)


def _stopped(why: object, timeout: float) -> ClusterError:
    if why == "busy":
        return pyspark.BUSY.error()
    return CommandTimedOut(timeout) if why == "timeout" else CommandCancelled()


def _kernel_gone(has_started: bool) -> ClusterError:
    return pyspark.ENDED.error(seen="") if has_started else pyspark.NOT_STARTED.error()


def _run(runtime: Runtime, session: str, service: str, flag: str) -> None:
    """Have the kernel interrupted or ended, and wait for that."""
    argv = guest("cell", flag, "--timeout", f"{SETTLE_SECONDS:g}")
    for _ in runtime.exec(session, service, argv, timeout=SETTLE_SECONDS + 5):
        pass
