"""A kept table is paged, sorted, filtered and queried from its file."""

import json
from dataclasses import replace
from typing import Any

import pytest

from portal.activities.models import Session
from portal.engine.extraction import Column, Dropped, Table, Union, UnionRow
from portal.engine.spark import SparkOutcome
from portal.results import advice, browse, compare, export, ingest, lineage, order, services, sql
from portal.results.browse import BadChoice, Filter, View
from portal.results.models import Extraction
from tests.rows import make_run, make_session

pytestmark = pytest.mark.django_db
CODE = "extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF()\n"
TIME = 1_700_000_000_000


@pytest.fixture
def session() -> Session:
    return make_session()


def keep(
    session: Session, columns: dict[str, str], rows: list[tuple[Any, ...]], **events: Any
) -> Extraction:
    """An extraction of these rows; `events` are the topic's records."""
    table = Table(
        "extracted_events",
        tuple(Column(*each) for each in columns.items()),
        tuple(rows),
        len(rows),
        False,
        0.1,
    )
    union = make_union(**events) if events else None
    run = make_run(session, "extract")
    run.params = {"code": CODE}
    run.save()
    kept = services.keep(session, run, SparkOutcome(True, None, table, union, 1.0))
    assert kept is not None
    return kept


def make_union(events: list[dict[str, Any]], dropped: tuple[str, ...] = ()) -> Union:
    """A topic's records, a second apart."""
    names = tuple(dict.fromkeys(key for each in events for key in each))
    return Union(
        topic="events",
        columns=names,
        rows=tuple(UnionRow(0, at, TIME + at * 1000, each) for at, each in enumerate(events)),
        records=len(events),
        truncated=False,
        not_json=0,
        not_object=0,
        not_json_samples=(),
        not_object_samples=(),
        dropped=tuple(Dropped(each, 1, 1) for each in dropped),
        reason="toDF() took its columns from the first row" if dropped else "",
        because="first-row" if dropped else "",
    )


def walk(extraction: Extraction, view: View) -> list[int]:
    """The numbers of all rows, page by page to the end, and the same backward."""
    numbers: list[int] = []
    page = browse.page(extraction, view)
    while True:
        numbers += [row.number for row in page.rows]
        if page.following is None:
            break
        page = browse.page(extraction, with_cursor(view, after=page.following))
    backward = [row.number for row in page.rows]
    while page.preceding is not None:
        page = browse.page(extraction, with_cursor(view, before=page.preceding))
        backward = [row.number for row in page.rows] + backward
    assert backward == numbers
    return numbers


def with_cursor(view: View, **cursor: int) -> View:
    """The view from another row on."""
    return replace(view, **cursor)  # type: ignore[arg-type]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sample", [0, 10, 200])
def test_pages_follow_each_other_in_every_order(
    session: Session, monkeypatch: pytest.MonkeyPatch, sample: int, descending: bool
) -> None:
    if sample:
        monkeypatch.setattr(order, "SAMPLED_FROM", 1)
        monkeypatch.setattr(order, "SAMPLE", sample)
    values = [None if at % 7 == 0 else at % 5 for at in range(1, 351)]
    kept = keep(session, {"points": "bigint"}, [(each,) for each in values])
    found = walk(kept, View(sort="c0", descending=descending))
    by = sorted(
        range(1, 351),
        key=lambda n: (
            values[n - 1] is None,
            (-1 if descending else 1) * (values[n - 1] or 0),
            n,
        ),
    )
    assert found == by
    assert kept.summary["own"]["is_sampled"] == bool(sample)
    assert walk(kept, View(descending=descending)) == sorted(range(1, 351), reverse=descending)


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        (Filter("c0", "has", "SWORD"), [1, 3]),
        (Filter("c0", "eq", "default"), [2]),
        (Filter("c0", "ne", "default"), [1, 3, 4]),
        (Filter("c0", "null"), [4]),
        (Filter("c0", "some"), [1, 2, 3]),
        (Filter("c1", "gt", "2"), [3]),
        (Filter("c1", "lt", "2.5"), [1, 2]),
        (Filter("c0", "has", "' OR 1=1 --"), []),
    ],
)
def test_rows_are_filtered(session: Session, condition: Filter, numbers: list[int]) -> None:
    rows = [("a sword", 1), ("default", 2), ("Sword", 3), (None, None)]
    kept = keep(session, {"event_type": "string", "points": "bigint"}, rows)
    page = browse.page(kept, View(filters=(condition,)))
    assert [row.number for row in page.rows] == numbers
    assert page.matching == len(numbers)


