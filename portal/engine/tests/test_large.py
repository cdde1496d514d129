"""A large table's rows come from where students' code runs: whatever they are, bounds hold."""

import gzip
import io
import json
import tracemalloc
from contextlib import suppress
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine import large
from portal.engine.large import FetchedRows, fetch
from portal.engine.lines import GarbledReply
from portal.engine.programs import guest
from portal.engine.runtimes.base import Runtime, never
from portal.engine.tests.scripted import ScriptedRuntime

cells = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


def packed(*rows: object) -> bytes:
    """Rows as a part that Spark writes."""
    # Without the time of day: workers must find tests of the same names.
    return gzip.compress(b"".join(json.dumps(row).encode() + b"\n" for row in rows), mtime=0)


def read(data: bytes, width: int = 2) -> list[tuple[str | None, ...]]:
    """The rows of such bytes."""
    return list(FetchedRows(io.BytesIO(data), width))


@given(st.lists(st.tuples(cells, cells), max_size=20), st.integers(0, 20))
def test_rows_come_in_their_order_from_all_the_parts(
    rows: list[tuple[str | None, str | None]], at: int
) -> None:
    found = read(packed(*rows[:at]) + packed(*rows[at:]))
    assert found == [tuple(each and each.replace("\0", "\\x00") for each in row) for row in rows]


def test_they_can_be_read_twice() -> None:
    rows = FetchedRows(io.BytesIO(packed(["a", None])), 2)
    assert list(rows) == list(rows) == [("a", None)]


def test_what_was_cut_short_ends_there() -> None:
    rows = [[str(number), "x"] for number in range(50_000)]
    found = read(packed(*rows)[:-5000])
    assert 0 < len(found) < len(rows)
    assert found == [tuple(each) for each in rows[: len(found)]]


@pytest.mark.parametrize(
    "data",
    [b"no gzip", *map(packed, ([1, "x"], ["x"], {"a": 1}, "x", [["x"], "y"], ["a", "b", "c"]))],
)
def test_what_is_no_row_is_refused(data: bytes) -> None:
    with pytest.raises(GarbledReply):
        read(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused(data: bytes) -> None:
    for given_bytes in (data, gzip.compress(data)):
        with suppress(GarbledReply):
            assert all(len(row) == 2 for row in read(given_bytes))


def test_a_line_without_an_end_is_refused_before_it_fills_memory() -> None:
    bomb = gzip.compress(b"[" * 2**26)
    tracemalloc.start()
    with pytest.raises(GarbledReply):
        read(bomb)
    assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    tracemalloc.stop()


def test_there_are_no_more_rows_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "ROWS", 3)
    assert len(read(packed(*[["a", "b"]] * 5))) == 3


def test_it_fetches_no_more_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed(*[[str(number), "x"] for number in range(20_000)])
    made = ScriptedRuntime(data)
    rows = list(fetch(cast(Runtime, made), "s", "spark", 2, never))
    assert len(rows) == 20_000
    assert made.asked == [guest("large")]
    monkeypatch.setattr(large, "FETCHED_BYTES", len(data) // 2)
    some = list(fetch(cast(Runtime, ScriptedRuntime(data)), "s", "spark", 2, never))
    assert some == rows[: len(some)]
