"""Rows follow the table of moves, whatever is called in whatever order."""

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from portal.activities import orders, queries
from portal.activities.models import ACTIVE, Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.services.wishes import NotNow
from portal.activities.status import NEXT_SESSION, NEXT_STEP, SessionStatus, StepStatus
from portal.activities.tests.conftest import Click
from portal.activities.tests.host import Host, MeddlingRuntime, age
from portal.catalog.models import LabVersion
from portal.engine.errors import ClusterGone
from portal.engine.runtimes.fake import Reply
from portal.runner import reconciler
from portal.runner.services import clusters, runs

SPY = {
    "sqlite": (
        "CREATE TEMP TABLE moves (kind TEXT, old TEXT, new TEXT, grew INTEGER)",
        """CREATE TEMP TRIGGER session_moves AFTER UPDATE ON main.activities_session
        WHEN OLD.status <> NEW.status BEGIN
            INSERT INTO moves
            VALUES ('session', OLD.status, NEW.status, NEW.revision - OLD.revision);
        END""",
        """CREATE TEMP TRIGGER run_moves AFTER UPDATE ON main.activities_steprun
        WHEN OLD.status <> NEW.status BEGIN
            INSERT INTO moves VALUES ('run', OLD.status, NEW.status, 1);
        END""",
    ),
    "postgresql": (
        # It makes no trigger on a table that still has something to check.
        "SET CONSTRAINTS ALL IMMEDIATE",
        "CREATE TEMP TABLE moves (kind TEXT, old TEXT, new TEXT, grew INTEGER)",
        """CREATE FUNCTION pg_temp.session_moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO moves
            VALUES ('session', OLD.status, NEW.status, NEW.revision - OLD.revision);
            RETURN NULL;
        END $$""",
        """CREATE FUNCTION pg_temp.run_moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO moves VALUES ('run', OLD.status, NEW.status, 1);
            RETURN NULL;
        END $$""",
        *(
            f"""CREATE TRIGGER {kind}_moves AFTER UPDATE ON {table} FOR EACH ROW
            WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION pg_temp.{kind}_moves()"""
            for kind, table in (("session", "activities_session"), ("run", "activities_steprun"))
        ),
    ),
}
"""The database itself writes down each move, whichever code makes it."""


def moves() -> list[tuple[str, str, str, int]]:
    """All that the database has seen, forgotten then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM moves")
        found: list[tuple[str, str, str, int]] = cursor.fetchall()
        cursor.execute("DELETE FROM moves")
    return found


class Portal(RuleBasedStateMachine):
    """Clicks, tasks (late, doubled, lost), crashes and looks, on one student's sessions."""

    host: Host
    runtime: MeddlingRuntime
    version: LabVersion
    student: AbstractUser

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        with connection.cursor() as cursor:
            for statement in SPY[connection.vendor]:
                cursor.execute(statement)
        self.host.queued.clear()
        self.host.replies.clear()
        self.runtime = MeddlingRuntime()
        self.host.use(self.runtime)
        self.seen: dict[str, tuple[int, Any]] = {}
        self.launch()
        self.host.deliver()
        self.click(0)
        self.host.deliver()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @property
    def session(self) -> Session:
        """The newest session, as a request or a task loads it."""
        return Session.objects.select_related("version__lab").order_by("-created_at")[0]

    @rule()
    def launch(self) -> None:
        session, is_new = sessions.launch(self.student.pk, self.version)
        if is_new:
            self.host.enqueue(orders.BRING_UP, session, session.pk)

    @rule()
    def tear_down(self) -> None:
        session = self.session
        if sessions.tear_down(session):
            self.host.enqueue(orders.BRING_DOWN, session, session.pk)

    @rule()
    def reset(self) -> None:
        session = self.session
        try:
            has_work = sessions.reset(session)
        except NotNow:
            return
        if has_work:
            self.host.enqueue(orders.BRING_DOWN, session, session.pk)

    @rule()
    def extend(self) -> None:
        try:
            sessions.extend(self.session)
        except NotNow:
            return

    @rule()
    def bring_up(self) -> None:
        clusters.bring_up(self.session.pk)

    @rule()
    def bring_down(self) -> None:
        clusters.bring_down(self.session.pk)

    @rule(index=st.integers(0, 6))
    def click(self, index: int) -> None:
        session = self.session
        open_steps = [
            step for step in session.spec.steps[2:] if not queries.missing_steps(session, step)
        ]
        if not open_steps:
            return
        try:
            run, _ = steps.request(session, open_steps[index % len(open_steps)], {})
        except NotNow:
            return
        self.host.enqueue(orders.CARRY_OUT, session, run.pk)

    @rule()
    def run_all(self) -> None:
        session = self.session
        try:
            run = steps.run_all(session)
        except NotNow:
            return
        if run is not None:
            self.host.enqueue(orders.CARRY_OUT, session, run.pk)

    def some_run(self, back: int) -> StepRun | None:
        """One of the newest runs, finished or not."""
        found = list(StepRun.objects.order_by("-pk")[: back + 1])
        return found[-1] if found else None

    @rule(back=st.integers(0, 4))
    def carry_out(self, back: int) -> None:
        if run := self.some_run(back):
            runs.carry_out(run.pk)

    @rule(back=st.integers(0, 4))
    def cancel(self, back: int) -> None:
        if run := self.some_run(back):
            steps.cancel(run)

    @rule(back=st.integers(0, 4))
    def stop_server(self, back: int) -> None:
        run = self.some_run(back)
        if run and self.host.runtime.list_all():
            runs.stop_server(run.pk)

    @rule(word=st.sampled_from(["kafka-topics", "curl", "kafkacat"]), status=st.integers(0, 1))
    def commands_end(self, word: str, status: int) -> None:
        self.host.replies[word] = Reply(stdout=b"done\n", status=status)

    @rule(process=st.sampled_from(["kafka", "flask"]))
    def a_process_dies(self, process: str) -> None:
        for session in self.host.runtime.list_all():
            self.host.runtime.end(session, process, 1)

    @rule()
    def the_cluster_dies(self) -> None:
        self.host.runtime.clusters.clear()

    @rule()
    def a_worker_is_lost(self) -> None:
        """Whatever was under way has not moved for a while."""
        for run in StepRun.objects.filter(status=StepStatus.QUEUED)[:1]:
            run.move(StepStatus.RUNNING)
        for row in (self.session, *StepRun.objects.all()):
            age(row, 1, "beat_at")

    @rule(
        when=st.sampled_from(["up", "down", "command"]),
        what=st.sampled_from(
            ["tear_down", "reset", "bring_up", "bring_down", "run_all", "look", "deliver", "lose"]
        ),
    )
    def meanwhile(self, when: str, what: str) -> None:
        """The next time that a worker is at it, something else happens."""
        self.runtime.meanwhile[when] = getattr(self, what)

    @rule(back=st.integers(0, 2))
    def cancelled_meanwhile(self, back: int) -> None:
        self.runtime.meanwhile["command"] = lambda: self.cancel(back)

    @rule()
    def lose(self) -> None:
        clusters.lose(self.session, ClusterGone("lost"))

    @rule()
    def look(self) -> None:
        reconciler.reconcile("local")

    @rule()
    def deliver(self) -> None:
        if self.host.queued:
            task, args = self.host.queued.pop(0)
            task(*args)

    @rule()
    def deliver_again(self) -> None:
        for task, args in self.host.queued[-1:]:
            task(*args)

    @rule()
    def deliver_all(self) -> None:
        self.host.deliver()

    @invariant()
    def every_move_is_in_the_table(self) -> None:
        for kind, old, new, grew in moves():
            if kind == "session":
                assert SessionStatus(new) in NEXT_SESSION[SessionStatus(old)], (old, new)
                assert grew > 0, "a move that no page is told of"
            else:
                assert StepStatus(new) in NEXT_STEP[StepStatus(old)], (old, new)

    @invariant()
    def what_a_page_shows_changes_with_the_revision(self) -> None:
        for session in Session.objects.all():
            shown = (
                session.status,
                session.generation,
                session.is_autorunning,
                list(session.runs.values_list("pk", "status", "cancel_requested")),
            )
            revision, before = self.seen.get(session.pk, (-1, None))
            assert session.revision >= revision
            if shown != before:
                assert session.revision > revision, (before, shown)
            self.seen[session.pk] = (session.revision, shown)

    @invariant()
    def an_ended_session_has_nothing_left(self) -> None:
        for session in Session.objects.filter(status=SessionStatus.ENDED):
            assert session.pk not in self.host.runtime.list_all()
            assert not session.runs.filter(status__in=ACTIVE).exists()
            assert not session.is_autorunning


