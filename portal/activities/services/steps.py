"""What people want of a step: run it, cancel it, run all."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.activities import queries
from portal.activities.models import Session, StepRun
from portal.activities.services import code
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus, StepStatus
from portal.engine.kinds import chosen as choosing
from portal.engine.kinds.job import kind_of
from portal.engine.lab.step import Done, NoChoice, Run, StepSpec


def request(session: Session, step: StepSpec, chosen: Mapping[str, str]) -> tuple[StepRun, bool]:
    """Queue a step with what the student chose.

    The second value says whether the run is new: a step that is under way already is returned as
    it is. Raises NotNow when the cluster or an earlier step is missing, or the choice is not one.
    """
    if session.state is not SessionStatus.READY:
        raise NotNow(WHY_NOT_READY[session.state])
    if step.run.move is not None:
        raise NotNow(f"“{step.title}” happens when the session is launched or torn down.")
    if step not in queries.steps_shown(session):
        raise NotNow(f"“{step.title}” is for those who answered something else.")
    if missing := queries.missing_steps(session, step):
        raise NotNow(needs_first(step, missing))
    params = step.run.adapted(params_of(step.run, chosen), chosen, queries.routes_served(session))
    if step.run.has_lines:
        params |= lines_of(session, step, params)
    if step.run.recalls:
        seen = queries.first_evidence(session, step)
        params = step.run.recalled(params, queries.newest_good_ids(session), seen)
    if step.run.is_trial(params):  # Trying things undoes no step that was done.
        params["has_passed"] = step.id in queries.newest_good_ids(session)
    try:
        with transaction.atomic():
            run = StepRun.objects.create(
                session=session, generation=session.generation, step_id=step.id, params=params
            )
    except IntegrityError:
        active = queries.active_run(session, step.id)
        if active is None:  # It ended between the two; the caller's click came too late.
            raise NotNow("That step has just ended: look at its output.") from None
        # By the same words a second click only asks for the same once more.
        if any(active.params.get(each) != params.get(each) for each in step.run.remembers):
            raise NotNow(
                f"“{step.title}” is running already, with something else: what you typed was not "
                "run. Wait until it has ended, or cancel it."
            ) from None
        return active, False
    session.change()
    return run, True


def needs_first(step: StepSpec, missing: Iterable[StepSpec]) -> str:
    """Which steps have to be done before one."""
    titles = " and ".join(f"“{each.title}”" for each in missing)
    return f"“{step.title}” needs {titles} first."


def begin_typed(session: Session, generation: int, step: StepSpec, **fields: Any) -> StepRun | None:
    """A run of what was done without the step's button, which tells of it; None where that was
    pressed meanwhile: that run tells of it then."""
    try:
        with transaction.atomic():
            return StepRun.objects.create(
                session=session,
                generation=generation,
                step_id=step.id,
                status=StepStatus.RUNNING,
                **fields,
            )
    except IntegrityError:
        return None


def request_anew(session: Session, step: StepSpec) -> tuple[StepRun, bool]:
    """Queue a step whose server may run: the new run ends that server before it starts its own.

    Raises NotNow, and then the server goes on.
    """
    with transaction.atomic():
        for run in session.runs.filter(step_id=step.id, status=StepStatus.SERVING):
            run.move(StepStatus.PASSED, cancel_requested=True, finished_at=timezone.now())
        return request(session, step, {})


WHY_NOT_READY = {
    SessionStatus.QUEUED: "The cluster waits for a free place; steps can be run once it is up.",
    SessionStatus.STARTING: "The cluster is still starting; steps can be run once it is up.",
    SessionStatus.STOPPING: "The cluster is being torn down.",
    SessionStatus.FAILED: "The cluster has failed. Reset it, then run the step.",
    SessionStatus.ENDED: "This session has ended. Launch the lab again.",
}


def params_of(run: Run, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Read what the student chose for a step. Raises NotNow saying what is wrong."""
    try:
        return run.params(chosen)
    except NoChoice as error:
        raise NotNow(str(error)) from error


def typed(session: Session, step: StepSpec, chosen: Mapping[str, str]) -> dict[str, Any]:
    """What a student would type for that choice, and what is odd about it. Raises NotNow."""
    kind, params = kind_of(step), params_of(step.run, chosen)
    lines = kind.typed(Done(session.spec, step, params)).commands
    return {"line": "\n".join(lines), "notes": list(kind.notes(params))}


def lines_of(session: Session, step: StepSpec, params: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the lines that come with a run; one without any runs what was kept last, if anything."""
    if "code" in params:
        code.note_lines(session, step, params["code"])
        return {}
    own = code.own_lines(session).get(code.lines_path(step))
    return {"code": own} if own else {}


def save_lines(session: Session, step: StepSpec, chosen: Mapping[str, str]) -> None:
    """Keep the lines that a step is to run, or go back to the lab's own. Raises NotNow."""
    try:
        given = {} if chosen.get("action") == "reset" else choosing.text("code", chosen)
    except NoChoice as error:
        raise NotNow(str(error)) from error
    code.note_lines(session, step, given.get("code", step.shows_command))
    session.change()


def cancel(run: StepRun) -> None:
    """Ask a run to end. One that no worker has begun ends at once."""
    if not run.withdraw():
        StepRun.objects.filter(pk=run.pk).update(cancel_requested=True)
        run.session.change(is_autorunning=False)


def stop(run: StepRun) -> None:
    """Ask a server to end. The wish is in the row, so that no worker that is lost can lose it."""
    StepRun.objects.filter(pk=run.pk).update(cancel_requested=True, beat_at=timezone.now())
    run.session.change()


def show_hint(session: Session, step: StepSpec, number: int) -> bool:
    """Show one more of a step's hints, the `number`th; return whether that is new.

    They come in order: a double click, or one that skips a hint, shows nothing.
    """
    shown = queries.hints_shown(session).get(step.id, 0)
    if number != shown + 1 or number > len(step.hints):
        return False
    _, is_new = session.shown_hints.get_or_create(step_id=step.id, number=number)
    if is_new:
        session.change()
    return is_new


def run_all(session: Session) -> StepRun | None:
    """Run every step that has not passed yet, in order, up to the tear-down.

    Return the first run, to be enqueued; the others follow as each passes. Raises NotNow.
    """
    if session.state is not SessionStatus.READY:
        raise NotNow(WHY_NOT_READY[session.state])
    session.change(is_autorunning=True)
    return next_run(session)


def next_run(session: Session) -> StepRun | None:
    """Queue the next step of run all. None when all is done, or run all was ended."""
    session.refresh_from_db()
    if not session.is_autorunning or session.state is not SessionStatus.READY:
        return None
    states = queries.newest_runs(session)
    for step in queries.steps_shown(session):
        run = states.get(step.id)
        if step.run.move is not None or step.run.needs_somebody:
            continue
        if run is not None and run.state.is_good:
            continue
        if run is not None and run.state in (StepStatus.QUEUED, StepStatus.RUNNING):
            return None
        try:
            return request(session, step, {})[0]
        except NotNow:
            break
    session.change(is_autorunning=False)
    return None
