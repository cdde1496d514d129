"""What the reconciler finds, and mends."""

import pytest
from django.db import OperationalError

from portal.activities.models import Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.tests.conftest import Click, Person
from portal.activities.tests.host import Host, MeddlingRuntime, age
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import ClusterSpec, Health, State
from portal.engine.runtimes.faults import BrokenRuntime, LateRuntime
from portal.runner import reconciler, tasks
from portal.runner.services import clusters, runs

STALE = 0.6
"""Minutes after which whoever works on a row should have given a sign of life."""


def look(session: Session) -> Session:
    """One look at the host; the session as it is afterwards."""
    reconciler.reconcile(session.host)
    session.refresh_from_db()
    return session


def test_nothing_is_done_where_all_is_well(do: Click, ready: Session, host: Host) -> None:
    do("topic")
    serving = do("serve")
    ready.refresh_from_db()
    before = ready.revision
    look(ready)
    serving.refresh_from_db()
    assert (ready.revision, ready.status, serving.status) == (before, "ready", "serving")
    assert host.queued == []
    assert host.runtime.list_all() == [ready.pk]


# Sessions that stand still


def test_a_session_that_waits_is_brought_up_when_there_is_a_place(
    session: Session, host: Host
) -> None:
    """Its task may have been lost, or the host was full."""
    look(session)
    assert host.names() == ["bring_up"]
    host.deliver()
    assert look(session).status == "ready"


def test_a_session_that_waits_is_not_asked_about_at_every_look(
    session: Session, host: Host
) -> None:
    look(session)
    look(session)
    assert host.names() == ["bring_up"]
    host.queued.clear()  # A worker found no place for it.
    look(session)
    assert host.names() == []
    age(session, 0.1, "beat_at")
    look(session)
    assert host.names() == ["bring_up"]


def test_an_end_that_waits_for_a_busy_worker_is_asked_for_once(ready: Session, host: Host) -> None:
    sessions.tear_down(ready)
    for _ in range(3):
        look(ready)
    assert host.names() == ["bring_down"]


def test_a_launch_that_lost_its_worker_is_done_again(session: Session, host: Host) -> None:
    session.change(status="starting")
    age(session, STALE, "beat_at")
    assert look(session).status == "queued"
    assert host.names() == ["bring_up"]
    host.deliver()
    assert look(session).status == "ready"


def test_a_launch_that_gives_signs_of_life_is_left_alone(session: Session, host: Host) -> None:
    session.change(status="starting")
    age(session, 0.1, "beat_at")
    assert look(session).status == "starting"
    assert host.queued == []


def test_an_end_that_lost_its_worker_is_done_again(ready: Session, host: Host) -> None:
    sessions.tear_down(ready)
    assert clusters.claim_end(ready)
    age(ready, STALE, "beat_at")
    look(ready)
    assert host.names() == ["bring_down"]
    host.deliver()
    assert look(ready).status == "ended"
    assert host.runtime.list_all() == []


def test_an_end_that_is_under_way_is_left_alone(ready: Session, host: Host) -> None:
    sessions.tear_down(ready)
    assert clusters.claim_end(ready)
    look(ready)
    assert host.queued == []


def test_a_cluster_that_could_not_be_ended_is_ended_later(ready: Session, host: Host) -> None:
    there = host.runtime
    broken = BrokenRuntime(verbs=("down",))
    broken.clusters = there.clusters
    host.use(broken)
    sessions.tear_down(ready)
    with pytest.raises(ClusterError):
        clusters.bring_down(ready.pk)
    host.use(there)
    age(ready, STALE, "beat_at")
    look(ready)
    host.deliver()
    assert look(ready).status == "ended"
    assert there.list_all() == []


@pytest.mark.parametrize("status", ["ready", "failed"])
def test_a_session_that_was_to_end_when_its_launch_was_over_ends(
    ready: Session, host: Host, status: str
) -> None:
    """The click came between the launch's last question and its last move."""
    Session.objects.filter(pk=ready.pk).update(status=status, desired="down")
    assert look(ready).status == "stopping"
    host.deliver()
    assert look(ready).status == "ended"


# Clusters


def test_a_cluster_that_is_gone_fails_its_session_and_steps(
    do: Click, ready: Session, host: Host
) -> None:
    do("topic")
    serving = do("serve")
    host.runtime.down(ready.pk)
    look(ready)
    serving.refresh_from_db()
    assert (ready.status, ready.error_code) == ("failed", "cluster-gone")
    assert ready.error == "The session's cluster has ended unexpectedly."
    assert "Reset" in ready.error_advice
    assert (serving.status, serving.error) == ("failed", ready.error)


def test_a_service_that_ended_is_named(ready: Session, host: Host) -> None:
    host.runtime.end(ready.pk, "kafka", 137)
    look(ready)
    assert ready.status == "failed"
    assert ready.error == "A service of the cluster ended: kafka (exit status 137)."
    assert host.runtime.list_all() == []


