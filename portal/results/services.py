"""Keep what a spark step gave."""

from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction

from portal.activities.models import Session, StepRun
from portal.engine.extraction import Table, Union
from portal.engine.spark import SparkOutcome
from portal.results.models import Extraction, ExtractionRow, UnionRow

KEPT = 20
"""Extractions of a session; older ones make room for new ones."""
BATCH = 500


def keep(session: Session, run: StepRun | None, outcome: SparkOutcome) -> Extraction | None:
    """Keep a table and its topic's records. None when there is neither.

    Safe to repeat: a run's outcome is kept once, and the first one stays.
    """
    if outcome.table is None and (outcome.union is None or not outcome.union.records):
        return None
    try:
        with transaction.atomic():
            return _keep(session, run, outcome)
    except IntegrityError:
        if run is None:
            raise
        return Extraction.objects.get(step_run=run)


def _keep(session: Session, run: StepRun | None, outcome: SparkOutcome) -> Extraction:
    fields = table_fields(outcome.table) | union_fields(outcome.union)
    error = str(outcome.error) if outcome.error else ""
    extraction = Extraction.objects.create(session=session, step_run=run, error=error, **fields)
    add_rows(extraction, outcome.table)
    add_union_rows(extraction, outcome.union)
    outdated = Extraction.objects.filter(session=session).values_list("pk", flat=True)[KEPT:]
    Extraction.objects.filter(pk__in=list(outdated)).delete()
    return extraction


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
        "not_json": union.not_json,
        "not_object": union.not_object,
        "samples": [asdict(each) for each in samples],
        "problem": union.problem,
    }


def add_rows(extraction: Extraction, table: Table | None) -> None:
    """The rows of the student's table."""
    ExtractionRow.objects.bulk_create(
        (
            ExtractionRow(extraction=extraction, number=number, values=list(values))
            for number, values in enumerate(table.rows if table else (), 1)
        ),
        batch_size=BATCH,
    )


def add_union_rows(extraction: Extraction, union: Union | None) -> None:
    """The topic's records."""
    UnionRow.objects.bulk_create(
        (
            UnionRow(
                extraction=extraction,
                number=number,
                partition=each.partition,
                offset=each.offset,
                timestamp=each.timestamp,
                values=each.values,
            )
            for number, each in enumerate(union.rows if union else (), 1)
        ),
        batch_size=BATCH,
    )
