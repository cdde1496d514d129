"""The table of a script that `spark-submit` ran: what it wrote, or else what it showed."""

from dataclasses import dataclass, replace
from typing import Any

from portal.engine import lines, printed, spark
from portal.engine.errors import ClusterError
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime

LINE_LIMIT = 1 << 20
LOOK_SECONDS = 20.0
FORMATS = frozenset({"parquet", "json", "orc"})
NAME = "_written"
"""What the table is called in pyspark: none of a student's own names."""


@dataclass(slots=True)
class Reader:
    """Where pyspark runs, and what it is to read."""

    service: str
    table: str | None = NAME
    topic: str | None = None
    setup: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A table of a script, and in words which of its tables that is."""

    outcome: spark.SparkOutcome
    words: str


def written(runtime: Runtime, session: str, service: str, since: float) -> list[tuple[str, str]]:
    """Paths and formats of what was written since then, the newest first. Raises ClusterError."""
    execution = runtime.exec(
        session, service, guest("written", f"{since:.3f}"), timeout=LOOK_SECONDS
    )
    found = []
    for message in lines.Lines(execution, LINE_LIMIT):
        if message["type"] == "written" and message.get("format") in FORMATS:
            path = lines.parsed(lambda each: lines.text(each.get("path"), 4000), message)
            found.append((path, str(message["format"])))
    return found


def read(
    runtime: Runtime,
    session: str,
    service: str,
    where: tuple[str, str],
    timeout: float,
    cancelled: Cancelled,
    **started: Any,
) -> Kept | None:
    """What is in a folder that was written, read by the session's pyspark. Raises ClusterError."""
    path, kind = where
    code = f"{NAME} = spark.read.{kind}({path!r})"
    outcome = spark.run_cell(
        runtime,
        session,
        Reader(service),
        code,
        lambda stream, text: None,
        timeout,
        cancelled,
        **started,
    )
    if outcome.table is None:
        return None
    table = replace(outcome.table, name=path.rstrip("/").rpartition("/")[2][:200])
    rows = count_of(table.row_count, "row")
    return Kept(replace(outcome, table=table), f"what the script wrote to {path}, {rows}")


def shown(said: str) -> Kept | None:
    """The last table that `show()` printed: its cells as text, as many as it printed."""
    found = printed.tables(said)
    if not found:
        return None
    table = found[0]
    outcome = spark.SparkOutcome(
        ok=True, error=None, table=table, union=None, seconds=0.0, shown=found[1:]
    )
    count = count_of(table.row_count, "row")
    words = f"the last table that was shown, {count}, as text"
    if table.truncated:
        words += "; show() leaves the others out"
    if others := len(found) - 1:
        words += f". {count_of(others, 'table')} shown before it {'is' if others == 1 else 'are'}"
        words += " below it"
    return Kept(outcome, words)


def of_script(
    runtime: Runtime,
    session: str,
    service: str,
    *,
    since: float,
    said: str,
    timeout: float,
    cancelled: Cancelled,
    **started: Any,
) -> Kept | None:
    """The table to keep of a script that has run: what it wrote before what it showed."""
    try:
        found = written(runtime, session, service, since)
        if found and (
            kept := read(runtime, session, service, found[0], timeout, cancelled, **started)
        ):
            return replace(kept, outcome=replace(kept.outcome, shown=printed.tables(said)))
    except ClusterError:
        # What the step is for was done; that its table can't be read again is no failure of it.
        if cancelled():
            raise
    return shown(said)


def count_of(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
