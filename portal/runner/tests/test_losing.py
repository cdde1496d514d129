"""Who has lost a worker is told so within seconds, with the true reason; nobody else is."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from portal import vitals
from portal.activities.models import Session, StepRun
from portal.activities.tests.conftest import Click
from portal.activities.tests.host import Host
from portal.runner import reconciler
from portal.runner.services import losing
from portal.vitals import Worker


@pytest.fixture(autouse=True)
def unknown() -> Iterator[None]:
    """Nothing is known of the worker, and the clock is trusted."""
    vitals.note(settings.HOST_NAME, Worker())
    losing.clock = losing.Clock()
    yield
    vitals.note(settings.HOST_NAME, Worker())
    losing.clock = losing.Clock()


def running(click: Click, seconds: float) -> StepRun:
    """A step that runs, and gave its last sign of life so many seconds ago."""
    run = click("topic")
    beat_at = timezone.now() - timedelta(seconds=seconds)
    StepRun.objects.filter(pk=run.pk).update(status="running", started_at=beat_at, beat_at=beat_at)
    return run


def after_a_look(run: StepRun) -> StepRun:
    """What the reconciler makes of it."""
    session = Session.objects.select_related("version__lab").get(pk=run.session_id)
    reconciler.look_at(session)
    run.refresh_from_db()
    return run


def ended(why: str, seconds: float) -> None:
    """The worker ended so many seconds ago, and another is up."""
    now = time.time()
    vitals.note(settings.HOST_NAME, Worker(now - seconds + 1, now - seconds, why))


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("stood-still", "The portal's worker stood still while this step ran, and was replaced."),
        ("killed", "The portal's worker was killed while this step ran; another has taken over."),
        ("ended", "The portal's worker ended by itself while this step ran"),
        ("stopped", "The portal was restarted while this step ran."),
    ],
)
def test_a_run_is_told_how_its_worker_ended(click: Click, host: Host, why: str, words: str) -> None:
    """Within seconds: nobody waits until its signs of life are old enough by themselves."""
    run = running(click, 9)
    ended(why, 7)
    run = after_a_look(run)
    assert run.status == "failed"
    assert run.error.startswith(words)
    assert run.error_advice == "Run the step again."


def test_what_another_process_runs_is_not_taken_for_lost(click: Click, host: Host) -> None:
    """It has given signs of life since the worker ended."""
    run = running(click, 1)
    ended("killed", 7)
    assert after_a_look(run).status == "running"


def test_everybody_gets_the_time_for_one(click: Click, host: Host) -> None:
    run = running(click, 3)
    ended("killed", 2)
    assert after_a_look(run).status == "running"


def test_cancel_is_heard_though_its_worker_is_gone(click: Click, host: Host) -> None:
    run = running(click, 9)
    StepRun.objects.filter(pk=run.pk).update(cancel_requested=True)
    ended("killed", 7)
    assert after_a_look(run).status == "cancelled"


def test_a_worker_that_lives_is_not_said_to_have_been_restarted(click: Click, host: Host) -> None:
    """The disk was full, the database away, or the step hangs."""
    run = running(click, 60)
    vitals.note(settings.HOST_NAME, Worker(up_since=time.time() - 3600))
    run = after_a_look(run)
    assert run.status == "failed"
    assert "restarted" not in run.error
    assert "lost sight" in run.error


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_jumps_ends_nothing(
    click: Click, host: Host, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Old signs of life say nothing then; a little later those that came since do."""
    run = running(click, 1)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600 * hours)
    run.refresh_from_db()
    assert run.beat_at is not None
    StepRun.objects.filter(pk=run.pk).update(beat_at=run.beat_at - timedelta(hours=hours))
    assert after_a_look(run).status == "running"

    losing.clock.trusted_at = 0.0
    assert after_a_look(run).status == "failed"


def test_a_launch_that_its_workers_die_of_is_given_up(session: Session, host: Host) -> None:
    """Three times it is done again."""
    for _ in range(reconciler.MOST_LAUNCHES):
        session.change(status="starting", beat_at=timezone.now() - timedelta(seconds=60))
        reconciler.look_at(session)
        session.refresh_from_db()
        assert session.status == "queued"
    session.change(status="starting", beat_at=timezone.now() - timedelta(seconds=60))
    reconciler.look_at(session)
    session.refresh_from_db()
    assert session.status == "failed"
    assert "instructor" in session.error_advice
