"""Keep what a spark step gave."""

import uuid
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

from portal.activities import keeping, keys
from portal.activities.models import Session, StepRun
from portal.engine.extraction import Table, Union
from portal.engine.spark import SparkOutcome
from portal.live import streams
from portal.results import ingest, store, sweep
from portal.results.bounds import Bounds
from portal.results.ingest import LogLine
from portal.results.models import Extraction

KEPT = 20
"""Extractions of a session; older ones make room for new ones."""
LOG_LINES = 20_000
SHOWN_ROWS, SHOWN_COLUMNS, SHOWN_CHARACTERS = 50, 40, 200
"""What is kept of each table that was printed beside the run's own."""


def keep(
    session: Session, run: StepRun | None, outcome: SparkOutcome, bounds: Bounds | None = None
) -> Extraction | None:
    """Keep tables and their topic's records. None when there are none.

    Where a run has none but what it showed, the last of those is its table.

    Safe to repeat: a run's outcome is kept once, and the first one stays. Raises what the bounds
    raise and NotStored, and keeps nothing then.
    """
    if outcome.table is None and outcome.shown:
        outcome = replace(outcome, table=outcome.shown[0], shown=outcome.shown[1:])
    if outcome.table is None and (outcome.union is None or not outcome.union.records):
        return None
    sweep.now_and_then()
    name = f"{session.pk}-{uuid.uuid4().hex[:12]}"
    # Before the row's transaction: a large table takes a while, and others want to write, too.
    summary = ingest.write(
        store.path_of(name),
        outcome.table,
        outcome.union,
        server_log(session),
        session.spec.event_key,
        bounds,
    )
    size = store.keep(name)
    fields = {"step_run": run, "store": name, "size": size, "summary": summary}
    fields |= fields_of(outcome, summary)
    extractions = Extraction.objects.filter(session=session)
    kept_name = ""
    try:
        kept = keeping.once(extractions, run, lambda: extractions.create(session=session, **fields))
        kept_name = kept.store
    finally:
        if kept_name != name:
            store.remove(name)  # The run's first outcome stays, and its file.
    keeping.trim(extractions, KEPT)
    return kept


def fields_of(outcome: SparkOutcome, summary: dict[str, Any]) -> dict[str, Any]:
    """What an extraction's row says."""
    fields = table_fields(outcome.table) | union_fields(outcome.union)
    if outcome.table is not None:
        # How many of a large table's rows there are is known once they were read.
        fields["truncated"] |= summary[ingest.OWN]["rows"] < outcome.table.row_count
    fields["shown"] = [shown_fields(each) for each in outcome.shown]
    fields["findings"] = [asdict(each) for each in outcome.findings]
    return {"error": str(outcome.error) if outcome.error else "", **fields}


def table_fields(table: Table | None) -> dict[str, Any]:
    """What an extraction's row says of the student's table."""
    if table is None:
        return {}
    return {
        "has_table": True,
        "table_name": table.name,
        "columns": [asdict(each) for each in table.columns],
        "row_count": table.row_count,
        "truncated": table.truncated,
    }


def shown_fields(table: Table) -> dict[str, Any]:
    """The beginning of a table that was printed, as a row keeps it beside its own."""
    rows = list(islice(table.rows, SHOWN_ROWS))
    names = [each.name[:SHOWN_CHARACTERS] for each in table.columns[:SHOWN_COLUMNS]]
    return {
        "columns": names,
        "rows": [[shortened(each) for each in row[:SHOWN_COLUMNS]] for row in rows],
        "row_count": table.row_count,
        "is_cut": table.truncated or len(rows) < table.row_count or len(names) < len(table.columns),
    }


def shortened(cell: str | None) -> str | None:
    """A cell within its bound."""
    return None if cell is None else cell[:SHOWN_CHARACTERS]


def union_fields(union: Union | None) -> dict[str, Any]:
    """What an extraction's row says of the topic."""
    if union is None:
        return {}
    samples = [*union.not_json_samples, *union.not_object_samples]
    return {
        "topic": union.topic,
        "records": union.records,
        "union_columns": list(union.columns),
        "union_truncated": union.truncated,
        "dropped": [asdict(each) for each in union.dropped],
        "reason": union.reason,
        "because": union.because,
        "places": [asdict(each) for each in union.places],
        "not_json": union.not_json,
        "not_object": union.not_object,
        "samples": [asdict(each) for each in samples],
        "problem": union.problem,
    }


def server_log(session: Session) -> Iterator[LogLine]:
    """The newest lines of the services in which the lab's steps run servers."""
    steps = [each for each in session.spec.steps if each.run.serves]
    for service in dict.fromkeys(each.command.service for each in steps):
        key = keys.log_key(session, service)
        after = max(0, streams.last_number(key) - LOG_LINES)
        for number, fields in streams.entries(key, after):
            process, said = str(fields.get("process", "")), str(fields.get("text", ""))
            yield LogLine(number, float(fields.get("at", 0)), service, process, said)
