"""Bringing clusters up and down: what rows and hosts end as, whatever goes wrong between."""

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from portal.activities import keys, queries
from portal.activities.models import Host as HostRow
from portal.activities.models import Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.status import SessionStatus
from portal.activities.tests.conftest import Click, Person
from portal.activities.tests.host import Host, MeddlingRuntime, age
from portal.engine.errors import ClusterGone, OutOfMemory, RuntimeUnavailable
from portal.engine.lab.step import Move
from portal.engine.runtimes.base import ClusterSpec
from portal.engine.runtimes.fake import FakeRuntime, Reply
from portal.engine.runtimes.faults import BrokenRuntime, NeverRuntime
from portal.live import streams
from portal.live.connection import connect
from portal.runner import tasks
from portal.runner.services import clusters, room
from portal.runner.services.beating import beating
from portal.runner.services.output import OutputWriter


def outcomes(session: Session) -> dict[str, str]:
    """Each step's newest status."""
    return {run.step_id: run.status for run in session.runs.all()}


def error_of(row: Session | StepRun) -> tuple[str, str, str, str]:
    """What a row says went wrong."""
    return (row.error_code, row.error, row.error_part, row.error_advice)


def bring_up(session: Session) -> Session:
    """Deliver the task once."""
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    return session


# Launching


def test_a_launch_ends_ready_and_records_its_steps(ready: Session, host: Host) -> None:
    assert outcomes(ready) == {"prepare": "passed", "cluster": "passed"}
    assert ready.runs.get(step_id="cluster").output == "kafka is up (0.0 s)\nmids is up (0.0 s)\n"
    assert [(each["service"], each["is_done"]) for each in ready.progress] == [
        ("kafka", True),
        ("mids", True),
    ]
    assert ready.starting_at is not None
    assert ready.ready_at is not None
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"print('hello')"


def test_a_service_that_is_never_ready_fails_the_launch(session: Session, host: Host) -> None:
    host.use(NeverRuntime(seconds=0))
    bring_up(session)
    assert session.status == "failed"
    code, words, part, advice = error_of(session)
    assert (code, part) == ("service-not-ready", "lab")
    assert "kafka was not ready" in words
    assert "log" in advice
    assert outcomes(session) == {"prepare": "passed", "cluster": "failed"}
    assert error_of(session.runs.get(step_id="cluster")) == error_of(session)
    assert host.runtime.list_all() == []


def test_a_host_that_runs_no_clusters_says_how_to_mend_that(session: Session, host: Host) -> None:
    error = RuntimeUnavailable("No user namespaces.", advice="sysctl -w …")
    host.use(BrokenRuntime(error=error, verbs=("check",)))
    bring_up(session)
    assert session.status == "failed"
    assert error_of(session) == (
        "runtime-unavailable",
        "No user namespaces.",
        "platform",
        "sysctl -w …",
    )
    assert outcomes(session) == {"prepare": "failed"}


def test_the_labs_own_check_of_the_cluster_can_fail_the_launch(
    session: Session, host: Host
) -> None:
    host.replies["kafkacat"] = Reply(stdout=b"nobody there\n")
    bring_up(session)
    assert (session.status, session.error) == ("failed", "No broker there.")
    assert host.runtime.list_all() == []


def test_a_cluster_without_its_pyspark_is_none(session: Session, host: Host) -> None:
    host.use(BrokenRuntime(error=OutOfMemory(1 << 20), verbs=("start",), after=1))
    bring_up(session)
    assert (session.status, session.error_code) == ("failed", "out-of-memory")
    assert host.runtime.list_all() == []


@pytest.mark.parametrize("verb", ["check", "up", "exec"])
def test_whatever_happens_a_row_does_not_say_starting_for_ever(
    session: Session, host: Host, verb: str
) -> None:
    host.use(BrokenRuntime(error=RuntimeError("a bug <b>"), verbs=(verb,)))
    bring_up(session)
    assert session.status == "failed"
    assert session.error == clusters.UNEXPECTED
    assert "failed" in outcomes(session).values()
    assert not session.runs.filter(status__in=["queued", "running"]).exists()
    assert host.runtime.list_all() == []


def test_a_launch_that_leaves_something_behind_still_says_why_it_failed(
    session: Session, host: Host
) -> None:
    host.replies["kafkacat"] = Reply(status=1)
    host.use(BrokenRuntime(verbs=("down",)))
    bring_up(session)
    assert (session.status, session.error) == ("failed", "No broker there.")