@pytest.mark.parametrize(
    "view",
    [
        View(sort="n; DROP TABLE own"),
        View(sort="c9"),
        View(filters=(Filter("c9", "eq", "1"),)),
        View(filters=(Filter("c0", "eq", "many"),)),
        View(after=99),
    ],
)
def test_what_makes_no_sense_is_refused(session: Session, view: View) -> None:
    kept = keep(session, {"points": "bigint"}, [(1,)])
    with pytest.raises(BadChoice):
        browse.page(kept, view)


def test_columns_have_types_where_no_value_is_lost(session: Session) -> None:
    kinds = {"a": "bigint", "b": "double", "c": "boolean", "d": "struct<x:int>", "e": "bigint"}
    kept = keep(session, kinds, [(2**53, 0.5, True, {"x": 1}, "no number"), (None,) * 5])
    types = [each.type for each in browse.columns_of(kept, "own")]
    assert types == ["BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "VARCHAR"]
    row = browse.page(kept, View()).rows[0]
    assert row.values == (2**53, 0.5, True, '{"x":1}', "no number")


def test_clashes_nulls_and_missing_keys_are_counted(session: Session) -> None:
    events = [{"k": 1, "K": "x"}, {"k": "one"}, {"k": None, "l": [1]}]
    kept = keep(session, {"k": "string"}, [], events=events)
    first, second, third = browse.columns_of(kept, "records")
    assert (first.name, first.mixed, first.nulls, first.absent) == ("k", "1 whole, 1 text", 1, 0)
    assert (second.name, second.absent, third.absent) == ("K", 2, 2)


def test_a_thousand_keys_are_kept(session: Session) -> None:
    events = [{f"key{number}": number} for number in range(1200)]
    kept = keep(session, {"key0": "bigint"}, [(0,)], events=events)
    assert len(browse.columns_of(kept, "records")) == 1000
    assert browse.page(kept, View("records", sort="c999")).rows[0].event == {"key999": 999}


def test_sql_names_the_table_and_the_topic(session: Session) -> None:
    kept = keep(
        session, {"event_type": "string"}, [("a",), ("b",)], events=[{"k": 1, "K": 2}, {"k": 3}]
    )
    answer = sql.ask(kept, "SELECT count(*) AS rows FROM extracted_events")
    assert (answer.error, answer.columns, answer.rows) == ("", ("rows",), ((2,),))
    answer = sql.ask(kept, 'SELECT "offset", k, K_2 FROM events ORDER BY k DESC;')
    assert answer.rows == ((1, 3, None), (0, 1, 2))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DROP TABLE kept.own", "begin with SELECT"),
        ("SELECT 1; SELECT 2", "One query at a time"),
        ("COPY (SELECT 1) TO 'x.csv'", "begin with SELECT"),
        ("SET lock_configuration = false", "begin with SELECT"),
        ("SELECT * FROM read_text('/etc/passwd')", "disabled"),
        ("SELECT * FROM 'other.csv'", "disabled"),
        ("SELECT nothing FROM extracted_events", "nothing"),
        ("SELECT count(*) FROM range(10000000000000) a", "longer than"),
        ("SELECT count(*) FROM (SELECT range r FROM range(200000000) ORDER BY hash(r))", "ended"),
        ("", "Type a query"),
    ],
)
def test_sql_can_do_no_harm(
    session: Session, text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "SECONDS", 1.5)
    kept = keep(session, {"event_type": "string"}, [("a",)])
    assert words in sql.ask(kept, text).error


