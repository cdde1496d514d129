"""The order of a table's rows: which of them follow one, and how far a page of them reaches.

A page in another order than rows are kept in has to look at every value, and then at all rows that
may be on it. So that these are few, a large table has a sample of its rows beside it: the sample
tells a value that a page hardly ever goes beyond. Where it did, the page is read without.
"""

from dataclasses import dataclass
from typing import Any

SAMPLE = 1000
"""Rows of a sample."""
SAMPLED_FROM = 50_000
REACH = 2
"""The sample's rows that are passed over: a page is a tenth of what is between two of them."""


class NoSuchRow(Exception):
    """The row to go on from isn't there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row to go on from: its number, and its value in the column that is sorted by."""

    number: int
    value: Any


@dataclass(frozen=True, slots=True)
class Order:
    """Sorted by a column, nulls last, then by number; `backward` is just the other way round."""

    table: str
    by: str
    descending: bool
    backward: bool

    @property
    def sql(self) -> str:
        """What stands behind ORDER BY."""
        direction = "DESC" if self.is_falling else "ASC"
        nulls, number = ("FIRST", "DESC") if self.backward else ("LAST", "ASC")
        return f'"{self.by}" {direction} NULLS {nulls}, n {number}'

    @property
    def is_falling(self) -> bool:
        """Whether values become less as one reads on."""
        return self.descending != self.backward

    def place(self, cursor: Any, number: int) -> Place:
        """Where a row stands. Raises NoSuchRow."""
        row = cursor.execute(
            f'SELECT "{self.by}" FROM {self.table} WHERE n = ?',  # noqa: S608 - names of our own
            [number],
        ).fetchone()
        if row is None:
            raise NoSuchRow
        return Place(number, row[0])

    def beyond(self, place: Place | None, bound: Any = None) -> tuple[str, list[Any]]:
        """The condition for rows that are read after a place, up to a bound where there is one."""
        by, number = f'"{self.by}"', "n < ?" if self.backward else "n > ?"
        more, less = ("<", ">") if self.is_falling else (">", "<")
        ends, ending = ([f"{by} {less}= ?"], [bound]) if bound is not None else ([], [])
        if place is None:
            return " AND ".join(ends) or "true", ending
        if place.value is None:
            apart = f"{by} IS NOT NULL OR" if self.backward else f"{by} IS NULL AND"
            return f"({apart} {number})", [place.number]
        within = " AND ".join([f"{by} {more}= ?", *ends, f"({by} {more} ? OR {number})"])
        # Nulls come last, so before a value, or before a bound, there are none.
        nulls = "" if self.backward or ends else f" OR {by} IS NULL"
        return f"({within}{nulls})", [place.value, *ending, place.value, place.number]

    def bound(self, cursor: Any, place: Place | None, where: str, parameters: list[Any]) -> Any:
        """A value that a page after a place is likely to end before; None where none is known."""
        if self.by == "n" or (place is not None and place.value is None):
            return None
        more, values = self.beyond(place)
        row = cursor.execute(
            f'SELECT "{self.by}" FROM {sample_of(self.table)} WHERE {where} AND {more} '  # noqa: S608
            f"ORDER BY {self.sql} LIMIT 1 OFFSET {REACH}",
            [*parameters, *values],
        ).fetchone()
        return row[0] if row else None


def sample_of(table: str) -> str:
    """The name of a table's sample."""
    return f"{table}_sample"


def take_sample(database: Any, table: str, rows: int) -> bool:
    """Make a sample of a table that has rows enough; whether there is one."""
    if rows < SAMPLED_FROM:
        return False
    database.execute(
        f"CREATE TABLE {sample_of(table)} AS SELECT * FROM {table} "  # noqa: S608
        f"WHERE n % {rows // SAMPLE} = 0"
    )
    return True
