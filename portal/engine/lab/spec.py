"""What a lab is: frozen, validated data. `parse.py` reads it from YAML, with line and column.

Vocabulary: a lab has services (the cluster), files (put under `/w205`) and steps. A step shows the
command that a student would type in a shell, and what the portal runs is made from that command,
so that the two can't drift.
"""

import re
from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from portal.engine.lab.cluster import ServiceSpec
from portal.engine.lab.command import Command
from portal.engine.lab.confs import ALLOWED, mistake_in
from portal.engine.lab.fields import Frozen, Name, Place, mistake
from portal.engine.lab.files import FileSpec
from portal.engine.lab.step import Move, StepSpec

ADVERTISED = "KAFKA_ADVERTISED_LISTENERS"
LISTENER = re.compile(r"[A-Z_]+://([^,\s]+)")
Minutes = Annotated[int, Field(gt=0, le=24 * 60)]


class Times(Frozen):
    """When a session ends, in minutes."""

    expires: Minutes = 180
    warn_before: Minutes = 5
    extend: Minutes = 60
    idle: Minutes = 60
    orphaned: Minutes = 20


Words = Annotated[str, Field(min_length=1, max_length=30)]


class Flow(Frozen):
    """What the places are called that an event passes on its way, from a call to a table's row."""

    server: Words = "server"
    broker: Words = "Kafka"
    table: Words = "table"
    sends_with: str = Field(
        default="", max_length=80, description="What sends an event in the lab's own code"
    )


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
    broker: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9.-]{1,100}:[0-9]{1,5})?$",
        description="The broker's address in the cluster, if no service advertises it",
    )
    event_key: str = Field(
        default="", max_length=100, description="The key of an event that says what happened"
    )
    flow: Flow = Flow()
    services: tuple[ServiceSpec, ...] = Field(min_length=1)
    tools: Name = Field(description="The service in which tools (tail, checks, HTTP) run")
    files: tuple[FileSpec, ...] = ()
    steps: tuple[StepSpec, ...] = Field(min_length=1)

    @property
    def broker_address(self) -> str:
        """Where the broker answers: as the lab says, or as the first broker advertises itself."""
        advertised = (each.environment.get(ADVERTISED, "") for each in self.services)
        found = (LISTENER.search(each) for each in advertised)
        return self.broker or next((each[1] for each in found if each), "")

    @property
    def serving(self) -> tuple[str, ...]:
        """The services in which steps start servers."""
        return tuple(dict.fromkeys(each.command.service for each in self.steps if each.run.serves))

    @property
    def steps_to_finish(self) -> frozenset[str]:
        """The steps that have to be done for the lab to be: tearing down is no part of it."""
        wanted = (each for each in self.steps if not each.optional)
        return frozenset(each.id for each in wanted if each.run.move is not Move.DOWN)

    @property
    def common_steps(self) -> tuple[StepSpec, ...]:
        """The steps that everybody sees, whatever they answer."""
        return tuple(each for each in self.steps if each.when is None)

    def count_of(self, done: Collection[str]) -> int:
        """How many steps there are for whoever has done those: of branches, only what was done."""
        return sum(each.when is None or each.id in done for each in self.steps)

    @property
    def modes(self) -> dict[str, int]:
        """The mode of each of its files, by path."""
        return {each.path: each.mode for each in self.files}

    def service(self, name: str) -> ServiceSpec:
        """The service of that name. Raises KeyError."""
        return {each.name: each for each in self.services}[name]

    def step(self, step_id: str) -> StepSpec:
        """The step of that id. Raises KeyError."""
        return {each.id: each for each in self.steps}[step_id]

    @model_validator(mode="after")
    def names_agree(self) -> "LabSpec":
        """Names are unique, and whatever is named exists. Says all that is wrong, and where."""
        wrong = [*doubled(self), *unknown(self), *astray(self), *refused(self)]
        if wrong:
            raise ValidationError.from_exception_data("LabSpec", wrong)
        return self


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
    ids = {each.id for each in lab.steps}
    optional = {each.id for each in lab.steps if each.optional}
    for index, step in enumerate(lab.steps):
        for position, need in enumerate(step.needs):
            if need not in earlier:
                message = f"no earlier step is called {need!r}"
                wrong.append(mistake(("steps", index, "needs", position), message))
            elif need in optional and not step.optional:
                message = f"{need!r} is optional, so no other step can need it"
                wrong.append(mistake(("steps", index, "needs", position), message))
        if step.run.waits_for is not None and step.run.waits_for not in ids - {step.id}:
            message = f"no other step is called {step.run.waits_for!r}"
            wrong.append(mistake(("steps", index, "run", step.run.kind, "after"), message))
        for place, service in service_uses(step):
            if service not in services:
                message = f"no service is called {service!r}: {words}"
                wrong.append(mistake(("steps", index, *place), message))
        earlier.add(step.id)
    return wrong


def astray(lab: LabSpec) -> list[InitErrorDetails]:
    """Branches that no answer leads to, and steps that need one which they are not on."""
    wrong = []
    earlier: dict[str, StepSpec] = {}
    for index, step in enumerate(lab.steps):
        if step.when is not None:
            question = earlier.get(step.when.question)
            fault = question.run.unbranched(step.when) if question else None
            if question is None:
                fault = ("question", f"no earlier step is called {step.when.question!r}")
            if fault:
                wrong.append(mistake(("steps", index, "when", fault[0]), fault[1]))
        for position, need in enumerate(step.needs):
            needed = earlier.get(need)
            if step.optional and needed and needed.when not in (None, step.when):
                words = f"only some see {need!r}: what needs it has the same `when`"
                wrong.append(mistake(("steps", index, "needs", position), words))
        earlier[step.id] = step
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
    uses = step.run.uses(step)
    if step.check and step.check.run:
        uses.append((("check", "run"), Command.parse(step.check.run).service))
    return uses
