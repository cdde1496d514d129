"""A spark step: all of its lines, a few that somebody tries, or a pyspark that starts anew."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from portal.engine import pasted, printed, spark, submitted, table_check
from portal.engine.errors import ClusterError
from portal.engine.guest.confs import QUICK, words
from portal.engine.kinds import chosen as choosing
from portal.engine.kinds.job import Evidence, Job, Kind, Outcome
from portal.engine.kinds.spark.lines import as_typed, with_earlier
from portal.engine.lab import confs
from portal.engine.lab.check import Check
from portal.engine.lab.command import Command
from portal.engine.lab.entered import Entered, Invocation
from portal.engine.lab.fields import Name, Place
from portal.engine.lab.shell import exec_line
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import Done, Lab, Rerun, StepSpec, Typed
from portal.engine.markdown import fenced, shell
from portal.engine.runtimes.base import Runtime

THEN_TYPE = "In the shell that this opens, type:\n\n"


class Spark(Kind):
    """Run the step's Python in the session's warm pyspark; keep `table` as a result."""

    kind: Literal["spark"]
    service: Name = "spark"
    setup: str = Field(default="", description="Run and shown before the student's own lines")
    table: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    topic: str | None = Field(default=None, description="Whose records the table was made from")

    has_lines = True
    makes_table = True
    remembers = ("code", "selection", "restart")
    label = "In the pyspark shell"
    language = "python"
    light = "spark"

    @property
    def extracts_from(self) -> str | None:
        """The topic that the lab says."""
        return self.topic

    def uses(self, step: StepSpec) -> list[tuple[Place, str]]:
        """The service that pyspark runs in."""
        return [(("run", self.kind, "service"), self.service)]

    def params(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """The lines, where they are not the lab's own; or a few of them; or a restart."""
        if chosen.get("restart"):
            return {"restart": True, **choosing.text("code", chosen)}
        return choosing.text("code", chosen) | choosing.text("selection", chosen)

    def is_trial(self, params: Mapping[str, Any]) -> bool:
        """A few lines, or a restart, undo no step that was done."""
        return not params.keys().isdisjoint({"selection", "restart"})

    def tried(self, params: Mapping[str, Any]) -> str:
        """Lines, or a restart."""
        return "pyspark starts anew." if params.get("restart") else "The selected lines ran."

    def warm_up(self, runtime: Runtime, session: str, lab: LabSpec) -> None:
        """Start pyspark, which takes seconds."""
        conf = lab.service(self.service).spark_conf
        spark.start(runtime, session, self.service, conf, lab.broker_address)

    def perform(self, job: Job) -> Outcome:
        """Run the student's Python in the warm pyspark, or start that anew."""
        if job.params.get("restart"):
            self.restart(job)
            return Outcome(exit_status=0)
        outcome = self.run_lines(job)
        return Outcome(evidence=Evidence(extraction=outcome))

    def run_lines(self, job: Job) -> spark.SparkOutcome:
        """Run all lines, or those that are selected. Raises ClusterError."""
        cell, code = self, str(job.params.get("code") or job.step.shows_command)
        selection = job.params.get("selection")
        if selection:
            # A few lines, as somebody tries them in a shell: no table is made of them.
            code, cell = str(selection), self.model_copy(update={"table": None, "topic": None})

        def emit(stream: str, text: str) -> None:
            job.emit(stream, text.encode(errors="replace"))

        paste = pasted.mended(code)
        if paste.changes:
            what = ", ".join(paste.changes)
            emit("note", f"What was pasted is not Python as it is. Changed: {what}.\n")
        outcome = spark.run_cell(
            job.runtime,
            job.session,
            cell,
            paste.text,
            emit,
            job.step.timeout,
            job.cancelled,
            job.tell,
            conf=job.lab.service(self.service).spark_conf,
            broker=job.lab.broker_address,
        )
        if not selection:
            said = bytes(job.kept).decode(errors="replace")
            outcome = replace(outcome, shown=printed.besides(outcome.table, said))
        job.give(outcome)
        if outcome.error is not None:
            raise outcome.error
        return outcome

    def takes(self, lab: Lab, step: StepSpec, entered: Entered) -> bool:
        """A pyspark of the same service that was left again."""
        own = Invocation.of(Command.parse(self.opened_by(lab)))
        there = {(each.service, each.program) for each in entered.commands}
        return entered.is_over and (own.service, own.program) in there

    def saw(self, job: Job, entered: Entered) -> Outcome:
        """The last table that it showed: nothing else of it can be known from outside."""
        job.emit("stdout", entered.output.encode(errors="replace"))
        kept = submitted.shown(entered.output)
        nothing = spark.SparkOutcome(ok=True, error=None, table=None, union=None, seconds=0.0)
        evidence = Evidence(extraction=kept.outcome if kept else nothing)
        return Outcome(exit_status=0, evidence=evidence)

    def missed(self, job: Job, check: Check, evidence: Evidence) -> ClusterError | None:
        """What the table lacks."""
        said = bytes(job.kept).decode(errors="replace")
        found = evidence.extraction
        return table_check.failure(check, found, said) if found else None

    def restart(self, job: Job) -> None:
        """A pyspark without anything that was set; the next lines wait for it."""
        job.write("note", f">>> exit()\n$ {self.opened_by(job.lab)}\n".encode())
        spark.stop(job.runtime, job.session)
        self.warm_up(job.runtime, job.session, job.lab)

    def opened_by(self, lab: Lab) -> str:
        """The pyspark that has the lab's settings."""
        return confs.command(self.service, lab.service(self.service).spark_conf)

    def typed(self, done: Done) -> Typed:
        """What opens pyspark, and what was typed there."""
        code = done.params.get("selection") or done.params.get("code") or done.step.shows_command
        # As it ran: what was pasted may be no Python.
        ran = pasted.mended(str(code)).text
        lines = () if done.params.get("restart") else (self.setup, ran)
        typed = "\n".join(filter(None, (each.rstrip("\n") for each in lines)))
        return Typed((self.opened_by(done.lab),), typed)

    def says_lines(self, output: str) -> bool:
        """The shell echoes what it is told, once it is there."""
        return ">>> " in output

    def at_home(self, lab: Lab, step: StepSpec) -> Iterator[str]:
        """The shell, then the lines."""
        yield shell(confs.command(self.service, unusual(lab.service(self.service).spark_conf)))
        lines = (self.setup.rstrip("\n"), step.shows_command.rstrip("\n"))
        yield THEN_TYPE + fenced("\n".join(filter(None, lines)), "python")

    def script(self, rerun: Rerun) -> Iterator[str]:
        """A pyspark of its own, with what it needs of what was typed before."""
        code = with_earlier(rerun.earlier, rerun.typed.lines)
        conf = rerun.lab.service(self.service).spark_conf
        # `-i` has pyspark take the lines that it is fed one by one, as from a person.
        argv = ("env", "PYSPARK_DRIVER_PYTHON_OPTS=-i", "pyspark", *words(conf))
        yield rerun.expected(exec_line(self.service, argv, stdin=""), as_typed(code))
        rerun.earlier.append(rerun.typed.lines)


def unusual(conf: Mapping[str, str]) -> dict[str, str]:
    """Spark's settings that differ from those that the image has by itself."""
    return {name: value for name, value in conf.items() if QUICK.get(name) != value}
