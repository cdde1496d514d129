"""Control-C for a server, and `exit()` for pyspark."""

from collections.abc import Iterator
from typing import Literal

from portal.engine import spark
from portal.engine.kinds.job import Job, Kind, Outcome
from portal.engine.lab.entered import Entered, Invocation
from portal.engine.lab.fields import Name, Place
from portal.engine.lab.shell import control_c
from portal.engine.lab.step import Done, Lab, Rerun, StepSpec, Typed, server_service
from portal.engine.markdown import fenced
from portal.images.problems import choice, meant

KEYS = "In the window that it runs in:\n\n"


class Stop(Kind):
    """Control-C for the named server process, and `exit()` for Spark where `spark` names it."""

    kind: Literal["stop"]
    process: Name | None = None
    spark: Name | None = None

    is_keyboard = True
    label = "At the keyboard"

    @property
    def process_name(self) -> str | None:
        """The server that it ends."""
        return self.process

    def uses(self, step: StepSpec) -> list[tuple[Place, str]]:
        """The service whose pyspark it ends."""
        return [] if self.spark is None else [(("run", self.kind, "spark"), self.spark)]

    def misnamed(self, lab: Lab) -> Iterator[tuple[str, str]]:
        """A process that no step starts."""
        started = {each.run.process_name for each in lab.steps if each.run.runs_as_shown}
        known = [each for each in started if each]
        if self.process is not None and self.process not in known:
            words = f"no step starts a process called {self.process!r}"
            words += f"; {choice(known)}" if known else ""
            yield "process", f"{words}{meant(self.process, known)}"

    def takes(self, lab: Lab, step: StepSpec, entered: Entered) -> bool:
        """The end of what it ends: a server that was typed, or pyspark."""
        if not entered.is_over:
            return False
        servers = [each.command for each in lab.steps if each.run.serves]
        ends = (
            {(each.service, Invocation.of(each).program) for each in servers}
            if self.process
            else set()
        )
        ends |= {(self.spark, "pyspark")} if self.spark else set()
        return any((each.service, each.program) in ends for each in entered.commands)

    def saw(self, job: Job, entered: Entered) -> Outcome:
        """It has ended, whatever with: control-C is no failure."""
        job.write("note", b"It was ended in the terminal.\n")
        return Outcome(exit_status=0)

    def perform(self, job: Job) -> Outcome:
        """End pyspark and the server. What does not run any more is fine."""
        if self.spark is not None:
            job.write("note", b">>> exit()\n")
            spark.stop(job.runtime, job.session)
        if self.process is not None:
            status = job.runtime.interrupt(job.session, self.process)
            word = "was not running" if status is None else f"ended with exit status {status}"
            job.write("note", f"^C\n{self.process} {word}\n".encode())
        return Outcome(exit_status=0)

    def typed(self, done: Done) -> Typed:
        """One key after the other."""
        return Typed(tuple(done.step.shows_command.strip().splitlines()))

    def at_home(self, lab: Lab, step: StepSpec) -> Iterator[str]:
        """The keys."""
        yield KEYS + fenced(step.shows_command.rstrip("\n"), "text")

    def script(self, rerun: Rerun) -> Iterator[str]:
        """exit() and control-C."""
        rerun.earlier.clear()
        if self.spark is not None:
            yield "# exit() is the end of the lines that pyspark was given.\n"
        if self.process is not None:
            yield control_c(server_service(rerun.lab, self.process), self.process)