def test_a_failed_launch_can_be_done_again(session: Session, host: Host) -> None:
    host.use(NeverRuntime(seconds=0))
    bring_up(session)
    host.use(FakeRuntime())
    sessions.reset(session)
    assert clusters.bring_down(session.pk)
    bring_up(session)
    assert (session.status, session.generation, session.error) == ("ready", 2, "")
    assert queries.newest_good_ids(session) == {"prepare", "cluster"}


def test_a_launch_that_is_delivered_twice_happens_once(session: Session, host: Host) -> None:
    runtime = host.use(MeddlingRuntime(up=lambda: clusters.bring_up(session.pk)))
    bring_up(session)
    bring_up(session)
    assert isinstance(runtime, MeddlingRuntime)
    assert (session.status, runtime.launches) == ("ready", [session.pk])
    assert session.runs.count() == 2


def test_a_launch_that_is_torn_down_meanwhile_ends(session: Session, host: Host) -> None:
    host.use(MeddlingRuntime(up=lambda: sessions.tear_down(Session.objects.get(pk=session.pk))))
    bring_up(session)
    assert (session.status, session.error) == ("ended", "")
    assert session.ended_at is not None
    assert host.runtime.list_all() == []
    assert "running" not in outcomes(session).values()


def test_a_tear_down_at_the_last_moment_of_a_launch_ends_it_too(
    session: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the launch has asked for the last time, and before the row says ready."""
    monkeypatch.setattr(
        clusters,
        "warm_up",
        lambda *_: sessions.tear_down(Session.objects.get(pk=session.pk)),
    )
    bring_up(session)
    assert session.status == "ended"
    assert host.runtime.list_all() == []


def test_a_launch_that_fails_while_it_is_torn_down_ends_without_an_error(
    session: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_late(*_: object) -> None:
        sessions.tear_down(Session.objects.get(pk=session.pk))
        raise ClusterGone("gone")

    monkeypatch.setattr(clusters, "warm_up", fail_late)
    bring_up(session)
    assert (session.status, session.error) == ("ended", "")


def test_a_session_torn_down_before_its_launch_is_never_started(
    session: Session, host: Host
) -> None:
    runtime = host.use(MeddlingRuntime())
    session.change(desired="down")
    bring_up(session)
    assert isinstance(runtime, MeddlingRuntime)
    assert (session.status, runtime.launches) == ("ended", [])


def test_what_a_launch_left_running_is_taken_over_by_the_next_try(
    session: Session, host: Host
) -> None:
    """Its worker was killed: the step's row still says running, and services run."""
    session.move(SessionStatus.STARTING)
    with clusters.recorded(session, Move.PREPARE):
        pass
    left = StepRun.objects.create(
        session=session, generation=1, step_id="cluster", status="running"
    )
    list(host.runtime.up(ClusterSpec(session.pk, session.spec.services, session.spec.tools, {})))
    session.move(SessionStatus.QUEUED)
    bring_up(session)
    left.refresh_from_db()
    assert (session.status, left.status) == ("ready", "cancelled")
    assert outcomes(session) == {"prepare": "passed", "cluster": "passed"}


# Capacity


@pytest.fixture
def three(session: Session, person: Person, settings: Settings) -> list[Session]:
    """Three students on a host with one place."""
    settings.SLUICE_MAX_SESSIONS = 1
    others = [sessions.launch(person(name).pk, session.version)[0] for name in ("second", "third")]
    return [session, *others]


def places(waiting: list[Session]) -> list[int]:
    """Each session's place in line."""
    for session in waiting:
        session.refresh_from_db()
    return [queries.place_in_line(session) for session in waiting]


def test_a_full_host_has_a_line(three: list[Session], host: Host) -> None:
    assert places(three) == [1, 2, 3]
    for session in three:
        bring_up(session)
    assert [session.status for session in three] == ["ready", "queued", "queued"]
    assert places(three) == [0, 1, 2]
    assert host.runtime.list_all() == [three[0].pk]


def test_a_free_place_goes_to_whoever_has_waited_longest(three: list[Session], host: Host) -> None:
    first, second, third = three
    bring_up(first)
    sessions.tear_down(first)
    clusters.bring_down(first.pk)
    assert bring_up(third).status == "queued"
    assert bring_up(second).status == "ready"
    assert places(three) == [0, 0, 1]


def test_whoever_leaves_the_line_lets_the_next_ones_up(three: list[Session], host: Host) -> None:
    sessions.tear_down(three[0])
    clusters.bring_down(three[0].pk)
    assert places(three) == [0, 1, 2]
    assert bring_up(three[1]).status == "ready"


def test_few_start_at_once_and_each_lets_the_next_start(
    session: Session, person: Person, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "STARTS_EACH", 0)
    monkeypatch.setattr(room, "LEAST_STARTS", 1)
    first, second = (sessions.launch(person(name).pk, session.version)[0] for name in ("a1", "b1"))
    session.change(status="starting")
    assert bring_up(first).status == "queued"
    session.change(status="ready")
    tasks.bring_up(first.pk)
    assert host.names() == ["bring_up"]
    host.deliver()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status, host.names()) == ("ready", "ready", [])


