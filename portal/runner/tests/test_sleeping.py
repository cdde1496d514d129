"""Clusters that are put to sleep, and who wakes them."""

from typing import Any

import pytest
from django.utils import timezone

from portal.activities import orders
from portal.activities.models import Session
from portal.activities.services import sessions
from portal.activities.tests.conftest import Click
from portal.activities.tests.host import Host, age
from portal.engine.errors import ClusterError, ClusterGone
from portal.engine.runtimes.base import State
from portal.engine.runtimes.fake import FakeRuntime
from portal.engine.runtimes.faults import BrokenRuntime
from portal.runner import reconciler, tasks
from portal.runner.services import reporting, sleeping

LONG = 6.0
"""Minutes: longer than anybody need be away."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster is known to be quiet from one look to the next."""
    monkeypatch.setattr(sleeping, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(sleeping, "quiet", sleeping.Quiet())


def look(session: Session) -> Session:
    """One look of the reconciler."""
    reconciler.reconcile(session.host)
    session.refresh_from_db()
    return session


def leave(session: Session) -> None:
    """Nobody has had it open for a while."""
    age(session, LONG, "wanted_at")
    age(session, LONG, "last_active_at")


@pytest.fixture
def asleep(ready: Session, host: Host) -> Session:
    """A session that was left, and whose cluster sleeps."""
    leave(ready)
    look(ready)
    assert look(ready).asleep_since is not None
    return ready


def frozen(session: Session, host: Host) -> bool:
    """Whether its cluster stands still."""
    return host.runtime.observe(session.pk).state is State.ASLEEP


def test_a_session_that_nobody_needs_is_put_to_sleep(asleep: Session, host: Host) -> None:
    assert frozen(asleep, host)
    assert (asleep.status, asleep.state_words) == ("ready", "asleep")
    assert look(asleep).asleep_since is not None


def test_one_that_somebody_has_open_stays_awake(ready: Session, host: Host) -> None:
    leave(ready)
    sessions.come(ready)
    for _ in range(3):
        assert look(ready).asleep_since is None


def test_nobody_sleeps_where_the_operator_wants_that(
    ready: Session, host: Host, settings: Any
) -> None:
    settings.SLUICE_SLEEP_MINUTES = 0
    leave(ready)
    for _ in range(3):
        assert look(ready).asleep_since is None


def test_one_whose_step_waits_or_runs_stays_awake(ready: Session, host: Host, do: Click) -> None:
    run = do("topic")
    run.__class__.objects.filter(pk=run.pk).update(status="queued")
    leave(ready)
    for _ in range(3):
        assert look(ready).asleep_since is None


def test_one_that_serves_and_is_asked_nothing_sleeps(ready: Session, host: Host, do: Click) -> None:
    do("topic")
    run = do("serve")
    leave(ready)
    look(ready)
    assert look(ready).asleep_since is not None
    look(ready)
    run.refresh_from_db()
    assert run.status == "serving"


def test_one_that_computes_stays_awake_until_it_has_done(ready: Session, host: Host) -> None:
    leave(ready)
    for seconds in (5.0, 10.0, 15.0):
        host.runtime.computed = seconds
        assert look(ready).asleep_since is None
    assert look(ready).asleep_since is not None


def test_one_of_which_nobody_knows_what_it_computes_stays_awake(ready: Session, host: Host) -> None:
    host.runtime.computed = None
    leave(ready)
    for _ in range(3):
        assert look(ready).asleep_since is None


def test_whoever_opens_it_wakes_it(asleep: Session, host: Host) -> None:
    orders.come(asleep)
    assert host.names() == ["wake"]
    host.deliver()
    asleep.refresh_from_db()
    assert asleep.asleep_since is None
    assert asleep.slept_seconds > 0
    assert not frozen(asleep, host)


def test_whoever_comes_is_heard_though_the_task_is_lost(asleep: Session, host: Host) -> None:
    orders.come(asleep)
    host.queued.clear()
    assert look(asleep).asleep_since is None
    assert not frozen(asleep, host)


def test_a_step_wakes_it(asleep: Session, host: Host, do: Click) -> None:
    assert do("topic").status == "passed"
    asleep.refresh_from_db()
    assert asleep.asleep_since is None


def test_a_file_that_is_saved_wakes_it(asleep: Session, host: Host) -> None:
    path = next(each.path for each in asleep.spec.files if each.editable)
    orders.save_file(asleep, path, "new")
    host.deliver()
    asleep.refresh_from_db()
    assert asleep.asleep_since is None
    assert host.runtime.get_file(asleep.pk, path) == b"new"


def test_whoever_dies_in_between_leaves_nothing_asleep_that_says_awake(
    asleep: Session, host: Host
) -> None:
    Session.objects.filter(pk=asleep.pk).update(asleep_since=None)
    look(asleep)
    assert not frozen(asleep, host)


def test_one_that_says_asleep_and_is_not_is_told_so(asleep: Session, host: Host) -> None:
    host.runtime.thaw(asleep.pk)
    assert look(asleep).asleep_since is None


def test_somebody_who_comes_in_the_very_moment_finds_it_awake(
    ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze = host.runtime.freeze

    def late(session: str) -> None:
        sleeping.wake(session)
        freeze(session)

    monkeypatch.setattr(host.runtime, "freeze", late)
    leave(ready)
    look(ready)
    assert look(ready).asleep_since is None
    assert not frozen(ready, host)


def test_one_that_can_not_stand_still_goes_on(ready: Session, host: Host) -> None:
    clusters = host.runtime.clusters
    host.use(BrokenRuntime(verbs=("freeze",), error=ClusterError("no"))).clusters = clusters
    leave(ready)
    look(ready)
    assert look(ready).asleep_since is None
    assert look(ready).status == "ready"


def test_one_that_dies_in_its_sleep_is_lost(asleep: Session, host: Host) -> None:
    host.runtime.clusters.clear()
    assert (look(asleep).status, asleep.asleep_since) == ("failed", None)


def test_one_that_can_not_be_woken_is_tried_again(asleep: Session, host: Host) -> None:
    clusters = host.runtime.clusters
    host.use(BrokenRuntime(verbs=("thaw",), error=ClusterGone("no"))).clusters = clusters
    tasks.wake(asleep.pk)
    orders.come(asleep)
    assert look(asleep).asleep_since is not None
    host.use(FakeRuntime()).clusters = clusters
    assert look(asleep).asleep_since is None


def test_it_ends_in_its_sleep_when_its_time_is_over(asleep: Session, host: Host) -> None:
    Session.objects.filter(pk=asleep.pk).update(expires_at=timezone.now())
    look(asleep)
    host.deliver()
    asleep.refresh_from_db()
    assert (asleep.status, asleep.asleep_since) == ("ended", None)
    assert host.runtime.list_all() == []


def test_its_memory_is_told_as_it_was(ready: Session, host: Host) -> None:
    reporting.beat(ready.host)
    before = reporting.measure_clusters(ready.host)
    leave(ready)
    look(ready)
    assert look(ready).asleep_since is not None
    assert reporting.measure_clusters(ready.host) == before != {}
