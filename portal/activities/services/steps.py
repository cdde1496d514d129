"""What people want of a step: run it, cancel it, run all."""

import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.activities import code, queries
from portal.activities.models import Session, StepRun
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus, StepStatus
from portal.engine.spec import Call, Command, Http, Spark, StepSpec

CODE_LIMIT = 64 * 1024
PATH_LIMIT = 2000
TYPED = ("code", "selection", "restart", "request")
"""What a second click must not lose: by the same words it only asks for the same once more."""
OWN_KINDS = ("prepare", "up", "down")
"""Steps that are the session's own moves: launching and tearing down."""


def request(session: Session, step: StepSpec, chosen: Mapping[str, str]) -> tuple[StepRun, bool]:
    """Queue a step with what the student chose.

    The second value says whether the run is new: a step that is under way already is returned as
    it is. Raises NotNow when the cluster or an earlier step is missing, or the choice is not one.
    """
    if session.state is not SessionStatus.READY:
        raise NotNow(WHY_NOT_READY[session.state])
    if step.run.kind in OWN_KINDS:
        raise NotNow(f"“{step.title}” happens when the session is launched or torn down.")
    missing = queries.missing_steps(session, step)
    if missing:
        titles = " and ".join(f"“{each.title}”" for each in missing)
        raise NotNow(f"“{step.title}” needs {titles} first.")
    params = params_of(step, chosen)
    if isinstance(step.run, Spark):
        params |= lines_of(session, step, params)
    if params.keys() & {"selection", "restart"}:  # Trying things undoes no step that was done.
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
        if any(active.params.get(field) != params.get(field) for field in TYPED):
            raise NotNow(
                f"“{step.title}” is running already, with something else: what you typed was not "
                "run. Wait until it has ended, or cancel it."
            ) from None
        return active, False
    session.change()
    return run, True


WHY_NOT_READY = {
    SessionStatus.QUEUED: "The cluster waits for a free place; steps can be run once it is up.",
    SessionStatus.STARTING: "The cluster is still starting; steps can be run once it is up.",
    SessionStatus.STOPPING: "The cluster is being torn down.",
    SessionStatus.FAILED: "The cluster has failed. Reset it, then run the step.",
    SessionStatus.ENDED: "This session has ended. Launch the lab again.",
}


def params_of(step: StepSpec, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Read what the student chose for a step, by its kind. Raises NotNow saying what is wrong."""
    match step.run:
        case Call() as call:
            return {"commands": calls_of(call, chosen)}
        case Spark():
            if chosen.get("restart"):
                return {"restart": True, **typed("code", chosen)}
            return typed("code", chosen) | typed("selection", chosen)
        case Http():
            return typed("request", chosen)
        case _:
            return {}


def typed(field: str, chosen: Mapping[str, str]) -> dict[str, Any]:
    """The text that a student typed in place of the lab's own, if any. Raises NotNow."""
    text = chosen.get(field, "").replace("\r\n", "\n")
    if len(text) > CODE_LIMIT:
        raise NotNow(f"The {field} is too long: at most {CODE_LIMIT // 1024} KB.")
    if "\0" in text:
        raise NotNow(f"The {field} holds a NUL character, which can't be kept.")
    return {field: text} if text.strip() else {}


def lines_of(session: Session, step: StepSpec, params: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the lines that come with a run; one without any runs what was kept last, if anything."""
    if "code" in params:
        code.note_lines(session, step, params["code"])
        return {}
    own = code.own_lines(session).get(code.lines_path(step))
    return {"code": own} if own else {}


def save_lines(session: Session, step: StepSpec, chosen: Mapping[str, str]) -> None:
    """Keep the lines that a step is to run, or go back to the lab's own. Raises NotNow."""
    given = {} if chosen.get("action") == "reset" else typed("code", chosen)
    code.note_lines(session, step, given.get("code", step.shows_command))
    session.change()


def calls_of(call: Call, chosen: Mapping[str, str]) -> list[str]:
    """The command lines that a click on a call step stands for."""
    if path := chosen.get("path", "").strip():
        return [free_call(call, path)]
    if index := chosen.get("command", ""):
        known = {str(number): button for number, button in enumerate(call.buttons)}
        if index not in known:
            raise NotNow("There is no such call in this step.")
        return [known[index].command]
    times = chosen.get("times", "") or str(call.times)
    if not times.isdecimal() or len(times) > 3 or not 1 <= int(times) <= 100:
        raise NotNow("Choose a number of calls from 1 to 100.")
    # Every button at least once, as far as there are calls; the rest, and the order, by chance.
    lines = [button.command for button in call.buttons][: int(times)]
    lines += random.choices([each.command for each in call.buttons], k=int(times) - len(lines))  # noqa: S311
    random.shuffle(lines)
    return lines


def free_call(call: Call, path: str) -> str:
    """The first button's command with another path. Raises NotNow for what is no path."""
    printable = path.isascii() and path.isprintable() and not set(path) & set(" '\"\\`$[]{}")
    if not call.free_path or not path.startswith("/") or not printable or len(path) > PATH_LIMIT:
        raise NotNow("A path starts with / and has no spaces, quotes or brackets, as in /hello.")
    command = Command.parse(call.buttons[0].command)
    url = urlsplit(command.argv[-1])
    return f"docker-compose exec {command.service} curl '{url.scheme}://{url.netloc}{path}'"


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
    for step in session.spec.steps:
        run = states.get(step.id)
        if step.run.kind in OWN_KINDS or (run is not None and run.state.is_good):
            continue
        if run is not None and run.state in (StepStatus.QUEUED, StepStatus.RUNNING):
            return None
        try:
            return request(session, step, {})[0]
        except NotNow:
            break
    session.change(is_autorunning=False)
    return None
