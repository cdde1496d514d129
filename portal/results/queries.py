"""What pages ask about extracted tables, one function a question."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from portal.activities.models import Session
from portal.results import store
from portal.results.browse import columns_of
from portal.results.models import Extraction

CHUNK = 2000


def extractions_of(session: Session) -> QuerySet[Extraction]:
    """A session's extractions, newest first."""
    return Extraction.objects.filter(session=session).select_related(
        "step_run__session__version__lab", "session"
    )


def all_rows(extraction: Extraction) -> Iterator[list[Any]]:
    """Every row that is kept, without holding them all. Raises RowsGone."""
    keys = [each.key for each in columns_of(extraction, "own")]
    cursor = store.reader(extraction.store)
    cursor.execute(f"SELECT {', '.join(keys) or 'NULL'} FROM own ORDER BY n")  # noqa: S608
    while chunk := cursor.fetchmany(CHUNK):
        yield from map(list, chunk)


def all_records(extraction: Extraction) -> Iterator[list[Any]]:
    """Every record that is kept: where it is, then its values. Raises RowsGone."""
    names = [each.name for each in columns_of(extraction, "records")]
    cursor = store.reader(extraction.store)
    cursor.execute('SELECT partition, "offset", "timestamp", event FROM records ORDER BY n')
    while chunk := cursor.fetchmany(CHUNK):
        for *where, event in chunk:
            yield [*where, *map(json.loads(event).get, names)]
