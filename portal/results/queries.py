"""What pages ask about extracted tables, one function a question."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from portal.activities.models import Session
from portal.results import store
from portal.results.browse import Filter, columns_of, filtered, sortable
from portal.results.models import Extraction

CHUNK = 2000

Filters = Sequence[Filter]


def extractions_of(session: Session) -> QuerySet[Extraction]:
    """A session's extractions, newest first."""
    return Extraction.objects.filter(session=session).select_related(
        "step_run__session__version__lab", "session"
    )


def newest_table_of(session: Session) -> dict[str, Extraction | None]:
    """The newest table that a session has extracted, as `table`."""
    return {"table": extractions_of(session).filter(has_table=True).first()}


def rows_of(sessions: Sequence[Session]) -> dict[str, Any]:
    """How many rows the newest table of each session has, for the list of sessions."""
    made = Extraction.objects.filter(session__in=sessions, has_table=True).order_by("pk")
    return {"title": "Rows", "values": dict(made.values_list("session_id", "row_count"))}


def all_rows(extraction: Extraction, filters: Filters = ()) -> Iterator[list[Any]]:
    """Every row that is kept and that matches, without holding them all.

    Raises RowsGone, and BadChoice for filters that make no sense.
    """
    keys = [each.key for each in columns_of(extraction, "own")]
    where, parameters = condition(extraction, "own", filters)
    cursor = store.reader(extraction.store)
    chosen = ", ".join(keys) or "NULL"
    cursor.execute(f"SELECT {chosen} FROM own WHERE {where} ORDER BY n", parameters)  # noqa: S608
    return map(list, fetched(cursor))


def all_records(extraction: Extraction, filters: Filters = ()) -> Iterator[list[Any]]:
    """Every record that is kept and that matches: where it is, then its values.

    Raises RowsGone, and BadChoice for filters that make no sense.
    """
    names = [each.name for each in columns_of(extraction, "records")]
    conditions, parameters = condition(extraction, "records", filters)
    cursor = store.reader(extraction.store)
    topic = "topic, " if extraction.has_topics else ""
    places = f'{topic}partition, "offset", "timestamp"'
    cursor.execute(
        f"SELECT {places}, event FROM records WHERE {conditions} ORDER BY n",  # noqa: S608 - ours
        parameters,
    )
    return ([*where, *map(json.loads(event).get, names)] for *where, event in fetched(cursor))


def condition(extraction: Extraction, table: str, filters: Filters) -> tuple[str, list[Any]]:
    """What a row has to be, and its parameters. Raises BadChoice."""
    return filtered(tuple(filters), sortable(extraction, table))


def fetched(cursor: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of an answer, some at a time."""
    while chunk := cursor.fetchmany(CHUNK):
        yield from chunk
