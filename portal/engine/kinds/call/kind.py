"""Calls of an API: command lines that are buttons, made one at a time or many in any order."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from portal.engine import benches as ab
from portal.engine.benches import Bench
from portal.engine.errors import ClusterError
from portal.engine.kinds.call import adapting, making, offering
from portal.engine.kinds.call.asked import METHODS, Asked
from portal.engine.kinds.job import Evidence, Job, Kind, Outcome
from portal.engine.lab.check import Check
from portal.engine.lab.command import Command
from portal.engine.lab.entered import Entered, Invocation
from portal.engine.lab.fields import Frozen, Place
from portal.engine.lab.shell import compose
from portal.engine.lab.step import Done, Lab, NoChoice, Rerun, StepSpec, Typed
from portal.engine.markdown import shell
from portal.engine.replies import Reply
from portal.engine.routes import Route


class Button(Frozen):
    """One call that a student can make with a click."""

    label: str = Field(min_length=1)
    command: str
    mixed: bool = Field(default=True, description="It is among the calls that run all makes")

    @field_validator("command")
    @classmethod
    def parses(cls, value: str) -> str:
        """A button's command is read as a step's is."""
        Command.parse(value)
        return value


class Call(Kind):
    """Call the API: each of the step's command lines is a button; run all mixes them `times`."""

    kind: Literal["call"]
    buttons: tuple[Button, ...] = Field(min_length=1)
    times: int = Field(default=8, ge=1, le=100)
    free_path: bool = True
    takes_errors: bool = Field(
        default=False, description="Replies of 4xx and 5xx are what the step is about"
    )

    is_request = True
    has_meter = True
    remembers = ("call",)
    methods: ClassVar[tuple[str, ...]] = METHODS
    """Those that a student may choose."""

    def uses(self, step: StepSpec) -> list[tuple[Place, str]]:
        """The services in which its buttons call."""
        return [
            (
                ("run", self.kind, "buttons", index, "command"),
                Command.parse(button.command).service,
            )
            for index, button in enumerate(self.buttons)
        ]

    def params(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """The command lines that a click stands for, in the order in which they are to run."""
        if chosen.get("path", "").strip():
            return self.made_up(chosen)
        if index := chosen.get("command", ""):
            known = {str(number): button for number, button in enumerate(self.buttons)}
            if index not in known:
                raise NoChoice("There is no such call in this step.")
            return {"commands": [known[index].command]}
        times = chosen.get("times", "") or str(self.times)
        if not times.isdecimal() or len(times) > 3 or not 1 <= int(times) <= 100:
            raise NoChoice("Choose a number of calls from 1 to 100.")
        return {"commands": self.mixed(int(times))}

    def adapted(
        self, params: dict[str, Any], chosen: Mapping[str, str], served: Mapping[int, list[Any]]
    ) -> dict[str, Any]:
        """Calls in any order are of routes that the server has: the lab's, or else its own."""
        if chosen.get("path", "").strip() or chosen.get("command", ""):
            return params
        own = self.mixable
        commands = adapting.adapted(own, served)
        if commands == own or not commands:
            return params
        guessed = adapting.guessed([each for each in commands if each not in own], served)
        return params | {
            "commands": self.mixed(len(params["commands"]), commands),
            "guessed": guessed,
        }

    @property
    def mixable(self) -> list[str]:
        """The calls that may be made in any order, many times."""
        mixed = [each.command for each in self.buttons if each.mixed]
        return mixed or [each.command for each in self.buttons]

    def mixed(self, times: int, commands: list[str] | None = None) -> list[str]:
        """Each button once, as far as there are calls; the rest by chance; all in any order."""
        commands = commands or self.mixable
        lines = commands[:times]
        lines += random.choices(commands, k=times - len(lines))  # noqa: S311
        random.shuffle(lines)
        return lines

    def made_up(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """A student's own call of the server that the buttons call. Raises NoChoice."""
        if not self.free_path:
            raise NoChoice("In this step only the lab's own calls can be made.")
        asked = Asked.of(chosen)
        service, server = offering.called_by(each.command for each in self.buttons)
        return {"commands": [asked.line(service, server)], "call": asked.as_dict()}

    def takes(self, lab: Lab, step: StepSpec, entered: Entered) -> bool:
        """A call of the buttons'; any of their server, where the check looks at what it brought."""
        own = [Invocation.of(Command.parse(each.command)) for each in self.buttons]
        if not entered.is_over:
            return False
        if step.check is None or step.check.records is None:
            return any(each in own for each in entered.commands)
        return any(at_server(each, own) for each in entered.commands)

    def notes(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """What is odd about a call that a student made up."""
        return Asked(**params["call"]).notes() if "call" in params else ()

    def on_page(self, routes: Sequence[Route] | None) -> Mapping[str, Any]:
        """Its buttons, beside the routes of the server that the student runs."""
        return {
            "buttons": offering.buttons([each.command for each in self.buttons], routes),
            "routes": offering.routes(routes if self.free_path and routes else ()),
        }

    def perform(self, job: Job) -> Outcome:
        """Run each call that the student chose, in the order in which they were chosen."""
        made: list[Reply | Bench] = []
        try:
            for line in self.chosen(job.params):
                if told := making.make(job, line):
                    made.append(told)
        finally:
            replies = tuple(each for each in made if isinstance(each, Reply))
            benches = tuple(each for each in made if isinstance(each, Bench))
            evidence = Evidence(replies=replies, benches=benches)
            job.give(evidence)
        if not self.takes_errors:
            making.judge(job, replies)
            making.judge_benches(job, benches)
        return Outcome(exit_status=0, evidence=evidence)

    def missed(self, job: Job, check: Check, evidence: Evidence) -> ClusterError | None:
        """What the calls brought to topics instead of what was asked for."""
        return making.of_records(job, evidence)

    def chosen(self, params: Mapping[str, Any]) -> list[str]:
        """The command lines of a run; each button's once where nobody chose."""
        return params.get("commands") or self.mixable

    def typed(self, done: Done) -> Typed:
        """The calls that were made."""
        return Typed(tuple(begun(self.chosen(done.params), done)))

    def says_commands(self, output: str) -> bool:
        """Each call is announced, once a run has begun."""
        return output.startswith("$ ")

    def paths(self, done: Done) -> list[str]:
        """What each curl asks for, and an ab as often as it is told to."""
        return [path for line in self.typed(done).commands for path in asked_by(line)]

    def request_for(self, params: Mapping[str, Any], path: str, number: int) -> str:
        """The call at that place if it asked for the path, or else the first that did."""
        lines: list[str] = params.get("commands", [])
        asked = [(each, urlsplit(at).path) for each in lines for at in asked_by(each)]
        if number < len(asked) and asked[number][1] == path:
            return asked[number][0]
        return next((each for each, at in asked if at == path), "")

    def at_home(self, lab: Lab, step: StepSpec) -> Iterator[str]:
        """Each call once."""
        yield shell("\n".join(each.command for each in self.buttons))

    def script(self, rerun: Rerun) -> Iterator[str]:
        """The same calls in the same order."""
        yield from (rerun.expected(compose(each)) for each in rerun.typed.commands)


def at_server(asked: Invocation, own: Sequence[Invocation]) -> bool:
    """Whether a command calls the server that one of the lab's own calls, from the same place."""
    servers = {urlsplit(each.argv[-1]).netloc for each in own}
    same = any(each.service == asked.service and each.program == asked.program for each in own)
    called = (urlsplit(each if "//" in each else f"//{each}") for each in asked.argv[1:])
    return same and any(each.netloc in servers for each in called)


def asked_by(line: str) -> list[str]:
    """The path, with its query, of each request that a command line makes."""
    argv = Command.parse(line).argv
    url = urlsplit(argv[-1])
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    return [path] * (ab.times(argv) if argv[0] == "ab" else 1)


def begun(lines: list[str], done: Done) -> Iterator[str]:
    """The calls that were made: a run that failed ended at the one that did."""
    if done.has_passed:
        yield from lines
        return
    said, at = f"\n{done.said()}\n", 0
    for line in lines:
        # Each is announced by the portal, in order, before it is made.
        announced = f"\n$ {line}\n"
        at = said.find(announced, at)
        if at < 0:
            return
        at += len(announced) - 1
        yield line