def test_whoever_waits_is_told_when_a_place_is_free(three: list[Session], host: Host) -> None:
    HostRow.objects.create(name=three[0].host, seen_at=timezone.now(), places=1)
    bring_up(three[0])
    assert sessions.place_free_at(three[0]) is None
    assert sessions.place_free_at(three[1]) == sessions.ends_at(three[0])[0]
    assert sessions.place_free_at(three[2]) is None


def test_whoever_is_away_when_their_turn_comes_loses_it_to_the_next(
    three: list[Session], host: Host
) -> None:
    first = three[0]
    age(first, 10, "created_at")
    age(first, 10, "last_watched_at")
    age(first, 10, "last_active_at")
    bring_up(first)
    assert first.ready_at is not None
    assert sessions.ends_at(first) == (first.ready_at + sessions.TURN, "missed")
    sessions.touch(first)
    first.refresh_from_db()
    assert sessions.ends_at(first)[1] != "missed"


def test_nobody_loses_a_turn_that_nobody_else_waits_for(session: Session, host: Host) -> None:
    age(session, 10, "created_at")
    age(session, 10, "last_watched_at")
    age(session, 10, "last_active_at")
    bring_up(session)
    assert sessions.ends_at(session)[1] != "missed"


def test_a_session_that_is_still_stopping_holds_its_place(three: list[Session], host: Host) -> None:
    bring_up(three[0])
    sessions.tear_down(three[0])
    assert bring_up(three[1]).status == "queued"


# Ending


def test_ending_is_safe_to_repeat(ready: Session, host: Host) -> None:
    sessions.tear_down(ready)
    assert not clusters.bring_down(ready.pk)
    assert not clusters.bring_down(ready.pk)
    ready.refresh_from_db()
    assert ready.status == "ended"
    assert host.runtime.list_all() == []
    down = ready.runs.get(step_id="down")
    assert (down.status, down.output) == (
        "passed",
        "The cluster is gone. What was recorded stays.\n",
    )


def test_a_cluster_that_nobody_wants_down_stays(ready: Session, host: Host) -> None:
    assert not clusters.bring_down(ready.pk)
    ready.refresh_from_db()
    assert ready.status == "ready"
    assert host.runtime.list_all() == [ready.pk]


def test_what_ran_on_a_cluster_is_over_when_it_ends(
    do: Click, click: Click, ready: Session
) -> None:
    do("topic")
    do("serve")
    waiting, running = click("extract"), click("raw")
    StepRun.objects.filter(pk=running.pk).update(status="running")
    steps.run_all(ready)
    sessions.tear_down(ready)
    clusters.bring_down(ready.pk)
    found = outcomes(ready)
    assert (found["serve"], found["extract"], found["raw"]) == ("passed", "cancelled", "cancelled")
    waiting.refresh_from_db()
    assert waiting.error == "The cluster was torn down."


def test_a_reset_brings_the_next_generation_up(ready: Session, host: Host) -> None:
    before = (ready.ready_at, ready.revision)
    sessions.reset(ready)
    assert clusters.bring_down(ready.pk)
    ready.refresh_from_db()
    assert (ready.status, ready.generation, ready.progress) == ("queued", 2, [])
    assert not ready.runs.filter(step_id="down").exists()
    assert queries.newest_runs(ready) == {}
    bring_up(ready)
    assert ready.status == "ready"
    assert ready.ready_at is not None
    assert before[0] is not None
    assert ready.ready_at > before[0]
    assert ready.revision > before[1]


def test_of_two_workers_that_end_a_cluster_one_does(ready: Session, host: Host) -> None:
    """Else the slower one would end the cluster that follows a reset, and count a generation."""
    again: list[bool] = []
    runtime = MeddlingRuntime(down=lambda: again.append(clusters.bring_down(ready.pk)))
    runtime.clusters = host.runtime.clusters
    host.use(runtime)
    sessions.reset(ready)
    assert clusters.bring_down(ready.pk)
    ready.refresh_from_db()
    assert (again, runtime.ends, ready.generation) == ([False], [ready.pk], 2)


