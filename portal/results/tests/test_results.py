"""Extracted tables are kept once, shown whole and safe, and outlive everything else."""

import csv
import html
import io
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.test import Client
from django.urls import reverse

from portal import spreadsheets
from portal.activities.models import Session, StepRun
from portal.activities.signals import step_output
from portal.engine import http, shapes
from portal.engine.errors import StepFailed
from portal.engine.extraction import Column, Dropped, Place, Sample, Table, Union, UnionRow
from portal.engine.guest.plain import plain
from portal.engine.spark import SparkOutcome
from portal.results import export, lineage, queries, services, store
from portal.results.models import Extraction
from tests.rows import make_run, make_session, make_user

pytestmark = pytest.mark.django_db
REASON = "toDF() took its columns from the first row, at offset 0 of partition 0"


def table(*values: Any) -> Table:
    """A table of one column."""
    rows = tuple((value,) for value in values)
    columns = (Column("event_type", "string"),)
    return Table("extracted_events", columns, rows, len(rows), False, 0.1)


def union(**changed: Any) -> Union:
    """What a topic with an old and a new event held."""
    fields: dict[str, Any] = {
        "topic": "events",
        "columns": ("event_type", "Host"),
        "rows": (
            UnionRow(0, 0, 1_700_000_000_000, {"event_type": "default"}),
            UnionRow(0, 1, 1_700_000_000_001, {"event_type": None, "Host": "<b>x</b>"}),
        ),
        "records": 2,
        "truncated": False,
        "not_json": 0,
        "not_object": 0,
        "not_json_samples": (),
        "not_object_samples": (),
        "dropped": (Dropped("Host", 1, 1),),
        "reason": REASON,
    }
    return Union(**(fields | changed))


def outcome(own: Table | None, all_keys: Union | None = None, **changed: Any) -> SparkOutcome:
    """What a cell gave."""
    fields: dict[str, Any] = {"ok": True, "error": None, "seconds": 1.0}
    return SparkOutcome(table=own, union=all_keys, **(fields | changed))


@pytest.fixture
def session() -> Session:
    return make_session()


@pytest.fixture
def run(session: Session) -> StepRun:
    return make_run(session, "extract")


@pytest.fixture
def page(session: Session, client: Client) -> Any:
    """Ask for the fragment as the session's student."""
    client.force_login(session.owner)

    def ask(**query: Any) -> str:
        response = client.get(reverse("results:tables", args=[session.pk]), query)
        assert response.status_code == 200
        return response.content.decode()

    return ask


def kept(session: Session, *values: Any) -> Extraction:
    """An extraction with these values."""
    extraction = services.keep(
        session, make_run(session, "extract"), outcome(table(*values), union())
    )
    assert extraction is not None
    return extraction


def test_it_keeps_what_a_step_gives(session: Session, run: StepRun) -> None:
    step_output.send(
        sender=StepRun, session=session, run=run, outcome=outcome(table("default"), union())
    )
    extraction = Extraction.objects.get(step_run=run)
    assert list(queries.all_rows(extraction)) == [["default"]]
    assert len(list(queries.all_records(extraction))) == 2
    assert extraction.dropped == [{"column": "Host", "rows_with_it": 1, "first_offset": 1}]


def test_tables_that_were_shown_beside_are_listed_and_bounded(
    client: Client, session: Session, run: StepRun
) -> None:
    names = tuple(Column(f"c{n}", "string") for n in range(60))
    wide = Table("as shown", names, (("x" * 900,) * 60,) * 70, 70, False, 0.0)
    small = Table("as shown", names[:1], (("<b>1</b>",), (None,)), 2, True, 0.0)
    kept = services.keep(session, run, outcome(table("a"), shown=(small, wide)))
    assert kept is not None
    first, second = kept.shown
    assert (first["rows"], first["is_cut"]) == ([["<b>1</b>"], [None]], True)
    assert (len(second["rows"]), len(second["columns"]), second["is_cut"]) == (50, 40, True)
    assert {len(cell) for row in second["rows"] for cell in row} == {200}
    client.force_login(session.owner)
    page = client.get(reverse("results:tables", args=[session.pk])).content.decode()
    assert "Other tables that this run showed" in page
    assert "&lt;b&gt;1&lt;/b&gt;" in page


