"""What was shown is read back as it was printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine import printed, submitted
from portal.engine.extraction import Column, Table

SHOWN = """\
starting
+-----+
|never|
+-----+
+-----+
26/11/29 WARN that came between
+-----------+------+---------+
| event_type|  Host|   a|b or|
+-----------+------+---------+
|   default |  NULL|         |
|buy \u4e2d\u6587| moe|x|
+-----------+------+---------+
only showing top 2 rows

done
"""


def test_a_table_is_read_as_text() -> None:
    table, empty = printed.tables(SHOWN)
    assert ([each.name for each in empty.columns], empty.rows) == (["never"], ())
    assert [each.name for each in table.columns] == ["event_type", "Host", "a|b or"]
    assert table.rows == (("default", None, ""), ("buy \u4e2d\u6587", "moe", "x"))
    assert (table.name, table.row_count, table.truncated) == ("as shown", 2, True)


def test_of_several_the_last_comes_first_and_only_so_many_are_taken() -> None:
    said = "".join(f"+-+\n|n|\n+-+\n|{n}|\n+-+\n" for n in range(10))
    assert [each.rows for each in printed.tables(said)] == [((f"{n}",),) for n in range(9, 1, -1)]


def test_the_words_say_what_is_kept() -> None:
    kept = submitted.shown(SHOWN + SHOWN)
    assert kept is not None
    assert "2 rows, as text; show() leaves the others out. 3 tables shown before" in kept.words
    assert len(kept.outcome.shown) == 3


@pytest.mark.parametrize(
    ("rows", "count", "is_it"),
    [
        ((("default", None, ""), ("buy \u4e2d\u6587", "moe", "x")), 9, True),
        ((("default", None, ""), ("buy \u4e2d\u6587", "moe", "x")), 2, False),
        ((("other", None, ""), ("buy \u4e2d\u6587", "moe", "x")), 9, False),
        ((("default", "moe", ""), ("buy \u4e2d\u6587", "moe", "x")), 9, False),
    ],
)
def test_what_was_shown_of_a_table_that_is_known_is_no_other(
    rows: tuple[tuple[str | None, ...], ...], count: int, is_it: bool
) -> None:
    columns = tuple(Column(name, "string") for name in ("event_type", "Host", "a|b or"))
    table = Table("extracted", columns, rows, count, False, 0.0)
    assert len(printed.besides(table, SHOWN)) == (1 if is_it else 2)
    assert len(printed.besides(None, SHOWN)) == 2


@pytest.mark.parametrize(
    ("text", "value", "is_it"),
    [
        ("abcdefghijklmnopq...", "abcdefghijklmnopqrstuvwx", True),
        ("7", 7, True),
        ("7", 8, False),
        ("0.1", 0.1, True),
        ("{a, 1}", ["a", 1], True),
        (None, None, True),
        (None, "NULL", False),
    ],
)
def test_a_value_is_known_by_its_text(text: str | None, value: object, is_it: bool) -> None:
    assert printed.is_text_of(text, value) == is_it


@pytest.mark.parametrize(
    "said",
    ["", "+--+", "+--+\n|a|\n+--+\n|1|", "+-+-+\n|a|b|\n+-+-+\nTraceback\n+-+-+", "+\n+\n+\n" * 50],
)
def test_what_is_no_whole_table_is_none(said: str) -> None:
    assert printed.tables(said) == ()
    assert submitted.shown(said) is None


@given(st.text(alphabet="+-| \nab", max_size=200))
def test_whatever_was_printed_it_is_read(said: str) -> None:
    for table in printed.tables(said):
        assert all(len(row) == len(table.columns) for row in table.rows)
