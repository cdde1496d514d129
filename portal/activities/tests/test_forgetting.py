"""A host that won't come back: its row, what was placed on it, and what happens if it does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from portal.activities import errands, queries, waiting
from portal.activities.models import Host as HostRow
from portal.activities.models import Preparation, Session
from portal.activities.services import forgetting, preparing, sessions
from portal.activities.services.wishes import NotNow
from portal.activities.tests.conftest import Click
from portal.activities.tests.host import Host, MeddlingRuntime
from portal.catalog.models import LabVersion
from portal.live.connection import connect
from portal.runner import images, reconciler, tasks
from portal.runner.reporter import Reporter
from portal.runner.services import clusters
from portal.runner.services import preparing as carried_out


@pytest.fixture
def row(db: None, settings: Settings) -> HostRow:
    """The host of the sessions here, which has been silent for long."""
    seen_at = timezone.now() - timedelta(seconds=settings.SLUICE_STALE_SECONDS + 1)
    return HostRow.objects.create(name="local", seen_at=seen_at)


def test_its_row_and_its_preparations_go_and_no_other_hosts(row: HostRow) -> None:
    other = HostRow.objects.create(name="other", seen_at=row.seen_at)
    preparing.request(row, "boss")
    preparing.request(other, "boss")
    assert forgetting.forget("local") == []
    assert list(HostRow.objects.all()) == [other]
    assert Preparation.objects.get().host_id == "other"
    with pytest.raises(HostRow.DoesNotExist):
        forgetting.forget("local")


def test_one_that_answers_is_kept_with_all_that_is_on_it(ready: Session, row: HostRow) -> None:
    HostRow.objects.update(seen_at=timezone.now())
    with pytest.raises(NotNow, match="local answers"):
        forgetting.forget("local")
    ready.refresh_from_db()
    assert (ready.status, HostRow.objects.count()) == ("ready", 1)


@pytest.mark.parametrize("status", ["queued", "starting", "ready", "failed", "stopping"])
def test_every_session_on_it_ends_and_says_why(
    session: Session, row: HostRow, status: str, student: AbstractUser, version: LabVersion
) -> None:
    Session.objects.filter(pk=session.pk).update(status=status, is_autorunning=True)
    assert forgetting.forget("local") == [session]
    session.refresh_from_db()
    assert (session.status, session.end_reason, session.desired) == ("ended", "host", "down")
    assert session.ended_at is not None
    assert not session.is_autorunning
    assert sessions.launch(student.pk, version)[1]  # It keeps nobody from launching again.


def test_sessions_elsewhere_and_those_that_have_ended_stay_as_they_are(
    session: Session, row: HostRow, version: LabVersion, person: Callable[[str], AbstractUser]
) -> None:
    elsewhere, _ = sessions.launch(person("other").pk, version, host="other")
    ended, _ = sessions.launch(person("third").pk, version)
    Session.objects.filter(pk=ended.pk).update(status="ended", end_reason="idle")
    assert forgetting.forget("local") == [session]
    for each, told in ((elsewhere, ("queued", "")), (ended, ("ended", "idle"))):
        each.refresh_from_db()
        assert (each.status, each.end_reason) == told


def test_what_ran_on_it_has_failed_and_what_was_done_stays(
    do: Click, click: Click, ready: Session, row: HostRow
) -> None:
    done, serving, waiting_run = do("topic"), do("serve"), click("call")
    forgetting.forget("local")
    for run in (done, serving, waiting_run):
        run.refresh_from_db()
    assert (done.status, done.output) == ("passed", "done\n")
    for run in (serving, waiting_run):
        assert (run.status, run.error) == ("failed", "The host that this ran on is gone.")
        assert "Launch the lab again" in run.error_advice
        assert run.finished_at is not None


def test_nothing_waits_for_it_any_more(row: HostRow) -> None:
    keys = (row.queue, errands.queue_key("local"))
    for key in keys:
        connect().rpush(key, "x")
    waiting.note("local", "task", (1,))
    forgetting.forget("local")
    assert connect().exists(*keys, waiting.key("local")) == 0


# -- when it comes back


def test_it_registers_anew_with_its_runtimes_at_once(row: HostRow, host: Host) -> None:
    reporter = Reporter("local")
    reporter.report()
    HostRow.objects.filter(pk="local").update(seen_at=row.seen_at)
    forgetting.forget("local")
    reporter.report()
    found = HostRow.objects.get()
    assert not found.is_silent
    assert found.can_run("sandbox")


def test_it_ends_the_clusters_that_it_still_has(ready: Session, row: HostRow, host: Host) -> None:
    forgetting.forget("local")
    assert host.runtime.list_all() == [ready.pk]
    reconciler.reconcile("local")
    assert host.runtime.list_all() == []
    assert host.queued == []


def test_tasks_that_it_had_taken_change_nothing(
    click: Click, ready: Session, row: HostRow, host: Host
) -> None:
    run = click("topic")
    preparation, _ = preparing.request(row, "boss")
    forgetting.forget("local")
    for task in (tasks.bring_up, tasks.bring_down, tasks.put_files):
        task(ready.pk)
    for run_task in (tasks.carry_out, tasks.stop_server):
        run_task(run.pk)
    tasks.prepare_images(preparation.pk)
    ready.refresh_from_db()
    run.refresh_from_db()
    assert (ready.status, run.status) == ("ended", "failed")
    assert not queries.on_host("local").exists()


def test_a_launch_under_way_there_leaves_the_session_ended(
    session: Session, row: HostRow, host: Host
) -> None:
    """Only its relay was away: its worker goes on, and finds that nobody wants the cluster."""
    host.use(MeddlingRuntime(up=lambda: forgetting.forget("local")))
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    assert (session.status, session.end_reason) == ("ended", "host")
    reconciler.reconcile("local")
    assert host.runtime.list_all() == []


def test_a_preparation_under_way_there_comes_to_its_end(
    row: HostRow, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SLUICE_RUNTIMES = {}
    preparation, _ = preparing.request(row, "boss")
    monkeypatch.setattr(images, "prepare", lambda: (forgetting.forget("local"), [])[1])
    carried_out.prepare(preparation.pk)
    assert not Preparation.objects.exists()


def test_a_session_says_that_its_host_is_silent(
    ready: Session, row: HostRow, client: Client, settings: Settings
) -> None:
    client.force_login(ready.owner)
    url = reverse("activities:session", args=[ready.pk])
    assert 'data-testid="silent-host"' in client.get(url).content.decode()
    HostRow.objects.update(seen_at=timezone.now())
    assert 'data-testid="silent-host"' not in client.get(url).content.decode()
    HostRow.objects.update(seen_at=row.seen_at)
    Session.objects.filter(pk=ready.pk).update(status="ended")
    assert 'data-testid="silent-host"' not in client.get(url).content.decode()
