"""A command that goes on beside the steps that follow it, until somebody stops it."""

from collections.abc import Iterator

from portal.engine.kinds.job import Job, Kind
from portal.engine.lab.command import Command
from portal.engine.lab.fields import Name
from portal.engine.lab.shell import exec_line
from portal.engine.lab.step import Lab, Rerun, StepSpec
from portal.engine.markdown import shell

STAYS = """\
It doesn't come back: leave it running, and open a second window in the same folder for what
follows. Control-C ends it.
"""
KEEP_PID = 'echo "$$" >"/tmp/$0.pid"; exec "$@"'


class Lasting(Kind):
    """What kinds whose command goes on have in common; each says when it is there."""

    process: Name

    runs_as_shown = True
    serves = True

    @property
    def process_name(self) -> str:
        """What the process is called."""
        return self.process

    def undo(self, job: Job) -> None:
        """What did not pass is not left running."""
        job.runtime.interrupt(job.session, self.process)

    def at_home(self, lab: Lab, step: StepSpec) -> Iterator[str]:
        """It takes a window of its own."""
        yield shell(step.shows_command)
        yield STAYS

    def script(self, rerun: Rerun) -> Iterator[str]:
        """Start it in the background."""
        command = Command.parse(rerun.typed.commands[0])
        argv = ("sh", "-c", KEEP_PID, self.process, *command.argv)
        yield f"{exec_line(command.service, argv)} >>{self.process}.log 2>&1 &\n"


def show_log(job: Job, service: str, process: str, since: float) -> None:
    """Emit what a process has written since then (seconds since the epoch)."""
    for line in job.log_since(service, since):
        if line.process == process:
            job.emit("stdout", line.text + b"\n")
