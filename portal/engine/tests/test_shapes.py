"""What a table says otherwise than its records, and what can't be told."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portal.engine.extraction import Column, Dropped, Place, Table, Union, UnionRow
from portal.engine.shapes import compare, of_first_row


def table(names: str, *rows: tuple[Any, ...]) -> Table:
    """A table of strings."""
    columns = tuple(Column(each, "string") for each in names.split())
    return Table("extracted_events", columns, rows, len(rows), False, 0.1)


def union(*events: dict[str, Any], partitions: int = 1) -> Union:
    """A topic's records, dealt to its partitions in turn."""
    rows = tuple(
        UnionRow(at % partitions, at // partitions, at, each, "events")
        for at, each in enumerate(events)
    )
    return Union(
        topic="events",
        columns=tuple(dict.fromkeys(key for each in events for key in each)),
        rows=rows,
        records=len(rows),
        truncated=False,
        not_json=0,
        not_object=0,
        not_json_samples=(),
        not_object_samples=(),
        dropped=(),
        reason="",
        places=tuple(Place("events", number, 0, 9) for number in range(partitions)),
    )


def causes(made: Table, read: Union) -> list[tuple[str, str, int]]:
    """Cause, column and row of each finding."""
    return [(each.cause, each.column, each.row) for each in compare(made, read)]


def test_values_that_changed_places_are_told_once_a_column() -> None:
    made = table("a b", ("1", "2"), ("4", "3"), ("6", "5"))
    found = compare(made, union({"a": 1, "b": 2}, {"b": 4, "a": 3}, {"b": 6, "a": 5}))
    assert [(each.column, each.other, each.rows) for each in found] == [
        ("a", "b", 2),
        ("b", "a", 2),
    ]
    assert (found[0].got, found[0].sent, found[0].offset) == ("4", "3", 1)
    assert found[0].words.endswith("(2 rows are like that.)")


def test_values_that_their_new_columns_type_does_not_take_are_told_as_moved() -> None:
    read = union({"n": 1, "s": "x"}, {"s": "y", "n": 2}, {"s": "y", "m": 2})
    made = table("n s", (1, "x"), (None, "2"), (None, "2"))
    assert causes(made, read) == [("values-swapped", "n", 2), ("values-swapped", "s", 2)]
    assert "n is NULL, which is s in the record" in compare(made, read)[0].words


def test_columns_that_the_first_row_lacks_are_told() -> None:
    dropped = tuple(Dropped(f"k{number}", 1, 1) for number in range(10))
    read = replace(union({"a": 1}), dropped=dropped, because="first-row")
    (told,) = of_first_row(read)
    assert "k0, k1, k2, k3, k4, k5, k6, k7 and 2 more of later records" in told
    assert list(of_first_row(replace(read, because="chosen"))) == []


def test_a_records_partition_is_told_where_there_are_several() -> None:
    read = union({"a": 1, "b": 2}, {"b": 4, "a": 3}, partitions=2)
    assert "offset 0 of partition 1" in compare(table("a b", ("1", "2"), ("4", "3")), read)[0].words


def test_a_value_that_became_null_is_told() -> None:
    read = union({"n": 1, "s": "x"}, {"n": "2", "s": "y"}, {"n": None, "s": "z"}, {"s": "z"})
    made = table("n s", (1, "x"), (None, "y"), (None, "z"), (None, "z"))
    assert causes(made, read) == [("value-became-null", "n", 2)]


def test_rows_that_the_code_sorted_left_out_or_made_are_not_judged() -> None:
    read = union({"a": 1, "b": 2}, {"a": 3, "b": 4})
    assert causes(table("a b", (3, 4), (1, 2)), read) == []
    assert causes(table("a b", (1, 2)), read) == []
    assert causes(table("total", (3,), (7,)), read) == []
    assert causes(table("a b", (1, 2), (3, None)), read) == []


def test_values_of_other_types_that_say_the_same_are_kept() -> None:
    read = union({"a": 1, "b": True, "c": {"x": [1]}, "d": 0.5, "e": None})
    made = table("a b c d e", ("1", "true", '{"x":[1]}', "0.5", None))
    assert causes(made, read) == []


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers())


@given(st.lists(st.dictionaries(st.sampled_from("abcA"), VALUES), max_size=6), st.randoms())
def test_a_table_with_each_value_under_its_key_has_no_finding_but_twins(
    events: list[dict[str, Any]], random: Any
) -> None:
    names = sorted({key for each in events for key in each})
    random.shuffle(names)
    made = table(" ".join(names), *(tuple(each.get(name) for name in names) for each in events))
    assert {each.cause for each in compare(made, union(*events))} <= {"keys-differ-by-case"}