def test_a_reset_that_is_under_way_is_not_taken_for_a_loss(
    ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cluster is observed when it has been ended, and judged when the next one starts."""

    def reset_first(session: str) -> Health:
        sessions.reset(Session.objects.get(pk=session))
        clusters.bring_down(session)
        Session.objects.filter(pk=session).update(status="starting")
        return Health(State.ABSENT)

    monkeypatch.setattr(host.runtime, "observe", reset_first)
    look(ready)
    assert (ready.status, ready.error, ready.generation) == ("starting", "", 2)


def test_clusters_of_no_session_are_ended(ready: Session, host: Host) -> None:
    list(host.runtime.up(ClusterSpec("stranger", ready.spec.services, ready.spec.tools, {})))
    look(ready)
    assert host.runtime.list_all() == [ready.pk]


def test_a_cluster_of_a_session_that_has_ended_is_a_stranger(ready: Session, host: Host) -> None:
    Session.objects.filter(pk=ready.pk).update(status="ended")
    look(ready)
    assert host.runtime.list_all() == []


def test_a_session_that_is_launched_during_a_look_is_no_stranger(
    ready: Session, host: Host, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row was not there when the look began, and its cluster is when clusters are listed."""
    launched: list[Session] = []
    list_all = host.runtime.list_all

    def launch_first() -> list[str]:
        session, _ = sessions.launch(person("quick").pk, ready.version)
        clusters.bring_up(session.pk)
        launched.append(session)
        return list_all()

    monkeypatch.setattr(host.runtime, "list_all", launch_first)
    reconciler.reconcile(ready.host)
    assert set(list_all()) == {ready.pk, launched[0].pk}


def test_a_cluster_that_arrives_after_its_launch_failed_is_ended(
    session: Session, host: Host
) -> None:
    late = host.use(LateRuntime(observations=1))
    clusters.bring_up(session.pk)
    for _ in range(3):
        look(session)
    assert session.status == "failed"
    assert late.list_all() == []


# Runs


def test_a_server_that_ended_by_itself_has_failed(do: Click, ready: Session, host: Host) -> None:
    do("topic")
    serving = do("serve")
    host.runtime.end(ready.pk, "flask", 1)
    look(ready)
    serving.refresh_from_db()
    assert (ready.status, serving.status, serving.exit_status) == ("ready", "failed", 1)
    assert serving.error == "The server ended by itself (exit status 1)."
    assert "log" in serving.error_advice
    assert serving.finished_at is not None


def test_a_server_that_was_stopped_is_none_that_ended_by_itself(
    do: Click, ready: Session, host: Host
) -> None:
    do("topic")
    serving = do("serve")
    do("stop")
    look(ready)
    serving.refresh_from_db()
    assert serving.status == "passed"


def test_a_server_that_starts_during_a_look_has_not_ended(
    do: Click, click: Click, ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    do("topic")
    run = click("serve")
    observe = host.runtime.observe

    def start_after_looking(session: str) -> Health:
        found = observe(session)
        monkeypatch.setattr(host.runtime, "observe", observe)
        runs.carry_out(run.pk)
        return found

    monkeypatch.setattr(host.runtime, "observe", start_after_looking)
    look(ready)
    run.refresh_from_db()
    assert run.status == "serving"


def test_a_stop_whose_task_was_lost_is_asked_for_again(
    do: Click, ready: Session, host: Host
) -> None:
    do("topic")
    serving = do("serve")
    steps.stop(serving)
    look(ready)
    assert host.queued == []
    age(serving, STALE, "beat_at")
    look(ready)
    look(ready)
    assert host.queued == [(tasks.stop_server, (serving.pk,))]
    host.deliver()
    serving.refresh_from_db()
    assert (serving.status, host.serves()) == ("passed", False)


def test_a_server_whose_stop_lost_its_worker_halfway_has_passed(
    do: Click, ready: Session, host: Host
) -> None:
    """It had ended, and nobody was left to note that: it is no crash."""
    do("topic")
    serving = do("serve")
    steps.stop(serving)
    host.runtime.end(ready.pk, "flask", -9)
    look(ready)
    serving.refresh_from_db()
    assert (serving.status, serving.exit_status, serving.error) == ("passed", -9, "")


def test_a_stop_that_is_asked_for_during_a_look_is_no_crash(
    do: Click, ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    do("topic")
    serving = do("serve")
    observe = host.runtime.observe

    def stop_first(session: str) -> Health:
        steps.stop(serving)
        host.runtime.end(session, "flask", 0)
        return observe(session)

    monkeypatch.setattr(host.runtime, "observe", stop_first)
    look(ready)
    serving.refresh_from_db()
    assert serving.status == "passed"


def test_files_whose_task_was_lost_are_put_by_another(ready: Session, host: Host) -> None:
    sessions.save_file(ready, "app/game.py", "mine")
    age(ready, STALE, "beat_at")
    look(ready)
    look(ready)
    assert host.queued == [(tasks.put_files, (ready.pk,))]
    host.deliver()
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"mine"
    age(ready, STALE, "beat_at")
    look(ready)
    assert host.queued == []


def test_files_that_were_saved_during_the_launch_are_put_afterwards(
    session: Session, host: Host
) -> None:
    """Their task came while the cluster was still starting, when it has nothing to do."""

    def save() -> None:
        sessions.save_file(session, "app/game.py", "mine")
        runs.put_files(session.pk)

    host.use(MeddlingRuntime(up=save))
    clusters.bring_up(session.pk)
    age(session, STALE, "beat_at")
    look(session)
    host.deliver()
    assert host.runtime.get_file(session.pk, "app/game.py") == b"mine"


def test_a_run_that_lost_its_worker_fails_with_what_to_do(
    click: Click, ready: Session, host: Host
) -> None:
    run = click("topic")
    ready.change(is_autorunning=True)
    StepRun.objects.filter(pk=run.pk).update(status="running")
    age(run, STALE, "beat_at")
    look(ready)
    run.refresh_from_db()
    assert (run.status, run.error_part) == ("failed", "platform")
    assert run.error == "The portal was restarted while this step ran."
    assert run.error_advice == "Run the step again."
    assert not ready.is_autorunning


def test_a_run_that_gives_signs_of_life_goes_on(click: Click, ready: Session) -> None:
    run = click("topic")
    StepRun.objects.filter(pk=run.pk).update(status="running")
    age(run, 0.1, "beat_at")
    look(ready)
    run.refresh_from_db()
    assert run.status == "running"


def test_a_run_that_waits_too_long_is_queued_again_now_and_then(
    click: Click, ready: Session, host: Host
) -> None:
    run = click("topic")
    look(ready)
    assert host.queued == []
    age(run, STALE, "created_at")
    look(ready)
    look(ready)
    assert host.queued == [(tasks.carry_out, (run.pk,))]
    host.deliver()
    run.refresh_from_db()
    assert run.status == "passed"


def test_run_all_goes_on_when_it_lost_its_worker_between_two_steps(
    do: Click, ready: Session, host: Host
) -> None:
    do("topic")
    ready.change(is_autorunning=True)
    look(ready)
    host.deliver()
    ready.refresh_from_db()
    assert set(ready.runs.values_list("status", flat=True)) == {"passed"}
    assert not ready.is_autorunning


def test_run_all_is_not_started_twice(ready: Session, host: Host) -> None:
    steps.run_all(ready)
    look(ready)
    assert host.queued == []
    assert ready.runs.filter(status="queued").count() == 1


# The clock


@pytest.mark.parametrize(
    ("field", "minutes", "reason"),
    [
        ("expires_at", 181, "expired"),
        ("last_active_at", 61, "idle"),
        ("last_watched_at", 21, "orphaned"),
    ],
)
@pytest.mark.parametrize("status", ["ready", "failed"])
def test_a_session_whose_time_is_up_ends(
    ready: Session, host: Host, status: str, field: str, minutes: int, reason: str
) -> None:
    Session.objects.filter(pk=ready.pk).update(status=status)
    age(ready, minutes, field)
    look(ready)
    assert (ready.status, ready.end_reason) == ("stopping", reason)
    host.deliver()
    assert look(ready).status == "ended"
    assert host.runtime.list_all() == []


def test_an_idle_session_is_warned_once_and_then_ended(ready: Session, host: Host) -> None:
    age(ready, 56, "last_active_at")
    assert look(ready).is_warned
    warned = ready.revision
    assert look(ready).revision == warned
    age(ready, 5, "last_active_at")
    look(ready)
    assert (ready.status, ready.end_reason) == ("stopping", "idle")


def test_a_warned_student_who_goes_on_keeps_the_session(ready: Session, host: Host) -> None:
    age(ready, 56, "last_active_at")
    look(ready)
    sessions.touch(ready)
    assert not look(ready).is_warned
    assert ready.status == "ready"


# One that is in trouble


def test_trouble_with_one_session_leaves_the_others_looked_at(
    ready: Session, host: Host, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, _ = sessions.launch(person("other").pk, ready.version)
    list(host.runtime.up(ClusterSpec("stranger", ready.spec.services, ready.spec.tools, {})))

    def observe(session: str) -> Health:
        raise KeyError("a runtime that the settings have no more")

    monkeypatch.setattr(host.runtime, "observe", observe)
    reconciler.reconcile(ready.host)
    assert host.queued == [(tasks.bring_up, (waiting.pk,))]
    assert host.runtime.list_all() == [ready.pk]


def test_a_runtime_that_does_not_answer_ends_no_look(ready: Session, host: Host) -> None:
    broken = BrokenRuntime(verbs=("observe", "list_all"))
    broken.clusters = host.runtime.clusters
    host.use(broken)
    assert look(ready).status == "ready"


def test_a_database_that_is_away_is_the_callers_to_know(
    ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(session: Session) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(reconciler, "look_at", away)
    with pytest.raises(OperationalError):
        reconciler.reconcile(ready.host)


def test_sessions_of_other_hosts_are_theirs(session: Session, host: Host) -> None:
    Session.objects.filter(pk=session.pk).update(host="elsewhere")
    reconciler.reconcile("local")
    assert host.queued == []