def test_a_worker_that_comes_late_leaves_the_next_cluster_alone(
    ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It loaded the row in time, and was held up until the next cluster had begun to start."""
    sessions.reset(ready)
    claim = clusters.claim_end

    def be_late(session: Session) -> bool:
        monkeypatch.setattr(clusters, "claim_end", claim)
        assert clusters.bring_down(session.pk)
        clusters.bring_up(session.pk)
        return claim(session)

    monkeypatch.setattr(clusters, "claim_end", be_late)
    assert not clusters.bring_down(ready.pk)
    ready.refresh_from_db()
    assert (ready.status, ready.generation) == ("ready", 2)
    assert host.runtime.list_all() == [ready.pk]


def test_a_cluster_that_could_not_be_ended_is_not_called_ended(ready: Session, host: Host) -> None:
    host.use(BrokenRuntime(verbs=("down",)))
    sessions.tear_down(ready)
    with pytest.raises(Exception, match="broken"):
        clusters.bring_down(ready.pk)
    ready.refresh_from_db()
    assert ready.status == "stopping"


def test_a_lost_cluster_fails_its_session_and_all_that_ran(
    do: Click, click: Click, ready: Session, host: Host
) -> None:
    do("topic")
    do("serve")
    click("extract")
    StepRun.objects.filter(pk=click("raw").pk).update(status="running")
    steps.run_all(ready)
    clusters.lose(ready, ClusterGone("It is gone."))
    assert (ready.status, ready.is_autorunning) == ("failed", False)
    for step_id in ("serve", "extract", "raw"):
        run = ready.runs.get(step_id=step_id)
        assert run.status == "failed"
        assert error_of(run) == error_of(ready)
        assert run.finished_at is not None
    assert ready.runs.get(step_id="topic").status == "passed"
    assert host.runtime.list_all() == []


@pytest.mark.parametrize("status", ["queued", "starting", "stopping", "failed", "ended"])
def test_only_a_cluster_that_is_up_can_be_lost(ready: Session, host: Host, status: str) -> None:
    """What the reconciler saw may be older than a reset that is under way."""
    Session.objects.filter(pk=ready.pk).update(status=status)
    clusters.lose(ready, ClusterGone("It is gone."))
    ready.refresh_from_db()
    assert (ready.status, ready.error) == (status, "")
    assert host.runtime.list_all() == [ready.pk]


@pytest.mark.parametrize("status", ["queued", "starting", "ready", "failed", "stopping"])
def test_when_the_portal_stops_every_session_ends(ready: Session, host: Host, status: str) -> None:
    """One of them is a cluster that no row knows."""
    Session.objects.filter(pk=ready.pk).update(status=status)
    list(host.runtime.up(ClusterSpec("stranger", ready.spec.services, ready.spec.tools, {})))
    assert clusters.end_everything(ready.host) == 2
    ready.refresh_from_db()
    assert (ready.status, ready.end_reason) == ("ended", "portal")
    assert host.runtime.list_all() == []


def test_a_beat_is_renewed_only_while_the_work_is_the_same(ready: Session) -> None:
    """A launch's beat must not keep others from ending the cluster."""
    launching = Session.objects.get(pk=ready.pk)
    sessions.tear_down(ready)
    with beating(launching):
        pass
    ready.refresh_from_db()
    assert ready.beat_at is None


def test_a_launchs_output_is_on_its_stream(ready: Session) -> None:
    run = ready.runs.get(step_id="cluster")
    assert OutputWriter(ready.pk, run.pk).number >= 1


# What a cluster leaves in Redis


def test_logs_and_topics_of_a_cluster_that_was_replaced_are_gone(
    ready: Session, host: Host
) -> None:
    key = keys.log_key(ready, "mids")
    streams.append(key, [(1, {"text": "a line"})])

    sessions.reset(ready)
    clusters.bring_down(ready.pk)

    assert streams.last_number(key) == 0


def test_logs_of_a_session_that_has_ended_can_be_read_for_a_while(
    ready: Session, host: Host
) -> None:
    key = keys.log_key(ready, "mids")
    streams.append(key, [(1, {"text": "a line"})])

    sessions.tear_down(ready)
    clusters.bring_down(ready.pk)

    assert streams.read(key).last == 1
    left = int(connect().ttl(streams.stream_key(key)))
    assert 0 < left <= settings.STREAM_GRACE_SECONDS
