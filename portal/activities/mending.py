"""Which step would mend a failed one, by what is known of its cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.activities.models import Session, StepRun
from portal.activities.status import StepStatus
from portal.engine.causes import calls
from portal.engine.lab.step import StepSpec

MENDED_BY_RESTART = (
    calls.NO_ROUTE,
    calls.WRONG_METHOD,
    calls.WRONG_TYPE,
    calls.BAD_REQUEST,
    calls.SERVER_ERROR,
    calls.NOTHING_SENT,
    calls.PRODUCER_STUCK,
    calls.OTHER_RECORDS,
)
"""What a server may answer because it runs a script that has been mended since."""
MAYBE_OLD = frozenset(each.name for each in MENDED_BY_RESTART)


@dataclass(frozen=True, slots=True)
class Mend:
    """A step that the student can run with a click, and why."""

    step: StepSpec
    path: str = ""
    """The script that was saved after its server had started; empty where no server runs."""
    is_done: bool = False
    """The server was started since: what failed can be tried again."""


def of(session: Session, steps: Sequence[Any], current: Any) -> Mend | None:
    """What would mend the step that is shown; None where nothing is known to."""
    run = current.run
    if run is None or run.state is not StepStatus.FAILED:
        return None
    cause = run.error_details.get("cause", "")
    serving = next((each.run for each in steps if is_serving(each.run)), None)
    if cause not in MAYBE_OLD and cause != calls.NOTHING_LISTENS.name:
        return None
    if serving is None:
        step = server_for(session, current.spec)
        return Mend(step) if step else None
    if path := saved_since(session, serving):
        return Mend(serving.spec, path)
    has_begun_since = serving.started_at and run.started_at and serving.started_at > run.started_at
    return Mend(serving.spec, is_done=True) if has_begun_since else None


def is_serving(run: StepRun | None) -> bool:
    """Whether its server is there."""
    return run is not None and run.state is StepStatus.SERVING


def server_for(session: Session, step: StepSpec) -> StepSpec | None:
    """The step that starts the server which a step needs; else the first that starts one."""
    spec = session.spec
    needed, seen = list(step.needs), set()
    while needed:
        found = spec.step(needed.pop(0))
        if found.run.serves:
            return found
        if found.id not in seen:
            seen.add(found.id)
            needed += found.needs
    return next((each for each in spec.steps if each.run.serves), None)


def saved_since(session: Session, serving: StepRun) -> str:
    """A file that the server runs and that was saved after its start; empty where there is none.

    A file that went back to the lab's own text counts by its newest version.
    """
    ran = [each.path for each in session.spec.files if each.path in serving.spec.shows_command]
    later = session.file_versions.filter(path__in=ran, saved_at__gt=serving.started_at)
    return later.values_list("path", flat=True).first() or ""


def restarted_by(session: Session, path: str) -> StepSpec | None:
    """The step whose server runs a file: the one that serves, or else the first."""
    runs = [each for each in session.spec.steps if each.run.serves and path in each.shows_command]
    ids = [each.id for each in runs]
    now = session.runs.filter(
        generation=session.generation, step_id__in=ids, status=StepStatus.SERVING
    )
    serving = now.values_list("step_id", flat=True).first()
    return next((each for each in runs if each.id == serving), runs[0] if runs else None)
