"""Something that a student is to do in a shell of their own."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from portal.engine.errors import Part, StepFailed
from portal.engine.kinds.job import Job, Kind, Outcome
from portal.engine.lab.command import Command
from portal.engine.lab.entered import Entered, Invocation
from portal.engine.lab.fields import Name, Place
from portal.engine.lab.shell import NOTHING, comments, exec_line
from portal.engine.lab.step import Lab, Rerun, StepSpec

TYPE_IT = "Type it in the Terminal tab: the step passes once it has been done there."


class Terminal(Kind):
    """Asks for something to be typed in the terminal; passes when that was done.

    Its button looks whether the check is content. What the step shows is done by *Run all* and by
    a try of the lab, where nobody types: there it has to be one of compose's commands.
    """

    kind: Literal["terminal"]
    service: Name | None = None
    """In whose shell; any other will do where this is left out."""

    label = "In the terminal"

    def uses(self, step: StepSpec) -> list[tuple[Place, str]]:
        """The service in whose shell it is to be typed."""
        return [] if self.service is None else [(("run", self.kind, "service"), self.service)]

    def params(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """Whether it is only looked at."""
        return {"looks": True} if chosen.get("looks") else {}

    def takes(self, lab: Lab, step: StepSpec, entered: Entered) -> bool:
        """What it shows; with a check, whatever was typed: the check tells if that did it."""
        if not entered.is_over or (self.service or entered.service) != entered.service:
            return False
        if step.check is not None:
            return bool(entered.line.strip())
        own = Entered(self.service or lab.tools, step.shows_command).commands
        return bool(own) and set(own) <= set(entered.commands)

    def saw(self, job: Job, entered: Entered) -> Outcome:
        """With a check any exit status will do: an author may ask for a command that fails."""
        job.emit("stdout", entered.output.encode(errors="replace"))
        if job.step.check is None and entered.exit_status != 0:
            raise job.failure(
                f"What was typed ended with exit status {entered.exit_status}.", part=Part.CODE
            )
        return Outcome(exit_status=entered.exit_status)

    def perform(self, job: Job) -> Outcome:
        """Look what is there, or do what the step shows."""
        check = job.step.check
        if job.params.get("looks"):
            if check is None or check.run is None:
                raise job.failure("Nothing tells yet that this was done.", TYPE_IT)
            return Outcome()
        status, _ = job.run(self.command(job))
        if check is None and status != 0:
            raise job.ended(status, "command")
        return Outcome(exit_status=status)

    def script(self, rerun: Rerun) -> Iterator[str]:
        """The line, in a shell of the same service; as a comment where it did not work."""
        line = rerun.typed.commands[0]
        if not rerun.worked:
            yield from comments(line)
        elif Entered(self.service or rerun.lab.tools, line, exit_status=0).ends_cluster:
            yield from comments(f"{line}\nLeft out: the page asked. If it was done, see below.")
        elif line.startswith("docker-compose ") and "\n" not in line:
            yield rerun.expected(line + NOTHING)
        else:
            service = self.service or rerun.lab.tools
            yield rerun.expected(exec_line(service, ("bash", "-c", line)))

    def command(self, job: Job) -> Command:
        """What the step shows, as something that can be run. Raises StepFailed."""
        found = Entered(self.service or job.lab.tools, job.step.shows_command).commands
        if len(found) != 1:
            raise StepFailed("This step has to be done by hand.", advice=TYPE_IT, part=Part.LAB)
        return as_command(found[0])


def as_command(asked: Invocation) -> Command:
    """A command with its variables."""
    pairs = tuple(f"{name}={value}" for name, value in asked.variables)
    return Command(service=asked.service, argv=(*(("env", *pairs) if pairs else ()), *asked.argv))
