"""What a step of a lab runs: the kinds that there are, and the commands that a student would type.

`spec.py` has the rest of the vocabulary, and gives these names on.
"""

import shlex
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]

COMPOSE_EXEC = ("docker-compose", "exec")


class Frozen(BaseModel):
    """No unknown keys, no later changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


class Command(Frozen):
    """What runs where, made from a command line that a student would type."""

    service: Name
    argv: tuple[str, ...] = Field(min_length=1)

    @classmethod
    def parse(cls, line: str) -> "Command":
        """Read `docker-compose exec SERVICE ARGV…`. Raises ValueError saying what is wrong."""
        words = shlex.split(line.replace("\\\n", " "))
        if tuple(words[:2]) != COMPOSE_EXEC or len(words) < 4:
            raise ValueError(f"must read 'docker-compose exec SERVICE COMMAND …', not {line!r}")
        return cls(service=words[2], argv=tuple(words[3:]))


class Prepare(Frozen):
    """The host has what the lab needs, and the student's stale sessions are gone."""

    kind: Literal["prepare"]


class Up(Frozen):
    """Start the cluster."""

    kind: Literal["up"]


class Exec(Frozen):
    """Run the step's command and wait for it."""

    kind: Literal["exec"]


class Server(Frozen):
    """Run the step's command and keep it running; ready once `port` answers."""

    kind: Literal["server"]
    process: Name = "server"
    port: int = Field(ge=1, le=65535)


class Button(Frozen):
    """One call that a student can make with a click."""

    label: str = Field(min_length=1)
    command: str

    @field_validator("command")
    @classmethod
    def parses(cls, value: str) -> str:
        """A button's command is read as a step's is."""
        Command.parse(value)
        return value


class Call(Frozen):
    """Call the API: each of the step's command lines is a button; run all mixes them `times`."""

    kind: Literal["call"]
    buttons: tuple[Button, ...] = Field(min_length=1)
    times: int = Field(default=8, ge=1, le=100)
    free_path: bool = True


class Spark(Frozen):
    """Run the step's Python in the session's warm pyspark; keep `table` as a result."""

    kind: Literal["spark"]
    service: Name = "spark"
    setup: str = Field(default="", description="Run and shown before the student's own lines")
    table: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    topic: str | None = Field(default=None, description="Whose records the table was made from")


class Http(Frozen):
    """Send bytes as typed and show the bytes both ways."""

    kind: Literal["http"]
    service: Name
    host: str = "localhost"
    port: int = Field(ge=1, le=65535)
    request: str


class Stop(Frozen):
    """Control-C for the named server process, and `exit()` for Spark where `spark` names it."""

    kind: Literal["stop"]
    process: Name | None = None
    spark: Name | None = None


class Down(Frozen):
    """Tear the cluster down."""

    kind: Literal["down"]


Run = Annotated[
    Prepare | Up | Exec | Server | Call | Spark | Http | Stop | Down, Field(discriminator="kind")
]
