"""What performing a step takes, and what it gives; and what a kind of step is.

Nothing here knows of rows or pages: a `Job` says what to do and where to write, an `Outcome` what
came of it. Whatever went wrong is a `ClusterError`.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.engine import benches, blame, spark
from portal.engine.benches import Bench
from portal.engine.causes import servers
from portal.engine.causes.cause import Cause
from portal.engine.errors import NOTHING_KNOWN, ClusterError, Details, Part, StepFailed
from portal.engine.fresh import Fresh
from portal.engine.lab.check import Check
from portal.engine.lab.command import Command
from portal.engine.lab.entered import Entered, Invocation
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import Lab, Run, StepSpec
from portal.engine.replies import Reply, as_kept
from portal.engine.routes import Route
from portal.engine.runtimes.base import Cancelled, LogLine, Runtime

KEPT_OUTPUT = 256 * 1024
"""Bytes of a step's own output that its check looks at."""

LOG_SECONDS = 0.3
"""For how long a log is waited for that may have something to say."""

OWN_TEXTS = ("code", "selection", "command_line")
"""Params that hold what somebody typed in the place of the lab's own."""

Emit = Callable[[str, bytes], None]


@dataclass(slots=True)
class Job:
    """One step to do, for one session."""

    runtime: Runtime
    session: str
    lab: LabSpec
    step: StepSpec
    params: Mapping[str, Any]
    write: Emit
    cancelled: Cancelled
    give: Callable[[object], None] = lambda payload: None
    """Takes what is worth keeping, also from a step that then fails."""
    tell: Callable[[spark.Progress], None] = lambda progress: None
    """Takes how far Spark is, a few times a second."""
    kept: bytearray = field(default_factory=bytearray)
    began: float = field(default_factory=time.time)
    """Seconds since the epoch: what comes later is this run's."""

    @property
    def has_own_text(self) -> bool:
        """Whether what runs is somebody's own, and not the lab's."""
        typed = (str(self.params.get(name) or "").strip() for name in OWN_TEXTS)
        return any(each not in ("", self.step.shows_command.strip()) for each in typed)

    @property
    def part(self) -> Part:
        """Whose a failure is of which no more is known: the lab's own lines are nobody's code."""
        return Part.CODE if self.has_own_text else Part.UNKNOWN

    def emit(self, stream: str, data: bytes) -> None:
        """Show output, and keep it for the check."""
        if len(self.kept) < KEPT_OUTPUT and stream != "note":
            self.kept += data[: KEPT_OUTPUT - len(self.kept)]
        self.write(stream, data)

    def run(self, command: Command, *, quiet: bool = False) -> tuple[int, bytes]:
        """Run a command to its end; return exit status and the first of its output."""
        kept = bytearray()
        execution = self.runtime.exec(
            self.session,
            command.service,
            command.argv,
            timeout=self.step.timeout,
            cancelled=self.cancelled,
        )
        for piece in execution:
            if len(kept) < KEPT_OUTPUT:
                kept += piece.data
            if not quiet:
                self.emit(piece.stream, piece.data)
        return (-1 if execution.exit_status is None else execution.exit_status), bytes(kept)

    def log_since(self, service: str, since: float) -> Iterator[LogLine]:
        """What a service's log has, and gets in a moment, of what came since (by the epoch)."""
        deadline = time.monotonic() + LOG_SECONDS
        lines = self.runtime.logs(
            self.session, service, cancelled=lambda: time.monotonic() > deadline
        )
        return (line for line in lines if line.at >= since)

    def failure(
        self, message: str, advice: str | None = None, cause: str = "", part: Part | None = None
    ) -> StepFailed:
        """A failure in the author's words where the lab has any."""
        words = f"{self.step.fail_message} {message}".strip()
        return StepFailed(
            words, advice=advice, part=part or self.part, details=Details(cause=cause)
        )

    def ended(self, status: int, what: str) -> StepFailed:
        """A command that ended so: only a status of its own is its own."""
        if name := blame.signal_of(status):
            return self.of_cause(servers.KILLED, signal=name)
        return self.failure(f"The {what} ended with exit status {status}.")

    def of_cause(
        self, cause: Cause, details: Details = NOTHING_KNOWN, **given: object
    ) -> StepFailed:
        """A failure whose cause is known, behind the author's words where the lab has any."""
        error = cause.error(details, **given)
        return StepFailed(
            f"{self.step.fail_message} {error}".strip(),
            advice=error.advice,
            part=error.part,
            details=error.details,
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run leaves for its check to look at, beside what it printed; each kind what it has."""

    extraction: spark.SparkOutcome | None = None
    replies: tuple[Reply, ...] = ()
    benches: tuple[Bench, ...] = ()
    routes: tuple[Route, ...] | None = None
    """Those of the server that was started; None where it does not say."""
    port: int | None = None
    """On which it listens."""
    fresh: tuple[Fresh, ...] = ()
    """Records that came to topics since the run began."""
    found: int | tuple[str, ...] | None = None
    """What the cluster said of what a student was asked; None where it could not be asked."""

    def as_kept(self) -> dict[str, Any]:
        """What a page shows of it later, as JSON."""
        kept: dict[str, Any] = {}
        if self.replies:
            kept["replies"] = as_kept(self.replies)
        if self.benches:
            kept["benches"] = benches.as_kept(self.benches)
        if self.routes is not None:
            kept["routes"] = [each.as_dict() for each in self.routes]
            kept["port"] = self.port
        if self.found is not None:
            kept["found"] = list(self.found) if isinstance(self.found, tuple) else self.found
        return kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step that did what it should."""

    exit_status: int | None = None
    is_serving: bool = False
    evidence: Evidence = Evidence()


class Kind(Run):
    """A kind of step: what it says of itself, as every `Run` does, and what it does."""

    def perform(self, job: Job) -> Outcome:
        """Do it. Raises ClusterError."""
        raise StepFailed(f"A step of kind {self.kind} can't be run on its own.", part=Part.LAB)

    def takes(self, lab: Lab, step: StepSpec, entered: Entered) -> bool:
        """Whether a line that somebody typed in a shell may be what the step asks for.

        What can be known of the line alone: `saw`, and the step's check, look at what came of it.
        """
        return entered.is_over and self.runs_as_shown and is_own(step, entered)

    def saw(self, job: Job, entered: Entered) -> Outcome:
        """What such a line left, for the check to look at. Raises ClusterError.

        Nothing is run but what looks.
        """
        job.emit("stdout", entered.output.encode(errors="replace"))
        if entered.exit_status != 0:
            raise job.failure(
                f"What was typed ended with exit status {entered.exit_status}.", part=Part.CODE
            )
        return Outcome(exit_status=0)

    def tried(self, params: Mapping[str, Any]) -> str:
        """What a trial did, as the first sentence of what the student is told."""
        return "It was tried."

    def notes(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """What a student should know of what was chosen, though it can be done."""
        return ()

    def on_page(self, routes: Sequence[Route] | None) -> Mapping[str, Any]:
        """What its templates show besides; the routes are those of the student's server."""
        return {}

    def missed(self, job: Job, check: Check, evidence: Evidence) -> ClusterError | None:
        """Why its check isn't content, where the kind can tell more than the lab's message."""
        return None

    def undo(self, job: Job) -> None:
        """Take back what a run began that its check then found wanting. Nothing, for most."""

    def warm_up(self, runtime: Runtime, session: str, lab: LabSpec) -> None:
        """Start what takes long to start, on a cluster that has just come up. Safe to repeat."""


def is_own(step: StepSpec, entered: Entered) -> bool:
    """Whether the step's own command was typed, or its program, where a check tells if it did."""
    own = Invocation.of(step.command)
    if step.check is None:
        return own in entered.commands
    there = {(each.service, each.program) for each in entered.commands}
    return (own.service, own.program) in there


def kind_of(step: StepSpec) -> Kind:
    """What a step runs, as something that can be performed."""
    if not isinstance(step.run, Kind):
        raise TypeError(f"{type(step.run).__name__} is a model without a kind")
    return step.run
