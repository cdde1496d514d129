"""The warm pyspark of a session: start it, run a student's lines in it, end it."""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from portal.engine import diagnosis, large
from portal.engine.errors import (
    ClusterError,
    CommandCancelled,
    CommandTimedOut,
    OutOfMemory,
    Part,
    StepFailed,
)
from portal.engine.extraction import ROW_LIMIT, Column, Table, Union, to_table, to_union
from portal.engine.guest.confs import QUICK, words
from portal.engine.guest.large import ROWS
from portal.engine.lines import GarbledReply, Lines, text, whole
from portal.engine.runs import Spark
from portal.engine.runtimes.base import Cancelled, Runtime, never
from portal.engine.tail import BOOTSTRAP

__all__ = ["Column", "Progress", "SparkOutcome", "Table", "Union", "run_cell", "start", "stop"]

PROCESS = "pyspark"
LINE_LIMIT = 16 * 2**20
SETTLE_SECONDS = 15.0

Emit = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class SparkOutcome:
    """What a cell gave. `error` says why it did not run to its end; `union` is there even then."""

    ok: bool
    error: ClusterError | None
    table: Table | None
    union: Union | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far Spark is with the stages that it works on."""

    stage: int
    stages: int
    done: int
    running: int
    tasks: int


def _ignore(progress: Progress) -> None:
    pass


@dataclass(slots=True)
class _Reading:
    """What has come of a running cell so far."""

    emit: Emit
    tell: Callable[[Progress], None]
    error: diagnosis.CellError | None = None
    failure: ClusterError | None = None
    table: Table | None = None
    has_file: bool = False
    union: Union | None = None
    seconds: float = 0.0
    is_done: bool = False
    is_gone: bool = False
    has_begun: bool = False
    said_waiting: set[str] = field(default_factory=set)


def start(runtime: Runtime, session: str, service: str, conf: Mapping[str, str] = QUICK) -> None:
    """Start pyspark if it doesn't run; it is ready some seconds later. Raises ClusterGone."""
    runtime.start(session, service, PROCESS, ("python", "-m", "guest.shell", *words(conf)))


def stop(runtime: Runtime, session: str) -> None:
    """End pyspark, as `exit()` does. Not running (any more) is success."""
    process = runtime.observe(session).process(PROCESS)
    if process is not None and process.is_running:
        _run(runtime, session, process.service, "--stop")
        runtime.interrupt(session, PROCESS, timeout=1)


def run_cell(
    runtime: Runtime,
    session: str,
    spec: Spark,
    code: str,
    emit: Emit,
    timeout: float = 60.0,
    cancelled: Cancelled = never,
    tell: Callable[[Progress], None] = _ignore,
    *,
    conf: Mapping[str, str] = QUICK,
    may_start_again: bool = True,
) -> SparkOutcome:
    """Run a student's lines in the warm pyspark, started if need be; fetch the table they made.

    `emit` gets what the shell would show, as `stdout` (prompts and the lines typed, too) and
    `stderr`, and the portal's own words as `note`; `tell` gets how far Spark is.
    Raises CommandTimedOut, CommandCancelled, ClusterGone and GarbledReply; what is wrong with the
    code is the outcome's `error`.
    """
    start(runtime, session, spec.service, conf)
    request = {
        "setup": spec.setup,
        "code": code,
        "table": spec.table,
        "topic": spec.topic,
        "bootstrap": BOOTSTRAP,
        "limit": ROW_LIMIT,
    }
    execution = runtime.exec(
        session,
        spec.service,
        ("python", "-m", "guest.cell", "--timeout", f"{timeout:g}"),
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
            return run_cell(*again, conf=conf, may_start_again=False)
    if reading.table is not None and reading.has_file:
        reading.table = _all_rows(reading.table, runtime, session, spec.service, cancelled)
    return _outcome(reading, spec, messages)


def _all_rows(
    table: Table, runtime: Runtime, session: str, service: str, cancelled: Cancelled
) -> Table:
    """The table with its rows in a file here."""
    rows = large.fetch(runtime, session, service, len(table.columns), cancelled)
    return replace(table, rows=rows, truncated=table.row_count > ROWS)


def _outcome(reading: _Reading, spec: Spark, messages: Lines) -> SparkOutcome:
    error = reading.failure
    if error is None and reading.error is not None:
        error = diagnosis.explain(reading.error, reading.union, spec.topic)
    if error is None and not reading.is_done:
        error = StepFailed(
            f"The cell ended before its time. {messages.last_words()[:300]}".strip(),
            part=Part.PLATFORM,
            advice="Run the step again; if that happens once more, reset the cluster.",
        )
    return SparkOutcome(
        ok=error is None,
        error=error,
        table=reading.table,
        union=reading.union,
        seconds=reading.seconds,
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
        case "waiting":
            _wait(reading, text(message.get("text"), 200))
        case "error":
            reading.error = reading.error or diagnosis.to_cell_error(message)
            emit("stderr", reading.error.traceback + "\n")
        case "exit":
            reading.failure = _left()
        case "table":
            reading.table = to_table(message)
            reading.has_file = message.get("has_file") is True
        case "no-table":
            reading.failure = _no_table(text(message.get("name"), 200), message.get("is_there"))
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


def _left() -> StepFailed:
    return StepFailed(
        "The code left pyspark with exit().",
        advice="Take exit() out of the cell: a step of its own ends pyspark.",
    )


def _no_table(name: str, is_there: object) -> StepFailed:
    what = "is no data frame" if is_there is True else "was never set"
    return StepFailed(
        f"The code ran, but {name} {what}, and the results page shows that data frame.",
        advice=f"Name the data frame that your code makes {name}.",
    )


def _stopped(why: object, timeout: float) -> ClusterError:
    if why == "busy":
        return StepFailed(
            "Other lines were still running in pyspark, so these were not run.",
            advice="Wait until those have ended, or cancel them, and run the step again.",
        )
    return CommandTimedOut(timeout) if why == "timeout" else CommandCancelled()


def _kernel_gone(has_started: bool) -> StepFailed:
    if has_started:
        return StepFailed(
            "pyspark ended while it ran your code, most likely because it needed more memory "
            "than it may have.",
            advice="Run the step again: it starts pyspark anew, without what was set before.",
        )
    return StepFailed(
        "pyspark did not start.",
        part=Part.PLATFORM,
        advice="Look at the Spark log, then reset the cluster.",
    )


def _run(runtime: Runtime, session: str, service: str, flag: str) -> None:
    """Have the kernel interrupted or ended, and wait for that."""
    argv = ("python", "-m", "guest.cell", flag, "--timeout", f"{SETTLE_SECONDS:g}")
    for _ in runtime.exec(session, service, argv, timeout=SETTLE_SECONDS + 5):
        pass
