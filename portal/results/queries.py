"""What pages ask about extracted tables, one function a question."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from portal.activities.models import Session
from portal.results.models import Extraction, ExtractionRow, UnionRow

PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, in order, and after which numbers the pages around them begin."""

    rows: list[Any]
    following: int | None
    """Ask for the rows after this number; None on the last page."""
    preceding: int | None
    """The same for the page before; None on the first."""


def extractions_of(session: Session) -> QuerySet[Extraction]:
    """A session's extractions, newest first."""
    return Extraction.objects.filter(session=session).select_related("step_run")


def rows_after(extraction: Extraction, after: int = 0) -> Page:
    """A page of the student's own table, after a row's number."""
    return page_after(ExtractionRow.objects.filter(extraction=extraction), after)


def union_after(extraction: Extraction, after: int = 0) -> Page:
    """A page of the topic's records, values in the order of the union's columns."""
    return page_after(UnionRow.objects.filter(extraction=extraction), after)


def page_after(rows: QuerySet[Any], after: int) -> Page:
    """By number rather than by position: page 100 costs what page 1 does."""
    found = list(rows.filter(number__gt=after).order_by("number")[: PAGE + 1])
    return Page(
        rows=found[:PAGE],
        following=found[PAGE - 1].number if len(found) > PAGE else None,
        preceding=max(0, after - PAGE) if after > 0 else None,
    )


def all_rows(extraction: Extraction) -> Iterator[list[Any]]:
    """Every row that is kept, without holding them all."""
    rows = ExtractionRow.objects.filter(extraction=extraction).order_by("number")
    return rows.values_list("values", flat=True).iterator(chunk_size=1000)


def all_records(extraction: Extraction) -> Iterator[UnionRow]:
    """Every record that is kept, without holding them all."""
    rows = UnionRow.objects.filter(extraction=extraction).order_by("number")
    return rows.iterator(chunk_size=1000)
