"""How a step knows that it did its work."""

from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from portal.engine import patterns
from portal.engine.lab.command import Command
from portal.engine.lab.fields import Frozen, Seconds


def readable(pattern: str) -> str:
    """A pattern that isn't one is a mistake of the author's, found here. Raises ValueError."""
    patterns.fail_unless_readable(pattern)
    return pattern


Pattern = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(readable)]


class Records(Frozen):
    """Records that came because of this run: older ones don't count.

    `at_least` of them, in `topic` or else in any but Kafka's own; of these `matches` has to be
    found in so many.
    """

    at_least: int = Field(default=1, ge=1, le=1000)
    topic: str | None = Field(default=None, min_length=1, max_length=249)
    matches: Pattern | None = None
    within: Seconds = Field(default=3, description="For how long they are waited for")


class Check(Frozen):
    """How a step knows that it did its work, by what this run of it did.

    `run` is a command line of its own, which has to exit 0; without it the step's own output is
    looked at. `matches` is a regular expression that has to be found in `at_least` lines.
    `columns` and `rows` look at the table that a spark step extracts, `records` at what came to
    topics, `routes` at whether the server that was started has any.
    """

    run: str | None = None
    matches: Pattern | None = None
    at_least: int = Field(default=1, ge=1)
    columns: tuple[str, ...] = ()
    rows: int = Field(default=0, ge=0)
    records: Records | None = None
    routes: bool = False
    retries: int = Field(default=0, ge=0, le=50)
    delay: Seconds = 0.5
    message: str = Field(min_length=1, description="What is missing when it fails")

    @field_validator("run")
    @classmethod
    def parses(cls, value: str | None) -> str | None:
        """A check's command is read as a step's is."""
        if value is not None:
            Command.parse(value)
        return value
