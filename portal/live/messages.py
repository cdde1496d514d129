"""What goes over a page's socket, both ways. Everything that a client sends is checked here."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Number = Annotated[int, Field(ge=0, le=2**53)]
StreamName = Annotated[str, Field(pattern=r"^[a-z]+:[A-Za-z0-9._:-]{1,260}$")]
Epoch = Annotated[str, Field(pattern=r"^[0-9a-f]{0,16}$")]


class FromClient(BaseModel):
    """No unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Follow(FromClient):
    """Send me the stream from after this number on, and keep sending.

    `epoch` says which stream of that name the number was of; left out, it is the present one's.
    """

    type: Literal["follow"]
    stream: StreamName
    after: Number = 0
    epoch: Epoch = ""


class Unfollow(FromClient):
    """No more of this stream."""

    type: Literal["unfollow"]
    stream: StreamName


class Activity(FromClient):
    """Somebody uses the page, or has it in view, or has not."""

    type: Literal["active", "visible", "hidden"]


client_message: TypeAdapter[Follow | Unfollow | Activity] = TypeAdapter(
    Annotated[Follow | Unfollow | Activity, Field(discriminator="type")]
)


def entries(stream: str, text: bytes, gap: int, epoch: str) -> str:
    """Entries of a stream, in order, as they were kept; `gap` were trimmed before the first."""
    head = json.dumps({"type": "entries", "stream": stream, "epoch": epoch, "gap": gap})
    return f'{head[:-1]}, "entries": [{text.decode()}]}}'


def refused(stream: str, message: str) -> dict[str, Any]:
    """That stream is not to be had, and why."""
    return {"type": "refused", "stream": stream, "message": message}


def restart(stream: str, epoch: str = "") -> dict[str, Any]:
    """That stream begins anew: its cluster was replaced, or its topic was made anew."""
    made = {"type": "restart", "stream": stream}
    return {**made, "epoch": epoch} if epoch else made
