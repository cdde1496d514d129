"""What a lab is: frozen, validated data. `parse.py` reads it from YAML, with line and column.

Vocabulary: a lab has services (the cluster), files (put under `/w205`) and steps. A step shows the
command that a student would type in a shell, and what the portal runs is made from that command,
so that the two can't drift.
"""

import re
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from portal.engine.confs import ALLOWED, mistake_in
from portal.engine.runs import (
    Button,
    Call,
    Command,
    Down,
    Exec,
    Frozen,
    Http,
    Name,
    Prepare,
    Run,
    Seconds,
    Server,
    Spark,
    Stop,
    Up,
)
from portal.engine.services import FileSpec, Limits, Ready, ServiceSpec

__all__ = [
    "Button",
    "Call",
    "Check",
    "Command",
    "Down",
    "Exec",
    "FileSpec",
    "Frozen",
    "Http",
    "LabSpec",
    "Limits",
    "Prepare",
    "Ready",
    "Run",
    "Server",
    "ServiceSpec",
    "Spark",
    "StepSpec",
    "Stop",
    "Tab",
    "Times",
    "Up",
    "services_of",
]

Minutes = Annotated[int, Field(gt=0, le=24 * 60)]
Tab = Literal["log", "events", "http", "results", "code", "output"]


class Check(Frozen):
    """How a step knows that it did its work.

    `run` is a command line of its own, which has to exit 0; without it the step's own output is
    looked at. `matches` is a regular expression that has to be found in `at_least` lines.
    `columns` and `rows` look at the table that a spark step extracts.
    """

    run: str | None = None
    matches: str | None = Field(default=None, min_length=1, max_length=300)
    at_least: int = Field(default=1, ge=1)
    columns: tuple[str, ...] = ()
    rows: int = Field(default=0, ge=0)
    retries: int = Field(default=0, ge=0, le=50)
    delay: Seconds = 0.5
    message: str = Field(min_length=1, description="What is missing when it fails")

    @field_validator("matches")
    @classmethod
    def compiles(cls, value: str | None) -> str | None:
        """A pattern that isn't one is a mistake of the author's, found here."""
        if value is not None:
            try:
                re.compile(value)
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"is not a regular expression: {error}") from error
        return value

    @field_validator("run")
    @classmethod
    def parses(cls, value: str | None) -> str | None:
        """A check's command is read as a step's is."""
        if value is not None:
            Command.parse(value)
        return value


class StepSpec(Frozen):
    """One step: what a student would type, what runs, how it is checked, what to look at."""

    id: Name
    title: str = Field(min_length=1, max_length=80)
    text: str = Field(default="", description="Markdown")
    shows_command: str = Field(min_length=1)
    run: Run
    needs: tuple[Name, ...] = ()
    timeout: Seconds = 60
    usual: Seconds = 2
    check: Check | None = None
    hints: tuple[str, ...] = ()
    fail_message: str = ""
    look_at: Tab = "output"
    weight: int = Field(default=1, ge=0, le=100)

    @property
    def command(self) -> Command:
        """What an `exec` or `server` step runs, made from `shows_command`."""
        return Command.parse(self.shows_command)

    @model_validator(mode="after")
    def command_parses(self) -> "StepSpec":
        """What is shown is what runs, so it has to be readable."""
        if self.run.kind in ("exec", "server"):
            try:
                Command.parse(self.shows_command)
            except ValueError as error:
                wrong = mistake(("shows_command",), str(error))
                raise ValidationError.from_exception_data("StepSpec", [wrong]) from error
        return self


class Times(Frozen):
    """When a session ends, in minutes."""

    expires: Minutes = 180
    warn_before: Minutes = 5
    extend: Minutes = 60
    idle: Minutes = 60
    orphaned: Minutes = 20


