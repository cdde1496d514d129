"""A line for processors: who comes waits where steps of those who are there take all of them."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from portal.activities.models import Host as HostRow
from portal.activities.models import Session
from portal.activities.tests.conftest import Person
from portal.activities.tests.host import Host
from portal.runner.services import clusters, processors, reporting, room
from portal.runner.services.processors import ALWAYS_EACH, CALMER, Processors, read_pressure

BUSY = 90
CALM = BUSY - CALMER
MANY = ALWAYS_EACH * (os.cpu_count() or 1)
SAID = "some avg10=99.00 avg60=41.50 avg300=7.25 total=5\nfull avg10=0.00 avg60=3.00\n"


@pytest.fixture(autouse=True)
def busy(settings: Any) -> None:
    """As where nothing was set."""
    settings.SLUICE_BUSY_PERCENT = BUSY


def test_it_is_the_last_minute_of_what_the_kernel_counts(tmp_path: Path) -> None:
    (tmp_path / "cpu").write_text(SAID)
    assert read_pressure(tmp_path / "cpu") == 41.5


@pytest.mark.parametrize("said", [None, "", "garbled"])
def test_without_such_a_count_it_is_how_many_wait(tmp_path: Path, said: str | None) -> None:
    if said is not None:
        (tmp_path / "cpu").write_text(said)
    (tmp_path / "load").write_text(f"{os.cpu_count()}.0 0.0 0.0 1/1 1\n")
    assert read_pressure(tmp_path / "cpu", tmp_path / "load") == 50.0


def test_a_system_that_tells_nothing_is_never_busy(tmp_path: Path) -> None:
    assert read_pressure(tmp_path / "cpu", tmp_path / "load") is None
    assert not Processors().look(None, MANY)


def test_it_stays_busy_until_there_is_time_for_several() -> None:
    seen = Processors()
    between = (BUSY + CALM) / 2
    found = [seen.look(each, MANY) for each in (between, BUSY, between, CALM - 1, between)]
    assert found == [False, True, True, False, False]


def test_an_operator_can_do_without(settings: Any) -> None:
    settings.SLUICE_BUSY_PERCENT = 101
    assert not Processors().look(100.0, MANY)


def test_a_few_who_work_are_never_what_fills_it() -> None:
    assert not Processors().look(100.0, MANY - 1)


@pytest.fixture
def crowded(session: Session, person: Person, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session that waits on a host where many work."""
    now = session.created_at
    Session.objects.bulk_create(
        Session(
            owner_id=person(f"pupil{number}").pk,
            version=session.version,
            lab=session.lab,
            host=session.host,
            runtime=session.runtime,
            status="ready",
            expires_at=session.expires_at,
            created_at=now,
        )
        for number in range(MANY)
    )
    monkeypatch.setattr(room, "processors", processors.Processors())
    return session


def test_who_comes_waits_and_starts_when_there_is_time(
    crowded: Session, host: Host, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(crowded.owner)
    monkeypatch.setattr(room, "read_memory", lambda path: {"MemAvailable": 1 << 40})
    monkeypatch.setattr(room, "read_pressure", lambda: 100.0)
    clusters.bring_up(crowded.pk)
    reporting.beat(crowded.host)
    crowded.refresh_from_db()
    row = HostRow.objects.get(pk=crowded.host)
    assert (crowded.status, row.is_busy, row.places) == ("queued", True, MANY)
    assert 'data-testid="busy"' in client.get(f"/s/{crowded.pk}/").text
    monkeypatch.setattr(room, "read_pressure", lambda: CALM - 1)
    clusters.bring_up(crowded.pk)
    crowded.refresh_from_db()
    assert crowded.status == "ready"
    reporting.beat(crowded.host)
    assert not HostRow.objects.get(pk=crowded.host).is_busy


def test_who_sleeps_takes_no_time(
    crowded: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "read_pressure", lambda: 100.0)
    assert room.is_busy(crowded.host)
    Session.objects.filter(status="ready").update(asleep_since=crowded.created_at)
    assert not room.is_busy(crowded.host)