def test_whatever_happens_rows_follow_the_table(
    host: Host, version: LabVersion, student: AbstractUser
) -> None:
    here = type("Here", (Portal,), {"host": host, "version": version, "student": student})
    run_state_machine_as_test(
        here,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            # Making a failure smaller takes minutes here; the steps that led to it are enough.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("to", SessionStatus)
def test_of_two_who_move_a_session_one_wins(session: Session, to: SessionStatus) -> None:
    came_from = [status for status, following in NEXT_SESSION.items() if to in following]
    for status in came_from:
        Session.objects.filter(pk=session.pk).update(status=status)
        both = [Session.objects.get(pk=session.pk) for _ in range(2)]
        assert [each.move(to) for each in both] == [True, False]
        assert {each.status for each in both} == {to}


@pytest.mark.parametrize("to", StepStatus)
def test_of_two_who_move_a_run_one_wins(click: Click, to: StepStatus) -> None:
    run = click("topic")
    for status in [each for each, following in NEXT_STEP.items() if to in following]:
        StepRun.objects.filter(pk=run.pk).update(status=status)
        both = [StepRun.objects.get(pk=run.pk) for _ in range(2)]
        assert [each.move(to) for each in both] == [True, False]


def test_a_move_that_is_not_in_the_table_changes_nothing(session: Session) -> None:
    before = session.revision
    assert not session.move(SessionStatus.READY, error="no")
    assert (session.status, session.revision, session.error) == ("queued", before, "")


def test_a_move_can_be_bound_to_what_was_seen(session: Session) -> None:
    assert not session.move(SessionStatus.FAILED, only_from=SessionStatus.READY)
    assert session.move(SessionStatus.FAILED, only_from=SessionStatus.QUEUED)


def test_only_one_of_cancelling_and_beginning_a_run_wins(click: Click) -> None:
    run = click("topic")
    both = [StepRun.objects.get(pk=run.pk) for _ in range(2)]
    assert both[0].withdraw()
    assert not both[1].move(StepStatus.RUNNING)


def test_what_has_ended_can_end_in_nothing_else() -> None:
    assert not NEXT_SESSION[SessionStatus.ENDED]
    for status in StepStatus:
        assert bool(NEXT_STEP[status]) is status.is_active


def test_every_status_can_be_reached() -> None:
    assert set(NEXT_SESSION) == set(SessionStatus)
    assert set(NEXT_STEP) == set(StepStatus)
    assert set().union(*NEXT_SESSION.values()) == set(SessionStatus)
    assert set().union(*NEXT_STEP.values()) == set(StepStatus) - {StepStatus.QUEUED}
