"""What the session page shows, gathered from rows: read-only."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from portal import panels
from portal.activities import ahead, answered, mending, queries
from portal.activities.models import Session, StepRun
from portal.activities.models import SessionFileVersion as Version
from portal.activities.services import code
from portal.activities.services.sessions import ends_at, place_free_at
from portal.activities.status import SessionStatus, StepStatus
from portal.engine.lab.step import StepSpec
from portal.panels import Panel, Piece, Place

USUAL_LAUNCH_SECONDS = 4.0
PARTS = ("command", "action", "result", "output")


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as the page shows it."""

    index: int
    spec: StepSpec
    run: StepRun | None
    missing: tuple[StepSpec, ...]
    is_current: bool
    is_session_ready: bool
    opened_by: str = ""
    """What a student would type to start what the step's lines run in."""
    hints_shown: int = 0
    was_done: bool = False
    """Whether an earlier attempt did it: it counts, though this cluster knows nothing of it."""
    has_own_lines: bool = False
    """Whether the student's lines run in place of those that the lab shows."""

    @property
    def state(self) -> str:
        """`idle`, or the newest run's status."""
        return self.run.status if self.run else "idle"

    @property
    def is_own_move(self) -> bool:
        """Done by launching and tearing down, not by a button of its own."""
        return self.spec.run.move is not None

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """The templates that show it: its kind's own, each before the one for kinds without."""
        folders = (self.spec.run.kind, "_default")
        return {part: tuple(f"kinds/{each}/_{part}.html" for each in folders) for part in PARTS}

    @property
    def is_busy(self) -> bool:
        """Whether it is about to run, or runs and will end by itself."""
        return self.run is not None and self.run.state in (StepStatus.QUEUED, StepStatus.RUNNING)

    @property
    def can_run(self) -> bool:
        """Whether its button works now."""
        ready = self.is_session_ready and not self.missing
        return ready and not self.is_busy and not self.is_own_move

    @property
    def error_line(self) -> int:
        """The line of the student's code that its newest run failed at; 0 when there is none."""
        if self.run is None or not self.spec.run.has_lines:
            return 0
        line = self.run.error_details.get("line")
        return line if isinstance(line, int) else 0

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


def step_views(
    session: Session, current_id: str, own: Mapping[str, str], before: Collection[str] = ()
) -> list[StepView]:
    """Every step that is shown, with the newest run on the cluster that the session has now.

    `own` are the lines that the student has put in the place of a step's, by their path; `before`
    are the steps that the best other attempt did.
    """
    runs = queries.newest_runs(session)
    good = queries.newest_good_ids(session)
    hints = queries.hints_shown(session)
    steps = queries.steps_shown(session)
    current = current_id if current_id in {step.id for step in steps} else suggest(steps, runs)
    return [
        StepView(
            index=index,
            spec=step,
            run=runs.get(step.id),
            missing=tuple(session.spec.step(need) for need in step.needs if need not in good),
            is_current=step.id == current,
            is_session_ready=session.state is SessionStatus.READY,
            opened_by=step.run.opened_by(session.spec),
            hints_shown=hints.get(step.id, 0),
            was_done=step.id in before,
            has_own_lines=code.lines_path(step) in own,
        )
        for index, step in enumerate(steps, 1)
    ]


def suggest(steps: tuple[StepSpec, ...], runs: dict[str, StepRun]) -> str:
    """The step to open when nobody has chosen one: the first that has not passed.

    An optional one that somebody has gone past is not asked for again.
    """
    good = {step_id for step_id, run in runs.items() if run.state.is_good}
    for index, step in enumerate(steps):
        was_left = step.optional and any(each.id in good for each in steps[index + 1 :])
        if step.id not in good and not was_left:
            return step.id
    return steps[-1].id


