"""A command that goes on until it is stopped, and listens nowhere: a reader, a streaming query."""

import time
from typing import Literal

from pydantic import Field

from portal.engine import patterns
from portal.engine.errors import CommandCancelled
from portal.engine.kinds.job import Job, Outcome
from portal.engine.kinds.lasting import Lasting, show_log
from portal.engine.lab.check import Pattern
from portal.engine.lab.entered import Entered, Invocation
from portal.engine.lab.fields import Name
from portal.engine.lab.step import Lab, StepSpec

LOOK_PAUSE = 0.3
SETTLE_SECONDS = 1.0
"""What is wrong with a command mostly ends it sooner."""


class Watch(Lasting):
    """Run the step's command and leave it running; done once a line of it matches `says`."""

    kind: Literal["watch"]
    process: Name = "watch"
    says: Pattern | None = Field(
        default=None, description="In a line that it prints once it works; else a second will do"
    )

    def perform(self, job: Job) -> Outcome:
        """Start the command, in the place of one of that name. Raises ClusterError."""
        service = job.step.command.service
        job.runtime.interrupt(job.session, self.process)
        began = time.time()
        job.runtime.start(job.session, service, self.process, job.step.command.argv)
        job.write("note", b"It goes on until it is stopped. The Log tab has what it prints.\n")
        deadline = time.monotonic() + job.step.timeout
        while not self.works(job, service, began):
            if job.cancelled():
                job.runtime.interrupt(job.session, self.process)
                raise CommandCancelled
            if time.monotonic() > deadline:
                show_log(job, service, self.process, began)
                job.runtime.interrupt(job.session, self.process)
                raise job.failure(f"It ran {job.step.timeout:g} s without a sign that it works.")
            time.sleep(LOOK_PAUSE)
        show_log(job, service, self.process, began)
        return Outcome(is_serving=True)

    def works(self, job: Job, service: str, began: float) -> bool:
        """Whether it has said so, or has run for a moment. Raises ClusterError if it has ended."""
        process = job.runtime.observe(job.session).process(self.process)
        if process is None or not process.is_running:
            show_log(job, service, self.process, began)
            status = process.exit_status if process else None
            raise job.ended(-1 if status is None else status, "command")
        if self.says is None:
            return time.time() - began > SETTLE_SECONDS
        lines = (each for each in job.log_since(service, began) if each.process == self.process)
        said = [each.text.decode(errors="replace") for each in lines]
        return patterns.count_lines(self.says, said) > 0

    def takes(self, lab: Lab, step: StepSpec, entered: Entered) -> bool:
        """The same command, as long as it runs."""
        own = Invocation.of(step.command)
        return not entered.is_over and own in entered.commands

    def saw(self, job: Job, entered: Entered) -> Outcome:
        """It runs where it was typed."""
        return Outcome(is_serving=True)