def test_where_there_is_no_other_the_last_that_was_shown_is_the_table(
    client: Client, session: Session
) -> None:
    shown = Table("as shown", (Column("n", "string"),), (("1",),), 1, True, 0.0)
    kept = services.keep(session, None, outcome(None, shown=(shown,)))
    assert kept is not None
    assert (kept.is_text, kept.truncated, kept.shown) == (True, True, [])
    client.force_login(session.owner)
    page = client.get(reverse("results:tables", args=[session.pk])).content.decode()
    assert "Read from what was printed" in page
    assert "A table that was shown" in page


def test_it_leaves_other_outcomes_to_others(session: Session, run: StepRun) -> None:
    exchange = http.Exchange("h", 1, b"", b"", 0, None, 0, "close")
    step_output.send(sender=StepRun, session=session, run=run, outcome=exchange)
    assert not Extraction.objects.exists()


def test_it_keeps_a_runs_outcome_once(session: Session, run: StepRun) -> None:
    first = services.keep(session, run, outcome(table("a")))
    again = services.keep(session, run, outcome(table("b")))
    assert first == again
    assert list(queries.all_rows(Extraction.objects.get())) == [["a"]]
    assert len(list(store.folder().glob(f"{session.pk}-*"))) == 1


def test_it_keeps_nothing_of_a_cell_that_gave_nothing(session: Session, run: StepRun) -> None:
    assert services.keep(session, run, outcome(None)) is None
    assert services.keep(session, run, outcome(None, union(records=0, rows=()))) is None


def test_it_keeps_the_topic_of_a_cell_that_failed(
    session: Session, run: StepRun, page: Any
) -> None:
    sample = Sample(0, 1, "oops")
    odd = union(not_json=1, not_json_samples=(sample,), dropped=(), reason="")
    services.keep(session, run, outcome(None, odd, ok=False, error=StepFailed("It failed.")))
    text = page()
    assert "It failed." in text
    assert "1 record is not JSON" in " ".join(text.split())
    assert "oops" in text


def test_it_keeps_the_newest_of_many(session: Session) -> None:
    for number in range(services.KEPT + 3):
        kept(session, str(number))
    assert Extraction.objects.count() == services.KEPT
    newest = queries.extractions_of(session)[0]
    assert list(queries.all_rows(newest)) == [[str(services.KEPT + 2)]]


@pytest.mark.django_db(transaction=True)
def test_its_file_goes_with_its_session(session: Session) -> None:
    path = store.path_of(kept(session, "a").store)
    assert path.exists()
    session.delete()
    assert not path.exists()


def test_the_page_says_so_where_the_rows_are_gone(session: Session, page: Any) -> None:
    store.remove(kept(session, "a").store)
    assert "not kept any more" in page()


def test_it_outlives_its_run(session: Session) -> None:
    extraction = kept(session, "a")
    assert extraction.step_run is not None
    extraction.step_run.delete()
    extraction.refresh_from_db()
    assert list(queries.all_rows(extraction)) == [["a"]]


def test_the_page_says_what_to_do_where_there_is_nothing_yet(page: Any) -> None:
    assert "No table yet" in page()


def test_the_page_shows_the_table_and_what_it_lacks_and_why(session: Session, page: Any) -> None:
    kept(session, "default", None)
    text = " ".join(page().split())
    assert "2 rows, 1 column" in text
    assert '<span class="null">null</span>' in text
    assert "1 column of the events is missing from your table" in text
    assert "1 of 2 records has it, the first at offset 1" in text
    assert REASON in text
    assert "not in your table" in text


def test_the_page_tells_a_missing_key_from_null(session: Session, page: Any) -> None:
    kept(session, "a")
    text = page()
    assert 'title="no such key"' in text
    assert '<span class="null">null</span>' in text


def test_an_events_markup_is_text(session: Session, page: Any) -> None:
    kept(session, "<script>alert(1)</script>")
    text = page()
    assert "<script>" not in text
    assert "<b>x</b>" not in text
    assert "&lt;script&gt;" in text


def test_the_page_shows_an_older_extraction_when_asked(session: Session, page: Any) -> None:
    older, _ = kept(session, "the older"), kept(session, "the newer")
    assert "the newer" in page()
    assert "the older" in page(extraction=older.pk)
    assert "the newer" in page(extraction="nonsense")


