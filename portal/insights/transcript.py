"""A session as a student would have typed it: every command, in order, and what it printed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.activities.models import Session, StepRun
from portal.activities.status import StepStatus
from portal.engine import confs
from portal.engine.spec import Call, Http, Server, Spark, StepSpec, Stop
from portal.insights.models import Note

LIMIT = 1000
"""Runs of a session that its transcript has; the oldest of more are left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was typed, and what came of it."""

    step: StepSpec
    status: StepStatus
    at: datetime
    commands: tuple[str, ...]
    """As in a shell, one command each; the lines typed into pyspark or telnet are `typed`."""
    typed: str = ""
    output: str = ""
    error: str = ""
    note: str = ""
    run_id: int = 0
    generation: int = 1
    interrupts: str = ""
    """The server process that this is a control-C for; no run of its own, then."""

    @property
    def is_keyboard(self) -> bool:
        """Keys that are pressed, and no command that a shell reads."""
        return bool(self.interrupts) or self.step.run.kind == "stop"

    @property
    def says_commands(self) -> bool:
        """Whether the output tells each command before what it printed."""
        return self.step.run.kind == "call" and self.output.startswith("$ ")

    @property
    def says_typed(self) -> bool:
        """Whether the output has the typed lines, as a shell echoes them."""
        return self.step.run.kind == "spark" and ">>> " in self.output

    @property
    def language(self) -> str:
        """What the typed lines are."""
        return {"spark": "python", "http": "http"}.get(self.step.run.kind, "")


def entries(session: Session) -> list[Entry]:
    """All that was done in a session, oldest first."""
    notes = dict(Note.objects.filter(session=session).values_list("run_id", "text"))
    runs = list(session.runs.exclude(status=StepStatus.QUEUED).order_by("-pk")[:LIMIT])[::-1]
    made: list[Entry] = []
    for run in runs:
        step = step_of(session, run)
        if step is None or run.started_at is None:
            continue  # It was withdrawn before anybody began it.
        made.append(entry_of(session, run, step, notes.get(run.pk, "")))
        made.extend(control_c(run, step, runs))
    return list(with_resets(session, sorted(made, key=lambda each: each.at)))


def with_resets(session: Session, made: list[Entry]) -> Iterator[Entry]:
    """A reset leaves no run of its own, but it tore a cluster down before the next came up."""
    down = next((each for each in session.spec.steps if each.run.kind == "down"), None)
    generation = made[0].generation if made else 1
    for entry in made:
        if entry.generation > generation and down is not None:
            commands = (down.shows_command.strip(),)
            yield Entry(step=down, status=StepStatus.PASSED, at=entry.at, commands=commands)
        generation = max(generation, entry.generation)
        yield entry


def left_out(session: Session) -> int:
    """How many runs are too old for the transcript."""
    return max(0, session.runs.exclude(status=StepStatus.QUEUED).count() - LIMIT)


def step_of(session: Session, run: StepRun) -> StepSpec | None:
    """The step of a run; None when the lab has no such step."""
    return next((each for each in session.spec.steps if each.id == run.step_id), None)


def entry_of(session: Session, run: StepRun, step: StepSpec, note: str) -> Entry:
    """A run as what was typed for it."""
    commands, typed = typed_for(step, run.params, run)
    if isinstance(step.run, Spark):
        service = step.run.service
        commands = (confs.command(service, session.spec.service(service).spark_conf),)
    return Entry(
        step=step,
        status=StepStatus.PASSED if run.is_trial else run.state,
        at=run.started_at or run.created_at,
        commands=commands,
        typed=typed,
        output=run.output,
        error="" if run.is_trial else run.error,
        note=note,
        run_id=run.pk,
        generation=run.generation,
    )


def typed_for(
    step: StepSpec, params: dict[str, Any], run: StepRun | None = None
) -> tuple[tuple[str, ...], str]:
    """The shell's commands for a step, and the lines typed into what they started."""
    match step.run:
        case Call(buttons=buttons):
            lines = params.get("commands") or [each.command for each in buttons]
            return tuple(begun(lines, run)), ""
        case Spark(setup=setup, service=service):
            code = params.get("selection") or params.get("code") or step.shows_command
            lines = () if params.get("restart") else (setup, str(code))
            typed = "\n".join(filter(None, (each.rstrip("\n") for each in lines)))
            return (f"docker-compose exec {service} pyspark",), typed
        case Http(request=request):
            return (step.shows_command.strip(),), str(params.get("request") or request)
        case Stop():
            return tuple(step.shows_command.strip().splitlines()), ""
    return (step.shows_command.strip(),), ""


def begun(lines: list[str], run: StepRun | None) -> Iterator[str]:
    """The calls that were made: a run that failed ended at the one that did."""
    if run is None or run.state is StepStatus.PASSED:
        yield from lines
        return
    said = iter(run.output.split("\n"))
    for line in lines:
        # Each is announced by the portal, in order, before it is made.
        if not any(each == f"$ {line}" for each in said):
            return
        yield line


def control_c(run: StepRun, step: StepSpec, runs: list[StepRun]) -> Iterator[Entry]:
    """The control-C that ended a server, where no step of its own, nor the cluster's end, did."""
    server = step.run
    if not isinstance(server, Server) or run.state is not StepStatus.PASSED:
        return
    if run.finished_at is None or any(ends(other, run, server.process) for other in runs):
        return
    yield Entry(
        step=step,
        status=StepStatus.PASSED,
        at=run.finished_at,
        commands=("control-C",),
        generation=run.generation,
        interrupts=server.process,
    )


def ends(other: StepRun, run: StepRun, process: str) -> bool:
    """Whether another run's step is what ended a server's run."""
    if other.started_at is None or run.finished_at is None:
        return False
    step = step_of(run.session, other)
    until = other.finished_at or run.finished_at
    is_then = other.started_at <= run.finished_at <= until
    return (
        is_then
        and step is not None
        and isinstance(step.run, Stop)
        and (step.run.process == process)
    )
