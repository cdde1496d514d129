"""Keeping rows belongs to the step: it ends with its time and with Cancel, and fills no disk."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from portal.activities.models import Session
from portal.engine.errors import CommandCancelled, CommandTimedOut
from portal.engine.extraction import Column, Table
from portal.engine.spark import SparkOutcome
from portal.results import bounds, receivers, services, store
from portal.results.bounds import Bounds, TooLarge
from portal.results.models import Extraction
from tests.rows import make_run, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return make_session()


class Endless:
    """Rows that never end, each of some bytes."""

    def __init__(self, size: int, most: int = 10**9):
        self.text = "x" * size
        self.most = most

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return ((self.text,) for _ in range(self.most))


def outcome(rows: Any) -> SparkOutcome:
    """A step that gave these."""
    table = Table("rows", (Column("text", "string"),), rows, 10**9, False, 0.1)
    return SparkOutcome(True, None, table, None, 1.0)


def nothing_is_left() -> bool:
    """No file, finished or not."""
    return not list(store.folder().glob("*"))


@pytest.fixture(autouse=True)
def clean() -> None:
    """No other test's files."""
    for each in store.folder().glob("*"):
        if each.is_file():
            each.unlink()


def test_it_ends_with_the_steps_time(session: Session) -> None:
    began = time.monotonic()
    with pytest.raises(CommandTimedOut, match="180 s"):
        services.keep(session, make_run(session), outcome(Endless(50)), Bounds(0.5, limit=180))
    assert time.monotonic() - began < 60
    assert nothing_is_left()


def test_cancel_is_heard(session: Session) -> None:
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(CommandCancelled):
        limits = Bounds(120, cancelled.is_set)
        services.keep(session, make_run(session), outcome(Endless(50)), limits)
    assert time.monotonic() - began < 60
    assert nothing_is_left()


def test_it_is_heard_while_the_database_is_at_work(session: Session) -> None:
    """Not only between rows: sorting and counting take their time, too."""
    import duckdb

    with duckdb.connect() as database:
        limits = Bounds(0.5, limit=7)
        began = time.monotonic()
        with pytest.raises(CommandTimedOut, match="7 s"), limits.over(database):
            database.execute("SELECT count(*) FROM range(10000000000000) a")
        assert time.monotonic() - began < 60


def test_no_step_puts_more_than_so_much_on_the_disk(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "SPOOL_BYTES", 1_000_000)
    with pytest.raises(TooLarge, match="MB of rows"):
        services.keep(session, make_run(session), outcome(Endless(1000)))
    assert nothing_is_left()


def test_a_persons_oldest_rows_make_room_with_a_word(session: Session, settings: Settings) -> None:
    """What is known of them stays; the newest is kept, and so is another person's."""
    settings.SLUICE_RESULT_MB = 1
    other = make_session()
    rows = [(f"{number:05}" * 40,) for number in range(6000)]
    words = [
        receivers.keep_extraction(None, whose, make_run(whose), outcome(rows))
        for whose in (other, session, session, session)
    ]
    assert words[0] == ""
    assert "not kept any more" in words[-1]
    mine = list(Extraction.objects.filter(session=session).values_list("store", flat=True))
    assert mine[0] != ""
    assert mine[-1] == ""
    assert Extraction.objects.get(session=other).store != ""
    assert len(list(store.folder().glob("*.duckdb"))) == 1 + sum(bool(each) for each in mine)


@pytest.mark.parametrize(
    "kind", ["decimal(99,99)", "decimal(39,2)", "decimal(2,5)", "decimal(0,0)"]
)
def test_a_type_that_nobody_has_is_kept_as_text(session: Session, kind: str) -> None:
    table = Table("rows", (Column("n", kind),), (("1",),), 1, False, 0.1)
    kept = services.keep(session, make_run(session), SparkOutcome(True, None, table, None, 1.0))
    assert kept is not None
    assert kept.summary["own"]["columns"][0]["type"] == "VARCHAR"