def test_a_page_that_has_the_newest_is_left_alone(session: Session, client: Client) -> None:
    have = kept(session, "a").pk
    client.force_login(session.owner)
    url = reverse("results:tables", args=[session.pk])
    assert client.get(url, {"have": have}).status_code == 204
    kept(session, "b")
    assert client.get(url, {"have": have}).status_code == 200


def test_a_filtered_table_offers_what_matches_and_all_of_it(
    session: Session, client: Client
) -> None:
    extraction = kept(session, "sword", "shield", "sword")
    client.force_login(session.owner)
    url = reverse("results:table", args=[session.pk, extraction.pk, "own"])
    assert "Download the" not in client.get(url).content.decode()
    sword = {"where": "c0", "op": "eq", "value": "sword"}
    page = " ".join(client.get(url, sword).content.decode().split())
    assert "Download the 2 that match as" in page
    assert "Download all rows as" in page
    address = html.unescape(
        re.findall(r'href="([^"]*)" download data-testid="own-matching-csv', page)[0]
    )
    found = client.get(address)
    assert b"".join(found).decode().split() == ["event_type", "sword", "sword"]
    assert "-filtered.csv" in found.headers["Content-Disposition"]


def test_both_tables_can_be_saved_from_where_they_are_first_shown(
    run: StepRun, session: Session, client: Client
) -> None:
    services.keep(session, run, outcome(table("a"), union(truncated=True)))
    client.force_login(session.owner)
    page = client.get(reverse("results:tables", args=[session.pk])).content.decode()
    for kind in ("csv", "jsonl", "parquet"):
        assert f'data-testid="export-{kind}"' in page
        assert f'data-testid="records-{kind}"' in page
    assert "Download all rows as" in page
    assert "Download all rows that are kept as" in page


@pytest.mark.parametrize(("of", "value"), [("own", "'; --"), ("records", "DEFAULT")])
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file_has_what_its_filters_ask_for(
    session: Session, client: Client, kind: str, of: str, value: str, tmp_path: Path
) -> None:
    extraction = kept(session, "sword", "shield'; --", "sword")
    client.force_login(session.owner)
    url = reverse("results:download", args=[session.pk, extraction.pk, kind])
    asked = {"of": of, "where": "c0", "op": "has", "value": value}
    told = b"".join(client.get(url, asked))
    (tmp_path / kind).write_bytes(told)
    rows = (
        duckdb.read_parquet(str(tmp_path / kind)).fetchall()
        if kind == "parquet"
        else told.decode().splitlines()[1 if kind == "csv" else 0 :]
    )
    assert len(rows) == 1, rows


def test_nobody_elses_results_are_to_be_had(session: Session, client: Client) -> None:
    extraction = kept(session, "a")
    client.force_login(make_user())
    for name, arguments in (
        ("tables", []),
        ("compare", []),
        ("download", [extraction.pk, "csv"]),
        ("table", [extraction.pk, "own"]),
        ("row", [extraction.pk, "own", 1]),
    ):
        url = reverse(f"results:{name}", args=[session.pk, *arguments])
        assert client.get(url).status_code == 404
    url = reverse("results:sql", args=[session.pk, extraction.pk])
    assert client.post(url, {"sql": "SELECT 1"}).status_code == 404
    client.logout()
    assert client.get(reverse("results:tables", args=[session.pk])).status_code == 302


def test_an_extraction_is_found_only_in_its_own_session(session: Session, client: Client) -> None:
    others = kept(make_session(), "a")
    client.force_login(session.owner)
    assert (
        client.get(reverse("results:download", args=[session.pk, others.pk, "csv"])).status_code
        == 404
    )


def body(client: Client, name: str, extraction: Extraction, **query: str) -> str:
    """A download's text."""
    client.force_login(extraction.session.owner)
    url = reverse("results:download", args=[extraction.session_id, extraction.pk, name])
    response = client.get(url, query)
    assert "attachment" in response["Content-Disposition"]
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def test_csv_quotes_what_a_spreadsheet_would_run(session: Session, client: Client) -> None:
    extraction = kept(session, "=1+1", ' @SUM("a")', "a,b", None, -5, True, {"k": [1]})
    assert body(client, "csv", extraction).splitlines() == [
        "event_type",
        "'=1+1",
        '"\' @SUM(""a"")"',
        '"a,b"',
        '""',
        "'-5",
        "true",
        '"{""k"":[1]}"',
    ]


