"""A step of a lab, and what every kind of step says of itself.

A kind is a subclass of `Run`, found by `portal.engine.kinds.registry`. Nobody asks which kind a
step has: they ask its `run` what is true of it, and what it does.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import Field, ValidationError, model_validator

from portal.engine.lab.branch import When, weightless
from portal.engine.lab.check import Check
from portal.engine.lab.cluster import ServiceSpec
from portal.engine.lab.command import Command
from portal.engine.lab.families import OfAKind
from portal.engine.lab.fields import Frozen, Name, Place, Seconds, mistake
from portal.engine.lab.shell import comments, compose, heredoc, missed
from portal.engine.markdown import shell


class Move(StrEnum):
    """What launching a session and tearing it down do by themselves."""

    PREPARE = "prepare"
    UP = "up"
    DOWN = "down"


class NoChoice(ValueError):
    """What a student chose for a step can't be had; says what is wrong, to the student."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a student would have typed: a shell's commands, and lines for what those started."""

    commands: tuple[str, ...]
    lines: str = ""


class Lab(Protocol):
    """What a step may ask of the lab that it is in."""

    @property
    def tools(self) -> str:
        """The service in which tools run."""

    @property
    def services(self) -> "tuple[ServiceSpec, ...]":
        """What the cluster is made of."""

    @property
    def steps(self) -> "tuple[StepSpec, ...]":
        """All steps, in order."""

    def service(self, name: str) -> ServiceSpec:
        """The service of that name. Raises KeyError."""


@dataclass(frozen=True, slots=True)
class Done:
    """A run of a step, as it is told of afterwards."""

    lab: Lab
    step: "StepSpec"
    params: Mapping[str, Any]
    """What the student chose, as `Run.params` gave it."""
    said: Callable[[], str] = lambda: ""
    """What it printed, which may be long, for a kind that asks."""
    has_passed: bool = True
    was_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Rerun:
    """A run that a shell script is to do again at home. `lab/shell.py` says what a script has."""

    lab: Lab
    step: "StepSpec"
    typed: Typed
    worked: bool
    """What worked in the session should work at home."""
    earlier: list[str]
    """What was typed before into the program that still runs; what ends it clears this."""

    def expected(self, line: str, fed: str | None = None) -> str:
        """A line, what it is fed, and a word if it fails though it did not in the session."""
        begin, document = heredoc(fed) if fed is not None else ("", "")
        return f"{line}{begin}{missed(self.step.title) if self.worked else ''}\n{document}"


class Run(Frozen):
    """What a step runs: the model of its kind. What is said here holds unless a kind says other."""

    kind: str

    move: ClassVar[Move | None] = None
    """The session's own move that it stands for: such a step is not run by itself."""
    runs_as_shown: ClassVar[bool] = False
    """The command that the step shows is one of compose's, and runs as it is."""
    serves: ClassVar[bool] = False
    """It starts a server, called `process_name`, that goes on; it runs as shown."""
    is_request: ClassVar[bool] = False
    """It asks the lab's API for something: records may come of it."""
    is_question: ClassVar[bool] = False
    """It is answered, not run."""
    has_meter: ClassVar[bool] = False
    """A lab with such a step is one whose events are counted from place to place."""
    has_lines: ClassVar[bool] = False
    """What it shows are lines that a student may edit, typed into what `opened_by` starts."""
    makes_table: ClassVar[bool] = False
    """It may make a table of a topic's records, which is a result."""
    is_keyboard: ClassVar[bool] = False
    """What it shows are keys to press, and no command that a shell reads."""
    remembers: ClassVar[tuple[str, ...]] = ()
    """Those params that hold what somebody typed: a second click must not lose them."""
    label: ClassVar[str] = "In a shell"
    """Where a student would type what it shows."""
    language: ClassVar[str] = ""
    """What the lines that it types are, for highlighting."""
    light: ClassVar[str] = ""
    """Its light on the pipeline board, which all steps of that light share."""
    has_hints_at_home: ClassVar[bool] = True
    """Its hints are of use without the portal."""
    needs_somebody: ClassVar[bool] = False
    """Nobody but a student can do it: what does all steps by itself leaves it out."""
    recalls: ClassVar[bool] = False
    """Its runs are told what the first of them saw, and which steps were done: see `recalled`."""

    def unbranched(self, when: When) -> tuple[str, str] | None:
        """What of `when` fits no answer to it: the key, and why. None where all fits."""
        return "question", "that step asks nothing"

    @property
    def process_name(self) -> str | None:
        """The process that it keeps running, or ends."""
        return None

    @property
    def waits_for(self) -> str | None:
        """The step of the lab, earlier or later, without which it can't be told whether it did."""
        return None

    @property
    def extracts_from(self) -> str | None:
        """The topic whose records it makes a table from."""
        return None

    def makes_topic(self, step: "StepSpec") -> bool:
        """Whether it makes a topic."""
        return False

    def uses(self, step: "StepSpec") -> list[tuple[Place, str]]:
        """Each service that it runs something in, with the place in the step that names it."""
        return [(("shows_command",), step.command.service)] if self.runs_as_shown else []

    def misnamed(self, lab: Lab) -> Iterator[tuple[str, str]]:
        """Each key that names something other than a service which the lab has not, and why."""
        yield from ()

    def server(self, step: "StepSpec") -> tuple[str, str, int] | None:
        """The server that it starts or speaks to, if any: from which service, and its address."""
        return None

    def params(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """What a form chose, as a run keeps it. Raises NoChoice."""
        return {}

    def adapted(
        self, params: dict[str, Any], chosen: Mapping[str, str], served: Mapping[int, list[Any]]
    ) -> dict[str, Any]:
        """The same params for the servers that run now, as far as nobody chose them.

        `served` has by port the routes of each, as its run's row keeps them.
        """
        return params

    def recalled(
        self, params: dict[str, Any], done: Collection[str], seen: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The same params, with what matters of the steps that are done, and of the first run."""
        return params

    def said_in(self, params: Mapping[str, Any]) -> str:
        """The answer that a run keeps, as others see it; empty where there is none."""
        return ""

    def is_trial(self, params: Mapping[str, Any]) -> bool:
        """Whether a run only tries something, which leaves the step as it was."""
        return False

    def opened_by(self, lab: Lab) -> str:
        """The command that starts what its lines are typed into; empty for a shell."""
        return ""

    def typed(self, done: Done) -> Typed:
        """What a student would have typed for a run."""
        return Typed((done.step.shows_command.strip(),))

    def says_commands(self, output: str) -> bool:
        """Whether the output tells each command before what it printed."""
        return False

    def says_lines(self, output: str) -> bool:
        """Whether the output has the typed lines, as a shell echoes them."""
        return False

    def paths(self, done: Done) -> list[str]:
        """The path of each request that a run has made."""
        return []

    def request_for(self, params: Mapping[str, Any], path: str, number: int) -> str:
        """The request for a path among those of a run, being its `number`th from 0; or nothing."""
        return ""

    def at_home(self, lab: Lab, step: "StepSpec") -> Iterator[str]:
        """What to type on one's own machine, as parts of Markdown."""
        yield shell(step.shows_command)

    def script(self, rerun: Rerun) -> Iterator[str]:
        """The lines of a shell script that do it again."""
        if self.runs_as_shown:
            yield rerun.expected(compose(rerun.typed.commands[0]))
        else:
            yield from comments("\n".join(rerun.typed.commands))


def server_service(lab: Lab, process: str) -> str:
    """The service in which a server of that name runs."""
    servers = (each for each in lab.steps if each.run.serves)
    found = (each.command.service for each in servers if each.run.process_name == process)
    return next(found, lab.tools)


class StepSpec(Frozen):
    """One step: what a student would type, what runs, how it is checked, what to look at."""

    id: Name
    title: str = Field(min_length=1, max_length=80)
    text: str = Field(default="", description="Markdown")
    shows_command: str = Field(min_length=1)
    run: Annotated[Run, OfAKind()]
    needs: tuple[Name, ...] = ()
    when: When | None = Field(default=None, description="By which answer it is shown")
    timeout: Seconds = 60
    usual: Seconds = 2
    check: Check | None = None
    hints: tuple[str, ...] = ()
    fail_message: str = ""
    look_at: Name = Field(default="output", description="The panel that opens")
    weight: int = Field(default=1, ge=0, le=100)
    optional: bool = Field(default=False, description="The lab is done without it; weighs nothing")

    @model_validator(mode="before")
    @classmethod
    def weighs_nothing(cls, given: Any) -> Any:
        """What may be left out is worth no points, so that nobody lacks any who does."""
        return weightless(given) if isinstance(given, dict) else given

    @property
    def command(self) -> Command:
        """What a step that runs as shown runs, made from `shows_command`."""
        return Command.parse(self.shows_command)

    @model_validator(mode="after")
    def command_parses(self) -> "StepSpec":
        """What is shown is what runs, so it has to be readable."""
        if self.run.runs_as_shown:
            try:
                Command.parse(self.shows_command)
            except ValueError as error:
                wrong = mistake(("shows_command",), str(error))
                raise ValidationError.from_exception_data("StepSpec", [wrong]) from error
        return self