class LabSpec(Frozen):
    """A whole lab."""

    name: Name
    title: str = Field(min_length=1, max_length=120)
    summary: str = Field(min_length=1, max_length=300)
    description: str = ""
    authors: tuple[str, ...] = ()
    difficulty: Literal["beginner", "intermediate", "advanced"] = "beginner"
    duration: Minutes = 45
    tags: tuple[str, ...] = ()
    time: Times = Times()
    topics: tuple[str, ...] = Field(default=(), description="Topics that the Events tab offers")
    services: tuple[ServiceSpec, ...] = Field(min_length=1)
    tools: Name = Field(description="The service in which tools (tail, checks, HTTP) run")
    files: tuple[FileSpec, ...] = ()
    steps: tuple[StepSpec, ...] = Field(min_length=1)

    def service(self, name: str) -> ServiceSpec:
        """The service of that name. Raises KeyError."""
        return {each.name: each for each in self.services}[name]

    def step(self, step_id: str) -> StepSpec:
        """The step of that id. Raises KeyError."""
        return {each.id: each for each in self.steps}[step_id]

    @model_validator(mode="after")
    def names_agree(self) -> "LabSpec":
        """Names are unique, and whatever is named exists. Says all that is wrong, and where."""
        wrong = [*doubled(self), *unknown(self), *refused(self)]
        if wrong:
            raise ValidationError.from_exception_data("LabSpec", wrong)
        return self


Place = tuple[str | int, ...]


def mistake(place: Place, message: str) -> InitErrorDetails:
    """A mistake at a place in the lab, as pydantic reports its own."""
    # Pydantic fills braces in: the message goes in as a value, so that its own stay.
    error = PydanticCustomError("disagreement", "{message}", {"message": message})
    return InitErrorDetails(type=error, loc=place, input=None)


def doubled(lab: LabSpec) -> list[InitErrorDetails]:
    """Services, steps and files whose name an earlier one has."""
    wrong = []
    for group, key, names in (
        ("services", "name", [each.name for each in lab.services]),
        ("steps", "id", [each.id for each in lab.steps]),
        ("files", "path", [each.path for each in lab.files]),
    ):
        for index, name in enumerate(names):
            if name in names[:index]:
                wrong.append(mistake((group, index, key), f"two {group} are called {name!r}"))
    return wrong


def unknown(lab: LabSpec) -> list[InitErrorDetails]:
    """Names of services and earlier steps that aren't any."""
    services = {each.name for each in lab.services}
    words = f"the services are {', '.join(sorted(services))}"
    wrong = []
    if lab.tools not in services:
        wrong.append(mistake(("tools",), f"no service is called {lab.tools!r}: {words}"))
    earlier: set[str] = set()
    for index, step in enumerate(lab.steps):
        for position, need in enumerate(step.needs):
            if need not in earlier:
                message = f"no earlier step is called {need!r}"
                wrong.append(mistake(("steps", index, "needs", position), message))
        for place, service in service_uses(step):
            if service not in services:
                message = f"no service is called {service!r}: {words}"
                wrong.append(mistake(("steps", index, *place), message))
        earlier.add(step.id)
    return wrong


def refused(lab: LabSpec) -> list[InitErrorDetails]:
    """Spark's settings that a lab may not choose, or not so."""
    wrong = []
    for index, service in enumerate(lab.services):
        for name, value in (service.conf or {}).items():
            place = ("services", index, "conf", name)
            if name not in ALLOWED:
                error = PydanticCustomError("unknown_setting", "can't be set by a lab")
                wrong.append(InitErrorDetails(type=error, loc=place, input=None))
            elif said := mistake_in(name, value):
                wrong.append(mistake(place, said))
    return wrong


def services_of(step: StepSpec) -> set[str]:
    """The names of the services that a step's run and check use."""
    return {service for _, service in service_uses(step)}


def service_uses(step: StepSpec) -> list[tuple[Place, str]]:
    """Each service that a step names, with the place in the step that names it."""
    uses: list[tuple[Place, str]] = []
    match step.run:
        case Exec() | Server():
            uses.append((("shows_command",), step.command.service))
        case Call(buttons=buttons):
            for index, button in enumerate(buttons):
                place = ("run", "call", "buttons", index, "command")
                uses.append((place, Command.parse(button.command).service))
        case Spark(kind=kind, service=service) | Http(kind=kind, service=service):
            uses.append((("run", kind, "service"), service))
        case Stop(spark=str(service)):
            uses.append((("run", "stop", "spark"), service))
        case _:
            pass
    if step.check and step.check.run:
        uses.append((("check", "run"), Command.parse(step.check.run).service))
    return uses