def context(session: Session, *, step_id: str, tab: str, is_owner: bool) -> dict[str, Any]:
    """All that the templates of the session page need."""
    own = code.own_lines(session)
    attempt = queries.best_other_attempt(session) if not session.is_rehearsal else None
    steps = step_views(session, step_id, own, attempt.done if attempt else ())
    current = next(step for step in steps if step.is_current)
    shown = {panel.name: panel for panel in panels.panels()}
    look_at = current.spec.look_at if current.spec.look_at in shown else next(iter(shown))
    return {
        "session": session,
        "spec": session.spec,
        "is_owner": is_owner,
        "best_before": attempt,
        "steps": steps,
        "current": current,
        "tab": tab if tab in shown else look_at,
        "panels": list(shown.values()),
        "look": shown[look_at].look,
        "usual": queries.usual_seconds(session, current.spec) if current.is_busy else 0.0,
        "services": [service.name for service in session.spec.services],
        "topics": list(session.spec.topics),
        # Most often only the live parts are rendered, which don't show them.
        "files": SimpleLazyObject(lambda: files(session, current.spec, own)),
        # Only some kinds' templates ask for these.
        "calls": SimpleLazyObject(lambda: answered.context(session, current.spec)),
        "answers": SimpleLazyObject(lambda: answered.answers(session, current.spec)),
        "earlier": SimpleLazyObject(lambda: answered.earlier(session, current.spec)),
        "mend": mending.of(session, steps, current),
        "time": time_left(session),
        "launch": launch_progress(session),
        "slept": slept(session),
        "place": queries.place_in_line(session),
        "place_free_at": place_free_at(session),
        "waits_for_processors": queries.waits_for_processors(session),
        "kept": kept_places(session) if session.state is SessionStatus.QUEUED else None,
        "silent_host": queries.silent_host(session),
        "ending": ending(session) if session.state is SessionStatus.ENDED else None,
        **added(session),
    }


def added(session: Session) -> dict[str, Any]:
    """What apps have put on the page besides their panels, and what all of that needs."""
    parts: list[Panel | Piece] = [
        *panels.pieces(Place.SESSION_BAR),
        *panels.panels(),
        *panels.pieces(Place.SESSION_TOP),
    ]
    return {
        "top": panels.shown(Place.SESSION_TOP, session),
        "bar": panels.shown(Place.SESSION_BAR, session),
        "menu": panels.shown(Place.SESSION_MENU, session),
        "styles": panels.styles(parts),
        "scripts": panels.scripts(parts),
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
        restarts = any(session.spec.step(each).run.serves for each in steps)
        found.append(shown | {"editable": file.editable, "steps": steps, "restarts": restarts})
    for path, step in code.steps_with_lines(session).items():
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


def kept_places(session: Session) -> dict[str, Any]:
    """Which places are kept: for the session and others like it, or from it, and until when."""
    mine, others = ahead.kept_for(session), ahead.kept_from(session)
    return {
        "mine": sum(each.places for each in mine),
        "others": sum(each.places for each in others),
        "begins_at": min((each.begins_at for each in others), default=None),
        "until": max((each.places_until for each in others), default=None),
    }


def slept(session: Session) -> str:
    """For how long its cluster has stood still before, in words; empty for less than a minute."""
    minutes = int(session.slept_seconds // 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min" if minutes else ""


def ending(session: Session) -> dict[str, Any]:
    """What a session that has ended leaves: what was done in it, and what comes next."""
    attempts = session.attempts.filter(generation=session.generation)
    return {
        "attempt": attempts.first(),
        "next_lab": queries.next_lab(session),
        "pieces": panels.shown(Place.SESSION_END, session),
    }


def launch_progress(session: Session) -> dict[str, Any]:
    """The launch's phases; one that is not done has taken the time since it began.

    First what the runtime makes for all services, if it has told of that, then every service of
    the lab: one that has told nothing yet has no `seconds`, and the first of those `is_next`.
    """
    told = {
        phase["service"]: {
            **phase,
            "seconds": phase["seconds"] if phase["is_done"] else time.time() - phase["at"],
        }
        for phase in session.progress
    }
    services = [service.name for service in session.spec.services]
    places = [phase | {"is_place": True} for name, phase in told.items() if name not in services]
    idle = {"is_done": False, "seconds": None}
    phases = places + [told.get(name, {"service": name, **idle}) for name in services]
    next((each for each in phases if each["seconds"] is None), {})["is_next"] = True
    began, ended = session.starting_at, session.ready_at or timezone.now()
    elapsed = (ended - began).total_seconds() if began else 0.0
    return {"phases": phases, "elapsed": elapsed, "usual": USUAL_LAUNCH_SECONDS}
