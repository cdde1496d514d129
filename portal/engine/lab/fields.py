"""What every part of a lab is made of: frozen models, names, lengths of time, and mistakes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import InitErrorDetails, PydanticCustomError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Place = tuple[str | int, ...]


class Frozen(BaseModel):
    """No unknown keys, no later changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


def mistake(place: Place, message: str) -> InitErrorDetails:
    """A mistake at a place in the lab, as pydantic reports its own."""
    # Pydantic fills braces in: the message goes in as a value, so that its own stay.
    error = PydanticCustomError("disagreement", "{message}", {"message": message})
    return InitErrorDetails(type=error, loc=place, input=None)
