"""Streams as files: whole, in order, and nothing in them that a spreadsheet would run."""

import asyncio
import csv
import io
import json
import uuid
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import spreadsheets
from portal.activities import downloads
from portal.live import streams


@pytest.fixture
def key() -> str:
    """A stream that no other test has."""
    return f"test:{uuid.uuid4().hex}"


def record(offset: int, at: float, value: str = "v", **fields: object) -> dict[str, object]:
    """A record as its stream has it."""
    return {"partition": 0, "offset": offset, "at": at, "key": None, "value": value, **fields}


def whole(content: AsyncIterator[str]) -> str:
    """All of a file."""

    async def gather() -> str:
        return "".join([part async for part in content])

    return asyncio.run(gather())


def test_a_log_has_its_times_and_counts_what_is_gone(key: str) -> None:
    line = {"at": 0.5, "process": "flask", "text": "hello"}
    streams.append(key, [(3, line), (4, line)])
    assert whole(downloads.text(key)) == (
        "… 2 earlier lines are gone …\n" + "1970-01-01T00:00:00.500Z flask hello\n" * 2
    )


def test_an_output_is_as_it_was_printed(key: str) -> None:
    pieces = [{"at": 0, "stream": "stdout", "text": text} for text in ("a", "b\n", "\x1b[0mc")]
    streams.append(key, list(enumerate(pieces, 1)))
    assert whole(downloads.text(key, otherwise="from the row")) == "ab\n\x1b[0mc"


def test_an_output_whose_stream_is_gone_is_the_rows(key: str) -> None:
    assert whole(downloads.text(key, otherwise="from the row")) == "from the row"


def test_partitions_are_put_together_by_time_each_in_its_order(key: str) -> None:
    other = f"{key}:other"
    streams.append(key, [(1, record(0, 1.0)), (2, record(1, 5.0)), (3, record(2, 2.0))])
    streams.append(other, [(1, record(10, 3.0)), (2, record(11, 6.0))])
    lines = whole(downloads.as_json_lines(downloads.records([key, other])))
    assert [json.loads(line)["offset"] for line in lines.splitlines()] == [0, 10, 1, 2, 11]


def test_a_long_stream_is_read_in_parts(key: str) -> None:
    count = 2500  # More than one read answers.
    streams.append(key, [(n + 1, record(n, n)) for n in range(count)])
    lines = whole(downloads.as_json_lines(downloads.records([key])))
    assert [json.loads(line)["offset"] for line in lines.splitlines()] == list(range(count))


def test_cells_that_a_spreadsheet_would_run_are_quoted(key: str) -> None:
    values = ["=1+1", " @x", "\tx", "-5", "plain", 'say "hi", twice']
    streams.append(key, [(n + 1, record(n, 0, value)) for n, value in enumerate(values)])
    text = whole(downloads.as_csv(downloads.records([key])))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["value"] for row in rows] == [
        *("'=1+1", "' @x", "'\tx", "'-5", "plain", 'say "hi", twice'),
    ]


def test_a_tombstone_is_no_empty_value(key: str) -> None:
    streams.append(key, [(1, record(0, -0.001, "", is_null=True, encoding="utf-8"))])
    text = whole(downloads.as_csv(downloads.records([key])))
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["value"], row["encoding"], row["timestamp"]) == ("", "null", "")


def test_what_a_stream_lacks_is_asked_for_in_its_place(key: str) -> None:
    """Trimmed before it, lost in it, and not there yet behind it."""
    streams.append(key, [(n + 1, record(n, n)) for n in (3, 4, 7)])
    asked = []

    async def lost(index: int, offset: int, end: int | None) -> AsyncIterator[dict[str, object]]:
        asked.append((index, offset, end))
        for each in range(offset, 10 if end is None else end):
            yield record(each, each)

    lines = whole(downloads.as_json_lines(downloads.records([key], lost)))
    assert [json.loads(line)["offset"] for line in lines.splitlines()] == list(range(10))
    assert asked == [(0, 0, 3), (0, 5, 7), (0, 8, None)]


@given(st.text())
def test_no_cell_begins_as_a_formula(value: str) -> None:
    assert not str(spreadsheets.cell(value)).lstrip(" ").startswith(spreadsheets.FORMULA_STARTS)


@given(st.floats(allow_nan=True))
def test_any_time_is_told_somehow(seconds: float) -> None:
    assert downloads.moment(seconds)
