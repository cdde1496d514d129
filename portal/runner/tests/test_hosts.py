"""What runners report of their hosts, and the preparation of images."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from portal.activities import orders
from portal.activities.models import Host as HostRow
from portal.activities.models import Preparation, Session
from portal.activities.services import preparing
from portal.activities.tests.host import Host, age, runtimes_of
from portal.catalog.images import operator_images
from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.base import Built, Stock
from portal.engine.runtimes.faults import BrokenRuntime
from portal.runner import images, reconciler
from portal.runner.services import preparing as carried_out
from portal.runner.services import reporting, room

STOCK = [Stock("sluice/mids:1", "stale", 5_000_000, "2026-11-24T10:00:00Z")]


@pytest.fixture
def row(db: None) -> HostRow:
    """A host that has reported just now."""
    return HostRow.objects.create(name="local", seen_at=timezone.now())


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put into hosts' queues."""
    found: list[Any] = []
    for name in ("enqueue_on", "enqueue_again"):
        monkeypatch.setattr(orders, name, lambda host, task, *args: found.append((host, *args)))
    return found


@pytest.fixture
def reported(host: Host, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Host:
    """A host with Docker, whose images are as STOCK says."""
    settings.SLUICE_RUNTIMES = runtimes_of(host, "sandbox", "docker")
    monkeypatch.setattr(images, "inventory", lambda: STOCK)
    return host


def builds(*built: Built, error: Exception | None = None) -> Any:
    """In place of `images.prepare`."""

    def prepare() -> Iterator[Built]:
        yield from built
        if error is not None:
            raise error

    return prepare


def test_a_runner_reports_its_memory_and_that_of_its_clusters(
    ready: Session, reported: Host
) -> None:
    reporting.beat("local")
    found = HostRow.objects.get(pk="local")
    assert found.memory_total >= found.memory_available > 0
    assert found.places > 0
    assert not found.is_silent
    assert list(found.clusters) == [ready.pk]
    assert found.inspected_at is None


def test_a_runner_reports_runtimes_and_images(row: HostRow, reported: Host) -> None:
    reporting.inspect("local")
    row.refresh_from_db()
    assert [each["name"] for each in row.runtimes] == ["sandbox", "docker"]
    assert {each["trouble"] for each in row.runtimes} == {""}
    assert row.runtimes[0]["is_default"]
    assert [(each["tag"], each["state"]) for each in row.images] == [("sluice/mids:1", "stale")]


def test_a_runtime_that_is_not_there_is_reported_with_what_helps(
    row: HostRow, reported: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> list[Stock]:
        raise RuntimeUnavailable("No engine.", advice="Install Docker.")

    monkeypatch.setattr(images, "inventory", absent)
    reported.use(BrokenRuntime(verbs=("check",)))
    reporting.inspect("local")
    row.refresh_from_db()
    assert all(each["trouble"] for each in row.runtimes)
    assert row.images == []


def test_what_the_installer_has_not_brought_is_reported(
    row: HostRow, reported: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = [Stock("mids", "present"), Stock("redis", "missing")]
    monkeypatch.setattr(reported.runtime, "stock", lambda: stock)
    reporting.inspect("local")
    row.refresh_from_db()
    assert row.runtimes[0]["trouble"] == "Something is missing for the image redis."
    assert "make install" in row.runtimes[0]["advice"]


def test_a_system_without_such_figures_has_none(tmp_path: Path) -> None:
    assert room.read_memory(tmp_path / "nonesuch") == {}


def test_places_go_by_the_memory_that_is_free(
    row: HostRow, ready: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SLUICE_SESSION_MB = 1024
    monkeypatch.setattr(room, "read_memory", lambda path: {"MemAvailable": 5 << 30})
    reporting.beat("local")
    row.refresh_from_db()
    assert row.places == 1 + 5
    Session.objects.filter(pk=ready.pk).update(status="starting")
    assert room.free_places("local") == 4
    assert room.free_places("local", ready=2) == 6
    settings.SLUICE_MAX_SESSIONS = 3
    assert room.free_places("local", ready=2) == 2


def test_the_first_cluster_tries_however_little_memory_is_free(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "read_memory", lambda path: {"MemAvailable": 0})
    assert room.free_places("local") == 1


def test_a_host_that_has_not_beaten_for_long_is_silent(row: HostRow, settings: Settings) -> None:
    row.seen_at -= timedelta(seconds=settings.SLUICE_STALE_SECONDS + 1)
    assert row.is_silent


def test_a_second_click_finds_the_first_ones_preparation(row: HostRow) -> None:
    first, is_new = preparing.request(row, "boss")
    again, is_new_again = preparing.request(row, "boss")
    assert (is_new, is_new_again) == (True, False)
    assert again == first


def test_a_preparation_tells_how_far_each_image_is(
    row: HostRow, reported: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = (
        Built("sluice/base:1", is_done=True, size=1),
        Built("sluice/mids:1", says="Step 1/2 : FROM x"),
        Built("sluice/mids:1", says=" ---> abc"),
        Built("sluice/mids:1", is_done=True, is_new=True, seconds=2.04, size=1),
    )
    monkeypatch.setattr(images, "prepare", builds(*done))
    made, _ = preparing.request(row, "boss")
    carried_out.prepare(made.pk)
    made.refresh_from_db()
    assert made.status == "passed"
    assert made.finished_at is not None
    assert [(each["tag"], each["state"]) for each in made.images] == [
        ("sluice/base:1", "up to date"),
        ("sluice/mids:1", "built"),
    ]
    assert made.log == "Step 1/2 : FROM x\n ---> abc"
    row.refresh_from_db()
    assert row.images != []  # Whoever sees that it has ended sees what came of it.


@pytest.mark.parametrize(
    ("error", "says", "advises"),
    [
        (RuntimeUnavailable("No engine.", advice="Install it."), "No engine.", "Install it."),
        (KeyError("x"), carried_out.UNEXPECTED, ""),
    ],
)
def test_a_preparation_that_fails_says_why(
    row: HostRow,
    reported: Host,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    says: str,
    advises: str,
) -> None:
    monkeypatch.setattr(images, "prepare", builds(error=error))
    made, _ = preparing.request(row, "boss")
    carried_out.prepare(made.pk)
    made.refresh_from_db()
    assert (made.status, made.error) == ("failed", says)
    assert advises in made.error_advice
    assert preparing.request(row, "boss")[1]  # It can be tried again.


def test_a_preparation_that_is_delivered_twice_is_done_once(
    row: HostRow, reported: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = preparing.request(row, "boss")
    monkeypatch.setattr(images, "prepare", builds())
    carried_out.prepare(made.pk)
    monkeypatch.setattr(images, "prepare", builds(error=KeyError("again")))
    carried_out.prepare(made.pk)
    made.refresh_from_db()
    assert made.status == "passed"


def test_a_preparation_whose_task_was_lost_is_queued_again_now_and_then(
    row: HostRow, host: Host, queued: list[Any]
) -> None:
    made, _ = preparing.request(row, "boss")
    reconciler.reconcile("local")
    assert queued == []
    age(made, 0.6, "created_at")
    reconciler.reconcile("local")
    reconciler.reconcile("local")
    assert queued == [("local", made.pk)]


def test_a_preparation_that_lost_its_worker_has_failed(
    row: HostRow, host: Host, queued: list[Any]
) -> None:
    made, _ = preparing.request(row, "boss")
    Preparation.objects.filter(pk=made.pk).update(status="running")
    age(made, 0.6, "beat_at")
    reconciler.reconcile("local")
    made.refresh_from_db()
    assert made.status == "failed"
    assert "Press Prepare again" in made.error_advice
    assert queued == []


def test_another_hosts_preparations_are_its_own(
    row: HostRow, host: Host, queued: list[Any]
) -> None:
    made, _ = preparing.request(row, "boss")
    age(made, 0.6, "created_at")
    reconciler.reconcile("elsewhere")
    assert queued == []


def test_images_are_taken_from_the_settings(settings: Settings) -> None:
    docker = settings.SLUICE_RUNTIMES["docker"]
    options = {**docker["OPTIONS"], "url": "unix:///nonesuch.sock"}
    settings.SLUICE_RUNTIMES = {"elsewhere": {**docker, "OPTIONS": options}}
    with pytest.raises(RuntimeUnavailable, match="No Docker engine"):
        images.inventory()
    assert operator_images()


def test_a_build_by_hand_shows_its_steps_and_what_it_went_on_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [Built("sluice/spark:1", says=each) for each in ("Step 1/2", " ---> abc", "Note: slow")]
    monkeypatch.setattr(images, "prepare", lambda **_: iter(said))
    told = io.StringIO()
    call_command("hosts", "prepare", stdout=told)
    assert told.getvalue() == "  Step 1/2\n  Note: slow\n"
