"""Extracted tables are kept once, shown whole and safe, and outlive everything else."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.activities.models import Session, StepRun
from portal.activities.signals import step_output
from portal.engine import http
from portal.engine.errors import StepFailed
from portal.engine.extraction import Column, Dropped, Sample, Table, Union, UnionRow
from portal.engine.spark import SparkOutcome
from portal.results import export, queries, services, store
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


@pytest.mark.parametrize("start", export.FORMULA_STARTS)
def test_no_text_cell_begins_a_formula(start: str) -> None:
    assert str(export.cell(f"{start}cmd")).startswith("'")


def test_json_lines_hold_an_object_a_row(session: Session, client: Client) -> None:
    extraction = kept(session, "é", None)
    lines = [json.loads(line) for line in body(client, "jsonl", extraction).splitlines()]
    assert lines == [{"event_type": "é"}, {"event_type": None}]


def test_the_union_can_be_downloaded_too(session: Session, client: Client) -> None:
    extraction = kept(session, "a")
    lines = body(client, "csv", extraction, of="records").splitlines()
    assert lines[0] == "partition,offset,timestamp,event_type,Host"
    assert lines[2] == "0,1,1700000000001,,<b>x</b>"