@pytest.mark.parametrize("start", spreadsheets.FORMULA_STARTS)
def test_no_text_cell_begins_a_formula(start: str) -> None:
    assert str(spreadsheets.cell(f"{start}cmd")).startswith("'")


def test_json_lines_hold_an_object_a_row(session: Session, client: Client) -> None:
    extraction = kept(session, "é", None)
    lines = [json.loads(line) for line in body(client, "jsonl", extraction).splitlines()]
    assert lines == [{"event_type": "é"}, {"event_type": None}]


def test_the_union_can_be_downloaded_too(session: Session, client: Client) -> None:
    extraction = kept(session, "a")
    lines = body(client, "csv", extraction, of="records").splitlines()
    assert lines[0] == "partition,offset,timestamp,event_type,Host"
    assert lines[2] == "0,1,1700000000001,,<b>x</b>"


@pytest.mark.parametrize("of", ["own", "records"])
def test_a_value_of_which_only_the_beginning_is_kept_is_marked_in_every_file(
    session: Session, client: Client, of: str
) -> None:
    long = plain("x" * 900_000)
    events = ({"event_type": "whole"}, {"event_type": long}, {"event_type": {"in": long}})
    rows = tuple(UnionRow(0, at, 1, each) for at, each in enumerate(events))
    read = union(columns=("event_type",), rows=rows, records=3, dropped=(), reason="")
    own = table("whole", long, json.dumps({"in": long}, ensure_ascii=False))
    extraction = services.keep(session, make_run(session, "extract"), outcome(own, read))
    assert extraction is not None
    client.force_login(session.owner)
    told = ["", "event_type", "event_type"]
    lines = body(client, "jsonl", extraction, of=of).splitlines()
    assert [json.loads(line)["cut"] for line in lines] == told
    found = csv.DictReader(io.StringIO(body(client, "csv", extraction, of=of)))
    assert [row["cut"] for row in found] == told
    with export.as_parquet(extraction, of) as file:
        cells = duckdb.execute("SELECT cut FROM read_parquet(?)", [file.name]).fetchall()
    assert [cell[0] for cell in cells] == told


def test_files_of_whole_values_have_no_such_column(session: Session, client: Client) -> None:
    client.force_login(session.owner)
    assert "cut" not in json.loads(body(client, "jsonl", kept(session, "… (9 characters)")))


def test_what_a_table_says_otherwise_than_its_records_is_shown_beside_them(
    session: Session, run: StepRun, page: Any
) -> None:
    events = ({"event_type": "a", "Host": "h"}, {"Host": "<b>x</b>", "event_type": "b"})
    rows = tuple(UnionRow(0, at, 1, each) for at, each in enumerate(events))
    read = union(rows=rows, dropped=(), reason="")
    columns = (Column("event_type", "string"), Column("Host", "string"))
    own = Table("extracted_events", columns, (("a", "h"), ("<b>x</b>", "b")), 2, False, 0.1)
    services.keep(session, run, outcome(own, read, findings=shapes.compare(own, read)))
    text = " ".join(page().split())
    assert text.count('data-testid="finding"') == 1
    assert "Values stand under other names than in their records" in text
    assert "<td><code>&lt;b&gt;x&lt;/b&gt;</code></td><td><code>b</code></td>" in text
    assert "<b>x</b>" not in text


def test_records_of_two_topics_say_which(session: Session, client: Client) -> None:
    rows = (UnionRow(0, 7, 1, {"a": 1}, "one"), UnionRow(0, 7, 1, {"a": 2}, "two"))
    places = (Place("one", 0, 7, 8), Place("two", 0, 7, 8))
    read = union(topic="one, two", columns=("a",), rows=rows, dropped=(), reason="", places=places)
    extraction = services.keep(session, make_run(session, "extract"), outcome(table("1"), read))
    assert extraction is not None
    lines = body(client, "jsonl", extraction, of="records").splitlines()
    assert [json.loads(line)["topic"] for line in lines] == ["one", "two"]
    origin = lineage.origin(extraction, "records", 2)
    assert origin is not None
    assert (origin.topic, origin.offset) == ("two", 7)
    with export.as_parquet(extraction, "records") as file:
        found = duckdb.execute("SELECT topic FROM read_parquet(?)", [file.name]).fetchall()
    assert found == [("one",), ("two",)]
