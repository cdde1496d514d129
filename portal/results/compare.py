"""Two extractions side by side: what the one has that the other hasn't."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.engine.differing import opcodes
from portal.results.browse import Column, columns_of
from portal.results.models import Extraction


@dataclass(frozen=True, slots=True)
class Pair:
    """A name with what either extraction says of it; None where it says nothing."""

    name: str
    left: str | int | None
    right: str | int | None

    @property
    def differs(self) -> bool:
        """Whether the two say different things."""
        return self.left != self.right


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two extractions differ."""

    left: Extraction
    right: Extraction
    numbers: tuple[Pair, ...]
    columns: tuple[Pair, ...]
    keys: tuple[Pair, ...]
    counted: str
    counts: tuple[Pair, ...]
    code: tuple[tuple[str, str], ...]
    """Lines of the two codes with a sign: `+`, `-`, or a blank."""


def compare(left: Extraction, right: Extraction) -> Comparison:
    """From what was counted when they were kept: no row is read."""
    chart = "records" if "records" in right.summary.get("charts", {}) else "own"
    return Comparison(
        left=left,
        right=right,
        numbers=(
            Pair("rows in the table", rows(left), rows(right)),
            Pair("columns in the table", len(left.columns), len(right.columns)),
            Pair("records in the topic", left.records, right.records),
            Pair("keys in the topic", len(left.union_columns), len(right.union_columns)),
            Pair("keys that the table lacks", len(left.dropped), len(right.dropped)),
        ),
        columns=paired(told(columns_of(left, "own")), told(columns_of(right, "own"))),
        keys=paired(told(columns_of(left, "records")), told(columns_of(right, "records"))),
        counted=right.summary.get("charts", {}).get(chart, {}).get("column", ""),
        counts=paired(counts(left, chart), counts(right, chart)),
        code=tuple(changes(code_of(left), code_of(right))),
    )


def rows(extraction: Extraction) -> int | None:
    """How many rows the table has, where there is one."""
    return extraction.row_count if extraction.has_table else None


def told(columns: tuple[Column, ...]) -> dict[str, str | int]:
    """Types by column, in Spark's words where Spark has any."""
    return {each.name: each.spark_type or each.type.lower() for each in columns}


def counts(extraction: Extraction, chart: str) -> dict[str, str | int]:
    """Rows by value of the column that is counted by."""
    bars = extraction.summary.get("charts", {}).get(chart, {}).get("bars", [])
    return {"null" if value is None else value: number for value, number in bars}


def paired(left: dict[str, str | int], right: dict[str, str | int]) -> tuple[Pair, ...]:
    """Every name of either."""
    return tuple(Pair(name, left.get(name), right.get(name)) for name in {**left, **right})


def code_of(extraction: Extraction) -> str:
    """The lines that were run, as far as they are known still."""
    run = extraction.step_run
    return str(run.params.get("code") or run.spec.shows_command) if run else ""


def changes(left: str, right: str) -> list[tuple[str, str]]:
    """The lines of both; nothing where they are the same."""
    return list(signed(left.splitlines(), right.splitlines())) if left != right else []


def signed(a: list[str], b: list[str]) -> Iterator[tuple[str, str]]:
    """Each line with its sign."""
    for tag, i1, i2, j1, j2 in opcodes(a, b):
        if tag == "equal":
            yield from ((" ", line) for line in a[i1:i2])
        else:
            yield from (("-", line) for line in a[i1:i2])
            yield from (("+", line) for line in b[j1:j2])
