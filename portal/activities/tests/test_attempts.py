"""What was done stays done, and is known with its time when its session is no longer kept."""

from datetime import timedelta

from django.utils import timezone

from portal.activities.models import Attempt, Session
from portal.activities.status import StepStatus


def run_to_good(session: Session, step_id: str) -> None:
    run = session.runs.create(generation=session.generation, step_id=step_id)
    assert run.move(StepStatus.RUNNING)
    assert run.move(StepStatus.PASSED)


def test_an_attempt_knows_when_each_step_was_done_first(session: Session) -> None:
    before = timezone.now()
    run_to_good(session, "topic")
    attempt = session.attempt()
    at = attempt.when_done("topic")
    assert before <= at <= timezone.now()
    run_to_good(session, "topic")
    assert session.attempt().when_done("topic") == at
    assert attempt.weights == {each.id: each.weight for each in session.spec.steps}


def test_an_attempt_outlives_its_session(session: Session) -> None:
    run_to_good(session, "topic")
    session.delete()
    kept = Attempt.objects.get()
    assert kept.session is None
    assert kept.done == ["topic"]
    kept.take("serve")
    assert Attempt.objects.get().done == ["topic"]


def test_a_step_that_nobody_noted_counts_by_the_attempts_last_move(session: Session) -> None:
    run_to_good(session, "topic")
    moved = timezone.now() - timedelta(days=2)
    Attempt.objects.update(done_at={}, moved_at=moved)
    assert Attempt.objects.get().when_done("topic") == moved
