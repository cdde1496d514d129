"""What goes over a terminal's socket, both ways. Everything that a client sends is checked here.

Text is about terminals; bytes are theirs. What is typed comes as bytes, and what is shown goes as
bytes behind a head that says what they are and where in the terminal's output they end.
"""

import json
import struct
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Cells = Annotated[int, Field(ge=1, le=10_000)]
Offset = Annotated[int, Field(ge=0, le=2**53)]
SNAPSHOT, BYTES = 0, 1
HEAD = struct.Struct(">BQ")


class FromClient(BaseModel):
    """No unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sized(FromClient):
    """Says how much the page has room for."""

    rows: Cells
    columns: Cells


class Open(Sized):
    """One more shell in that service, and show it to me."""

    type: Literal["open"]
    service: Name


class Attach(Sized):
    """Show me this terminal; what I have of it ends at `after` of that epoch."""

    type: Literal["attach"]
    service: Name
    name: Name
    after: Offset = 0
    epoch: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""


class Resize(Sized):
    """The page has room for so much now."""

    type: Literal["resize"]


class Restart(FromClient):
    """A new shell in the terminal that is shown: the old one has ended."""

    type: Literal["restart"]


class Drawn(FromClient):
    """All up to here is on the screen."""

    type: Literal["drawn"]
    offset: Offset


class Close(FromClient):
    """Hang up this terminal."""

    type: Literal["close"]
    service: Name
    name: Name


class Consent(FromClient):
    """Let whoever watches me type, or not any more."""

    type: Literal["consent"]
    is_on: bool


Message = Open | Attach | Resize | Restart | Drawn | Close | Consent
client_message: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def framed(kind: int, end: int, data: bytes) -> bytes:
    """Bytes of a terminal as a page takes them."""
    return HEAD.pack(kind, end) + data


def as_text(message: dict[str, Any]) -> str:
    """A message as a page reads it."""
    return json.dumps(message)


def refused(message: str) -> dict[str, Any]:
    """What was asked can't be had, and why."""
    return {"type": "refused", "message": message}
