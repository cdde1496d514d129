"""A command that goes on: a server, which is there once its port answers."""

import time
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from portal.engine import routes
from portal.engine.causes import servers
from portal.engine.errors import ClusterError, CommandCancelled
from portal.engine.kinds import starting
from portal.engine.kinds.job import Evidence, Job, Outcome
from portal.engine.kinds.lasting import Lasting, show_log
from portal.engine.lab.check import Check
from portal.engine.lab.command import Command
from portal.engine.lab.entered import Entered, Invocation
from portal.engine.lab.fields import Name
from portal.engine.lab.shell import exec_line
from portal.engine.lab.step import Lab, Rerun, StepSpec

PORT_PAUSE = 0.05
PORT_LOOK_PAUSE = 0.5
ENVIRONMENT = """
for each in /proc/[0-9]*; do
  tr '\\0' '\\n' <"$each/cmdline" 2>/dev/null | grep -q "\\(^\\|/\\)$0\\$" &&
    tr '\\0' '\\n' <"$each/environ" 2>/dev/null
done
true
"""
PROBE = 'exec 3<>"/dev/tcp/127.0.0.1/$0"'


class Server(Lasting):
    """Run the step's command and keep it running; ready once `port` answers."""

    kind: Literal["server"]
    process: Name = "server"
    port: int = Field(ge=1, le=65535)

    def server(self, step: StepSpec) -> tuple[str, str, int]:
        """Its own, as it is spoken to beside it."""
        return step.command.service, "localhost", self.port

    def perform(self, job: Job) -> Outcome:
        """Start the step's command and wait until its port answers, or it has ended."""
        service = job.step.command.service
        job.runtime.interrupt(job.session, self.process)
        if port_answers(job, service, self.port):
            raise servers.PORT_TAKEN.error(port=self.port, service=service)
        began = time.time()
        job.runtime.start(job.session, service, self.process, job.step.command.argv)
        self.wait_until_it_answers(job, service, began)
        found = routes.look(job.runtime, job.session, service, self.port)
        evidence = Evidence(routes=found, port=self.port)
        job.give(evidence)
        return Outcome(is_serving=True, evidence=evidence)

    def takes(self, lab: Lab, step: StepSpec, entered: Entered) -> bool:
        """Its program, as long as it runs."""
        own = Invocation.of(step.command)
        there = {(each.service, each.argv[0]) for each in entered.commands}
        return not entered.is_over and (own.service, own.argv[0]) in there

    def saw(self, job: Job, entered: Entered) -> Outcome:
        """It listens, and it is this step's and no other."""
        service = job.step.command.service
        deadline = time.monotonic() + job.step.timeout
        while not port_answers(job, service, self.port):
            if job.cancelled():
                raise CommandCancelled
            if time.monotonic() > deadline:
                raise starting.of_silence(job, b"", self.port)
            time.sleep(PORT_LOOK_PAUSE)
        if not is_this(job, entered):
            raise job.failure("Another server listens than the one that this step asks for.")
        found = routes.look(job.runtime, job.session, service, self.port)
        return Outcome(is_serving=True, evidence=Evidence(routes=found, port=self.port))

    def missed(self, job: Job, check: Check, evidence: Evidence) -> ClusterError | None:
        """An app without any route is the only thing to be said of routes."""
        return job.of_cause(servers.NO_ROUTES) if check.routes and evidence.routes == () else None

    def wait_until_it_answers(self, job: Job, service: str, began: float) -> None:
        """Return once the port answers, with what the server has said. Raises ClusterError."""
        deadline = time.monotonic() + job.step.timeout
        while True:
            process = job.runtime.observe(job.session).process(self.process)
            if process is None or not process.is_running:
                show_log(job, service, self.process, began)
                status = process.exit_status if process else None
                raise starting.failure(job, bytes(job.kept), status)
            if port_answers(job, service, self.port):
                show_log(job, service, self.process, began)
                return
            if job.cancelled():
                job.runtime.interrupt(job.session, self.process)
                raise CommandCancelled
            if time.monotonic() > deadline:
                show_log(job, service, self.process, began)
                job.runtime.interrupt(job.session, self.process)
                raise starting.of_silence(job, bytes(job.kept), self.port)
            time.sleep(PORT_PAUSE)

    def script(self, rerun: Rerun) -> Iterator[str]:
        """Start it in the background, and wait for its port unless it never answered."""
        yield from super().script(rerun)
        if rerun.worked:
            command = Command.parse(rerun.typed.commands[0])
            probe = ("bash", "-c", PROBE, str(self.port))
            yield rerun.expected(f"wait_for {exec_line(command.service, probe, stdin='')}")


def port_answers(job: Job, service: str, port: int) -> bool:
    """Whether something listens there."""
    probe = ("bash", "-c", 'exec 3<>"/dev/tcp/127.0.0.1/$1"', "probe", str(port))
    status, _ = job.run(Command(service=service, argv=probe), quiet=True)
    return status == 0


def is_this(job: Job, entered: Entered) -> bool:
    """Whether what was typed is the step's own server, by its words and what its variables hold.

    Variables that were not typed with it may have been exported before: then those of the process
    itself are looked at.
    """
    own = Invocation.of(job.step.command)
    for asked in entered.commands:
        if (asked.service, asked.argv[0]) != (own.service, own.argv[0]):
            continue
        if not own.variables:
            return asked.argv == own.argv
        given = {**held_by(job, own), **dict(asked.variables)}
        return all(is_same(value, given.get(name, "")) for name, value in own.variables)
    return False


def is_same(value: str, given: str) -> bool:
    """Whether a variable holds what it should: a file may be named from the folder it is in."""
    return bool(given) and (value == given or value.endswith(f"/{given.removeprefix('./')}"))


def held_by(job: Job, own: Invocation) -> dict[str, str]:
    """What the variables of a process of that program hold, of those that the step sets."""
    probe = ("bash", "-c", ENVIRONMENT, own.program)
    _, said = job.run(Command(service=own.service, argv=probe), quiet=True)
    names = dict(own.variables)
    lines = said.decode(errors="replace").splitlines()
    pairs = (each.partition("=") for each in lines)
    return {name: value for name, _, value in pairs if name in names}