def test_long_answers_are_cut(session: Session) -> None:
    kept = keep(session, {"event_type": "string"}, [("a",)])
    answer = sql.ask(kept, "SELECT repeat('x', 100000) FROM range(5000)")
    assert answer.is_cut
    assert len(json.dumps(answer.rows)) < 3_000_000


def test_parquet_has_a_column_for_each_that_differs_by_case(session: Session) -> None:
    import duckdb

    kept = keep(session, {"Host": "string", "host": "bigint"}, [("a", 1)])
    with export.as_parquet(kept, "own") as file:
        assert file.read(4) == b"PAR1"
        read = duckdb.sql(f"SELECT * FROM read_parquet('{file.name}')")
        assert read is not None
        assert (read.columns, read.fetchall()) == (["Host", "host_2"], [("a", 1)])


def test_a_row_leads_back_to_its_record_and_its_request(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        ingest.LogLine(1, TIME / 1000 + 0.01, "mids", "flask", '"GET / HTTP/1.1" 200 -'),
        ingest.LogLine(2, TIME / 1000 + 0.50, "mids", "flask", '"OPTIONS / HTTP/1.1" 200 -'),
        ingest.LogLine(3, TIME / 1000 + 1.01, "mids", "flask", '"GET /buy HTTP/1.1" 200 -'),
    ]
    monkeypatch.setattr(services, "server_log", lambda session: lines)
    events = [{"event_type": "default"}, {"event_type": "purchase"}]
    rows = [("default",), ("purchase",)]
    kept = keep(session, {"event_type": "string"}, rows, events=events)
    found = lineage.origin(kept, "own", 2)
    assert found is not None
    assert (found.topic, found.partition, found.offset) == ("events", 0, 1)
    assert found.line is not None
    assert (found.line.number, found.is_certain) == (3, True)
    first = lineage.origin(kept, "records", 1)
    assert first is not None
    assert first.line is not None
    assert (first.line.number, first.is_certain, first.candidates) == (1, False, 2)
    assert lineage.origin(kept, "own", 3) is None


def test_it_says_what_it_can_not_know(session: Session) -> None:
    events = [{"event_type": "default"}, {"event_type": "purchase"}]
    fewer = keep(session, {"event_type": "string"}, [("purchase",)], events=events)
    other = keep(session, {"event_type": "string"}, [("purchase",), ("default",)], events=events)
    for kept, words in ((fewer, "chose or made rows"), (other, "changed or sorted rows")):
        found = lineage.origin(kept, "own", 1)
        assert found is not None
        assert words in found.why_not
    known = lineage.origin(other, "records", 1)
    assert known is not None
    assert (known.line, known.run) == (None, None)


def test_the_fix_is_the_students_code_with_one_line_changed(session: Session) -> None:
    events = [{"a": 1}, {"a": 2, "User-Agent": "x"}]
    kept = keep(session, {"a": "bigint"}, [(1,), (2,)], events=events, dropped=("User-Agent",))
    first, second, third = advice.fixes(kept)
    assert first.code == "extracted_events = spark.read.json(events.rdd.map(lambda x: x.value))\n"
    assert "toDF('a string, `User-Agent` string')" in second.code
    assert "from_json(\"value\", 'a string, `User-Agent` string')" in third.code


def test_two_runs_are_compared(session: Session) -> None:
    left = keep(session, {"a": "bigint"}, [(1,)], events=[{"event_type": "x"}])
    right = keep(
        session, {"a": "string", "b": "string"}, [("1", "2")], events=[{"event_type": "x"}] * 2
    )
    found = compare.compare(left, right)
    assert [(each.name, each.left, each.right) for each in found.columns] == [
        ("a", "bigint", "string"),
        ("b", None, "string"),
    ]
    assert [(each.name, each.left, each.right) for each in found.counts] == [("x", 1, 2)]
    assert found.code == ()
