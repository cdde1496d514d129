"""Whatever is clicked, lost, doubled or broken, in whatever order: rows and clusters come to agree.

Hypothesis plays students, workers and misfortune against services, tasks and reconciler, on a
runtime in memory. Between any two events the rows obey their own rules; once nothing happens any
more and the reconciler has looked a few times, nothing is under way for ever and nothing is left.
"""

import contextlib
import itertools
import random
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portal.activities import orders
from portal.activities.models import ACTIVE, Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.services.wishes import NotNow
from portal.activities.status import Desired, SessionStatus, StepStatus
from portal.activities.tests.host import Host
from portal.catalog.models import LabVersion
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import State
from portal.engine.runtimes.fake import FakeCluster, FakeRuntime
from portal.runner import reconciler, tasks
from portal.runner.services import beating, losing

STEPS = ("topic", "serve", "call", "serve-more", "stop")
HOST = "local"
QUIET_LOOKS = 8
REGISTERED = tasks.__name__
"""Tasks are found by name once their module was imported."""


class Fitful(FakeRuntime):
    """Fails in the next of its verbs that it is told to fail in."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: set[str] = set()

    def fail(self, verb: str) -> None:
        """Raise, once, where that was asked for."""
        if verb in self.fails:
            self.fails.discard(verb)
            raise ClusterError(f"{verb} failed")

    def wait_for(self, session: str, service: str, cancelled: Any) -> None:
        self.fail("up")  # In the middle: a part of it runs already.
        super().wait_for(session, service, cancelled)

    def exec(self, *args: Any, **options: Any) -> Any:
        self.fail("exec")
        return super().exec(*args, **options)

    def down(self, session: str) -> None:
        super().down(session)
        self.fail("down")  # It succeeded, and its answer is lost.


class Machine(RuleBasedStateMachine):
    """One student, one lab, one host."""

    host: Host
    owner: AbstractUser
    version: LabVersion

    def __init__(self) -> None:
        super().__init__()
        Session.objects.all().delete()
        self.runtime = Fitful()
        self.host.use(self.runtime)
        self.host.queued.clear()
        self.chance = random.Random(1)

    @property
    def session(self) -> Session | None:
        """The session that is live."""
        found = Session.objects.select_related("version__lab").exclude(status="ended")
        return found.first()

    # -- what people do

    @rule()
    def launch(self) -> None:
        session, is_new = sessions.launch(self.owner.pk, self.version, host=HOST)
        if is_new:
            orders.enqueue(orders.BRING_UP, session, session.pk)

    @rule(step=st.sampled_from(STEPS))
    def click(self, step: str) -> None:
        if (session := self.session) is not None:
            with contextlib.suppress(NotNow):
                run, is_new = steps.request(session, session.spec.step(step), {})
                if is_new:
                    orders.enqueue(orders.CARRY_OUT, session, run.pk)

    @rule()
    def tear_down(self) -> None:
        if (session := self.session) is not None and sessions.tear_down(session):
            orders.enqueue(orders.BRING_DOWN, session, session.pk)

    @rule()
    def reset(self) -> None:
        if (session := self.session) is not None:
            with contextlib.suppress(NotNow):
                if sessions.reset(session):
                    orders.enqueue(orders.BRING_DOWN, session, session.pk)

    # -- what workers do

    @precondition(lambda self: self.host.queued)
    @rule(doubled=st.booleans())
    def deliver(self, doubled: bool) -> None:
        task, args = self.host.queued.pop(0)
        for _ in range(1 + doubled):
            with contextlib.suppress(ClusterError):
                task(*args)

    @precondition(lambda self: self.host.queued)
    @rule()
    def lose_a_task(self) -> None:
        self.host.queued.pop(self.chance.randrange(len(self.host.queued)))

    @rule()
    def lose_a_worker_in_a_launch(self) -> None:
        session = self.session
        if session is not None and session.move(
            SessionStatus.STARTING, only_from=SessionStatus.QUEUED, beat_at=session.created_at
        ):
            # It had begun a part of the cluster.
            self.runtime.clusters[session.pk] = FakeCluster(State.STARTING)

    @rule()
    def lose_a_worker_in_a_step(self) -> None:
        run = StepRun.objects.filter(status=StepStatus.QUEUED).first()
        if run is not None:
            run.move(StepStatus.RUNNING, started_at=run.created_at, beat_at=run.created_at)

    # -- what breaks

    @rule()
    def crash(self) -> None:
        for name in list(self.runtime.clusters):
            self.runtime.clusters.pop(name)

    @rule(verb=st.sampled_from(["up", "exec", "down"]))
    def fail_next(self, verb: str) -> None:
        self.runtime.fails.add(verb)

    @rule()
    def leave_a_stranger(self) -> None:
        self.runtime.clusters["stranger"] = FakeCluster(State.UP)

    @rule()
    def time_passes(self) -> None:
        """Longer than any sign of life is good for."""
        long = timedelta(minutes=2)
        Session.objects.update(beat_at=F("beat_at") - long)
        StepRun.objects.update(beat_at=F("beat_at") - long, created_at=F("created_at") - long)

    @rule()
    def reconcile(self) -> None:
        reconciler.reconcile(HOST)

    # -- what holds at any moment

    @invariant()
    def one_live_session(self) -> None:
        assert Session.objects.exclude(status="ended").count() <= 1

    @invariant()
    def an_ended_session_has_nothing_under_way(self) -> None:
        for session in Session.objects.filter(status="ended"):
            assert not session.runs.filter(status__in=ACTIVE).exists()

    @invariant()
    def no_step_is_under_way_twice(self) -> None:
        active = list(StepRun.objects.filter(status__in=ACTIVE).values_list("session", "step_id"))
        assert len(active) == len(set(active))

    # -- and what holds in the end

    def teardown(self) -> None:
        self.runtime.fails.clear()
        for _ in range(QUIET_LOOKS):
            self.time_passes()
            reconciler.reconcile(HOST)
            self.host.deliver()
        reconciler.reconcile(HOST)
        assert not StepRun.objects.filter(status__in=(StepStatus.QUEUED, StepStatus.RUNNING))
        there = set(self.runtime.clusters)
        for session in Session.objects.all():
            state = session.state
            assert state in (SessionStatus.READY, SessionStatus.FAILED, SessionStatus.ENDED)
            assert (session.pk in there) is (state is SessionStatus.READY)
            if session.desired == Desired.DOWN:
                assert state is SessionStatus.ENDED
            if state is SessionStatus.FAILED:
                assert session.error
        assert there <= set(Session.objects.values_list("pk", flat=True))


@pytest.fixture
def a_clock_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes only where a rule says so: a slow machine plays the same game.

    Hypothesis plays a beginning again, and takes another course of it for a mistake of the test's.
    """
    moments = itertools.count()
    began = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: began + timedelta(microseconds=next(moments)))
    monkeypatch.setattr(beating, "BEAT_SECONDS", 3600.0)
    monkeypatch.setattr(beating, "ASK_SECONDS", -1.0)
    monkeypatch.setattr(losing.clock, "is_trusted", lambda: True)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("a_clock_of_its_own")
def test_rows_and_clusters_come_to_agree(
    host: Host, student: AbstractUser, version: LabVersion
) -> None:
    Machine.host, Machine.owner, Machine.version = host, student, version
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
