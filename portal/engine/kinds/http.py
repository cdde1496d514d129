"""A request as it is typed into telnet, byte for byte, with the bytes of the answer."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from portal.engine.guest.messages import requests_in
from portal.engine.http import findings, request_bytes, send
from portal.engine.kinds import chosen as choosing
from portal.engine.kinds.job import Job, Kind, Outcome
from portal.engine.lab.command import Command
from portal.engine.lab.entered import Entered, Invocation
from portal.engine.lab.fields import Name, Place
from portal.engine.lab.shell import exec_line
from portal.engine.lab.step import Done, Lab, Rerun, StepSpec, Typed
from portal.engine.markdown import fenced, shell

THEN_SEND = """\
Type these lines. An empty line ends the headers: press Enter once more after the last of them.

"""
STATUS_LINE = re.compile(r"^HTTP/\d(?:\.\d)? \d{3}\b", re.MULTILINE)
TALK = 'exec 3<>"/dev/tcp/$0/$1" && cat >&3 && timeout 5 cat <&3'


class Http(Kind):
    """Send bytes as typed and show the bytes both ways."""

    kind: Literal["http"]
    service: Name
    host: str = "localhost"
    port: int = Field(ge=1, le=65535)
    request: str

    is_request = True
    remembers = ("request",)
    language = "http"

    def uses(self, step: StepSpec) -> list[tuple[Place, str]]:
        """The service that it sends from."""
        return [(("run", self.kind, "service"), self.service)]

    def server(self, step: StepSpec) -> tuple[str, str, int]:
        """To which it sends."""
        return self.service, self.host, self.port

    def params(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """The request, where it is not the lab's own."""
        return choosing.text("request", chosen)

    def takes(self, lab: Lab, step: StepSpec, entered: Entered) -> bool:
        """The program that the step opens the connection with, to the same place."""
        own = (
            Invocation.of(Command.parse(step.shows_command))
            if is_line(step.shows_command)
            else None
        )
        return entered.is_over and own in entered.commands

    def saw(self, job: Job, entered: Entered) -> Outcome:
        """A reply of the server's; telnet's own exit status says only who hung up."""
        job.emit("stdout", entered.output.encode(errors="replace"))
        if not STATUS_LINE.search(entered.output):
            raise job.failure("The server has sent no status line.")
        return Outcome()

    def sent(self, params: Mapping[str, Any]) -> str:
        """The request of a run, as it was typed."""
        return str(params.get("request") or self.request)

    def perform(self, job: Job) -> Outcome:
        """Send the bytes as typed."""
        exchange = send(
            job.runtime,
            job.session,
            self.service,
            self.host,
            self.port,
            self.sent(job.params),
            timeout=job.step.timeout,
            cancelled=job.cancelled,
        )
        job.give(exchange)
        job.emit("stdout", exchange.response)
        # Whatever the server makes of it, that is what the experiment was for.
        for words in findings(exchange.request, exchange.response, exchange.ended):
            job.write("note", f"{words}\n".encode())
        return Outcome()

    def typed(self, done: Done) -> Typed:
        """What opens the connection, and the request."""
        return Typed((done.step.shows_command.strip(),), self.sent(done.params))

    def paths(self, done: Done) -> list[str]:
        """The path of each request in it; one whose headers have no end asks for nothing yet."""
        asked = requests_in(request_bytes(self.sent(done.params)))
        found = [each.decode(errors="replace") for each in asked.targets]
        return [] if done.was_cancelled else found

    def request_for(self, params: Mapping[str, Any], path: str, number: int) -> str:
        """The only one."""
        return self.sent(params).strip()

    def at_home(self, lab: Lab, step: StepSpec) -> Iterator[str]:
        """The command, then the lines."""
        yield shell(step.shows_command)
        lines = request_bytes(self.request).decode(errors="replace").replace("\r\n", "\n")
        yield THEN_SEND + fenced(lines.rstrip("\n"), "http")

    def script(self, rerun: Rerun) -> Iterator[str]:
        """The request's bytes, as telnet would send them."""
        *lines, rest = request_bytes(rerun.typed.lines).decode().split("\r\n")
        sent = f"printf '%s\\r\\n' {shlex.join(lines)}" if lines else ""
        if rest or not lines:
            end = f"printf %s {shlex.quote(rest)}"
            sent = f"{{ {sent}; {end}; }}" if lines else end
        argv = ("bash", "-c", TALK, self.host, str(self.port))
        yield rerun.expected(f"{sent} | {exec_line(self.service, argv, stdin='')}")


def is_line(text: str) -> bool:
    """Whether what the step shows is one command, as compose has it."""
    try:
        Command.parse(text)
    except ValueError:
        return False
    return True
