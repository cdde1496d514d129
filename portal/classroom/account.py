"""What was done in a session, in words: a step by its title, and what came of it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from portal.activities.models import Session, StepRun
from portal.classroom.models import AuditEntry

WORDS = {
    "run_step": "ran",
    "stop_step": "stopped",
    "run_all": "ran all steps",
    "show_hint": "asked for a hint",
    "tear_down": "tore the cluster down",
    "reset": "began a new cluster",
    "extend": "asked for more time",
    "launch": "launched the lab",
    "watch": "looked on",
    "read": "looked at",
    "code": "saved code",
    "raise_hand": "raised a hand",
    "lower_hand": "took the hand down",
    "leave_hint": "left a hint",
    "put_away": "put a hint away",
}
SOON = timedelta(seconds=2)
"""A run is queued in the request that the audit notes."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One entry of the audit as the page of a session tells it."""

    entry: AuditEntry
    words: str
    what: str
    """A step's title, or what the entry says."""
    run: StepRun | None
    """What came of it, if it began a run."""


def of(session: Session, entries: Iterable[AuditEntry]) -> Iterator[Deed]:
    """Tell entries of a session, in their order."""
    titles = {step.id: step.title for step in session.spec.steps}
    fields = ("step_id", "status", "created_at", "started_at", "finished_at", "error_code")
    runs: dict[str, list[StepRun]] = {}
    for run in session.runs.only("session_id", *fields).order_by("created_at"):
        runs.setdefault(run.step_id, []).append(run)
    for entry in entries:
        words = WORDS.get(entry.verb, entry.deed)
        step, _, rest = entry.detail.partition(" ")
        what = f"{titles[step]} {rest}".strip() if step in titles else entry.detail
        began = entry.verb == "run_step" and not rest
        yield Deed(entry, words, what, run_at(runs.get(step, []), entry) if began else None)


def run_at(runs: list[StepRun], entry: AuditEntry) -> StepRun | None:
    """The run that was queued when the entry was written."""
    at = bisect_left(runs, entry.at - SOON, key=lambda run: run.created_at)
    near = [run for run in runs[at : at + 3] if abs(run.created_at - entry.at) <= SOON]
    return min(near, key=lambda run: abs(run.created_at - entry.at), default=None)
