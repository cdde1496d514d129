"""A command that runs to its end."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from portal.engine import pasted_command, submitted
from portal.engine.errors import CommandTimedOut, StepFailed
from portal.engine.kinds import endless
from portal.engine.kinds.job import Evidence, Job, Kind, Outcome
from portal.engine.lab.command import Command
from portal.engine.lab.shell import NOTHING
from portal.engine.lab.step import Done, NoChoice, Rerun, StepSpec, Typed

LINE_LIMIT = 4000
SUBMIT = "spark-submit"
SCRIPTS = frozenset({SUBMIT, "python", "python3"})
"""What runs a script for Spark."""
SHELL_READS = "A shell in {service} reads this line, as the one on your machine would."


class Exec(Kind):
    """Run the step's command and wait for it."""

    kind: Literal["exec"]

    runs_as_shown = True
    remembers = ("command_line",)

    def makes_topic(self, step: StepSpec) -> bool:
        """Whether its command is Kafka's own for that."""
        return "--create" in step.command.argv and "--topic" in step.command.argv

    def params(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """The student's own command in the place of the one that is shown. Raises NoChoice."""
        line = chosen.get("command_line", "").strip()
        if not line:
            return {}
        if len(line) > LINE_LIMIT or "\0" in line:
            raise NoChoice(f"A command may have {LINE_LIMIT} characters, and no NUL.")
        try:
            pasted_command.command_of(line)
        except ValueError as error:
            raise NoChoice(f"The command {error}") from error
        return {"command_line": line}

    def command(self, job: Job) -> Command:
        """What is run: the student's own command, or the step's. Raises StepFailed."""
        own = job.params.get("command_line")
        command = pasted_command.command_of(str(own)) if own else job.step.command
        names = [each.name for each in job.lab.services]
        if command.service not in names:
            raise StepFailed(
                f"There is no service called {command.service!r} in this cluster.",
                advice=f"Its services are {', '.join(names)}.",
            )
        return command

    def typed(self, done: Done) -> Typed:
        """The command that was run."""
        own = done.params.get("command_line")
        # As it ran: what was pasted may be no command.
        ran = pasted_command.mended(str(own)).text if own else done.step.shows_command
        return Typed((ran.strip(),))

    def script(self, rerun: Rerun) -> Iterator[str]:
        """A line for a shell is one in a script, too."""
        line = rerun.typed.commands[0]
        if pasted_command.is_for_shell(line):
            yield rerun.expected(f"{pasted_command.at_home(line)}{NOTHING}")
        else:
            yield from super().script(rerun)

    def perform(self, job: Job) -> Outcome:
        """Run the step's command; its exit status has to be 0."""
        command = self.command(job)
        paste = pasted_command.mended(str(job.params.get("command_line", "")))
        if paste.changes:
            what = ", ".join(paste.changes)
            words = f"What was pasted is not a command as it is. Changed: {what}. This runs:\n"
            job.write("note", f"{words}$ {paste.text}\n".encode(errors="replace"))
        if pasted_command.is_for_shell(paste.text):
            job.write("note", f"{SHELL_READS.format(service=command.service)}\n".encode())
        try:
            status, _ = job.run(command)
        except CommandTimedOut as error:
            raise endless.explain(job, command, error) from None
        if status != 0:
            raise job.ended(status, "command")
        return Outcome(exit_status=0, evidence=keep_table(job, command))


def keep_table(job: Job, command: Command) -> Evidence:
    """A table that a script for Spark wrote or showed, given to whoever keeps such."""
    program = command.argv[0]
    conf = job.lab.service(command.service).spark_conf
    said = bytes(job.kept).decode(errors="replace")
    if program not in SCRIPTS or (program != SUBMIT and not uses_spark(job, command.service)):
        return Evidence()
    kept = submitted.of_script(
        job.runtime,
        job.session,
        command.service,
        since=job.began,
        said=said,
        timeout=job.step.timeout,
        cancelled=job.cancelled,
        conf=conf,
        broker=job.lab.broker_address,
    )
    if kept is None:
        return Evidence()
    job.write("note", f"The Results tab has {kept.words}.\n".encode(errors="replace"))
    job.give(kept.outcome)
    return Evidence(extraction=kept.outcome)


def uses_spark(job: Job, service: str) -> bool:
    """Whether a service is one in which steps run Spark."""
    return any(
        each.run.makes_table and service in (place for _, place in each.run.uses(each))
        for each in job.lab.steps
    )
