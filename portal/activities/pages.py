"""What the session page shows, gathered from rows: read-only."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from portal.activities import code, queries
from portal.activities.models import Session, StepRun
from portal.activities.models import SessionFileVersion as Version
from portal.activities.services.sessions import ends_at
from portal.activities.services.steps import OWN_KINDS
from portal.activities.status import SessionStatus, StepStatus
from portal.engine import confs
from portal.engine.spec import LabSpec, Spark, StepSpec

TABS = (
    ("output", "Output"),
    ("log", "Log"),
    ("events", "Events"),
    ("http", "HTTP"),
    ("results", "Results"),
    ("code", "Code"),
)
USUAL_LAUNCH_SECONDS = 4.0
ERROR_LINE = re.compile(r"\(line (\d{1,5}) of your code\)")


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as the page shows it."""

    index: int
    spec: StepSpec
    run: StepRun | None
    missing: tuple[StepSpec, ...]
    is_current: bool
    is_session_ready: bool
    pyspark: str = ""
    """What a student would type to start the pyspark that the step's lines run in."""
    hints_shown: int = 0
    has_own_lines: bool = False
    """Whether the student's lines run in place of those that the lab shows."""

    @property
    def state(self) -> str:
        """`idle`, or the newest run's status."""
        return self.run.status if self.run else "idle"

    @property
    def is_own_move(self) -> bool:
        """Done by launching and tearing down, not by a button of its own."""
        return self.spec.run.kind in OWN_KINDS

    @property
    def can_run(self) -> bool:
        """Whether its button works now."""
        busy = self.run is not None and self.run.state in (StepStatus.QUEUED, StepStatus.RUNNING)
        ready = self.is_session_ready and not self.missing
        return ready and not busy and not self.is_own_move

    @property
    def error_line(self) -> int:
        """The line of the student's code that its newest run failed at; 0 when there is none."""
        if self.run is None or self.spec.run.kind != "spark":
            return 0
        found = ERROR_LINE.search(self.run.error)
        return int(found[1]) if found else 0

    @property
    def stream(self) -> str:
        """The stream of what its newest run prints."""
        return f"step:{self.run.pk}" if self.run else ""

    @property
    def hints(self) -> tuple[str, ...]:
        """Those that the student has asked for."""
        return self.spec.hints[: self.hints_shown]

    @property
    def next_hint(self) -> int:
        """The number of the hint that can be asked for; 0 when the step is done, or has no more."""
        is_done = self.run is not None and self.run.state.is_good
        return 0 if is_done or self.hints_shown >= len(self.spec.hints) else self.hints_shown + 1


def step_views(session: Session, current_id: str, own: Mapping[str, str]) -> list[StepView]:
    """Every step, with the newest run on the cluster that the session has now.

    `own` are the lines that the student has put in the place of a step's, by their path.
    """
    runs = queries.newest_runs(session)
    good = queries.newest_good_ids(session)
    hints = queries.hints_shown(session)
    steps = session.spec.steps
    current = current_id if current_id in {step.id for step in steps} else suggest(steps, runs)
    return [
        StepView(
            index=index,
            spec=step,
            run=runs.get(step.id),
            missing=tuple(session.spec.step(need) for need in step.needs if need not in good),
            is_current=step.id == current,
            is_session_ready=session.state is SessionStatus.READY,
            pyspark=pyspark_of(session.spec, step),
            hints_shown=hints.get(step.id, 0),
            has_own_lines=code.lines_path(step) in own,
        )
        for index, step in enumerate(steps)
    ]


def pyspark_of(lab: LabSpec, step: StepSpec) -> str:
    """The command that starts a spark step's pyspark; nothing for other kinds."""
    if not isinstance(step.run, Spark):
        return ""
    return confs.command(step.run.service, lab.service(step.run.service).spark_conf)


def suggest(steps: tuple[StepSpec, ...], runs: dict[str, StepRun]) -> str:
    """The step to open when nobody has chosen one: the first that has not passed."""
    for step in steps:
        run = runs.get(step.id)
        if run is None or not run.state.is_good:
            return step.id
    return steps[-1].id


def context(session: Session, *, step_id: str, tab: str, is_owner: bool) -> dict[str, Any]:
    """All that the templates of the session page need."""
    own = code.own_lines(session)
    steps = step_views(session, step_id, own)
    current = next(step for step in steps if step.is_current)
    names = {name for name, _ in TABS}
    return {
        "session": session,
        "spec": session.spec,
        "is_owner": is_owner,
        "steps": steps,
        "current": current,
        "tab": tab if tab in names else current.spec.look_at,
        "tabs": [{"id": name, "label": label} for name, label in TABS],
        "services": [service.name for service in session.spec.services],
        "topics": list(session.spec.topics),
        # Most often only the live parts are rendered, which don't show them.
        "files": SimpleLazyObject(lambda: files(session, current.spec, own)),
        "time": time_left(session),
        "launch": launch_progress(session),
        "place": queries.place_in_line(session),
    }


def files(session: Session, current: StepSpec, own: dict[str, str]) -> list[dict[str, Any]]:
    """The lab's files and its lines for pyspark, as the student has edited them.

    `steps` are those that run it. One of the current step's is chosen, or else the first.
    """
    edited = {file.path: file.content for file in session.files.all()}
    versions = code.versions_of(session)
    originals = session.version.file_contents()
    found = []
    for file in session.spec.files:
        steps = [step.id for step in session.spec.steps if file.path in step.shows_command]
        shown = text(file.path, originals[file.path].decode(), edited, versions)
        found.append(shown | {"editable": file.editable, "steps": steps})
    for path, step in code.spark_steps(session).items():
        shown = text(path, step.shows_command, own, versions)
        found.append(shown | {"editable": True, "steps": [step.id], "step": step})
    chosen = next((each for each in found if current.id in each["steps"]), None)
    for each in found:
        each["is_chosen"] = each is (chosen or found[0])
    return found


def text(
    path: str, original: str, edited: Mapping[str, str], versions: Mapping[str, list[Version]]
) -> dict[str, Any]:
    """A text of the lab's, and what became of it."""
    saved = versions.get(path, [])
    return {
        "path": path,
        "name": path.rpartition("/")[2],
        "content": edited.get(path, original),
        "original": original,
        "is_changed": path in edited,
        "versions": saved,
        "saved_at": saved_at(saved),
    }


def saved_at(versions: list[Version]) -> int:
    """When a file was saved last, in seconds since the epoch; 0 where it never was."""
    return int(versions[0].saved_at.timestamp()) if versions else 0


def time_left(session: Session) -> dict[str, Any]:
    """When the session ends, and whether the page should warn of that."""
    at, reason = ends_at(session, is_watched=True)
    minutes = (at - timezone.now()).total_seconds() / 60
    warn = session.state.is_live and minutes <= session.spec.time.warn_before
    return {
        "expires_at": at,
        "reason": reason,
        "minutes_left": max(0, round(minutes)),
        "warn": warn,
    }


def launch_progress(session: Session) -> dict[str, Any]:
    """The launch's phases; one that is not done has taken the time since it began."""
    now = time.time()
    phases = [
        {**phase, "seconds": phase["seconds"] if phase["is_done"] else now - phase["at"]}
        for phase in session.progress
    ]
    began, ended = session.starting_at, session.ready_at or timezone.now()
    elapsed = (ended - began).total_seconds() if began else 0.0
    return {"phases": phases, "elapsed": elapsed, "usual": USUAL_LAUNCH_SECONDS}
