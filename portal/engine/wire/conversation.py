"""What was sent and what came back on one connection, read together: who answered what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.engine.wire.part import Message
from portal.engine.wire.replies import is_interim, read_replies, status_of
from portal.engine.wire.requests import is_simple, read_requests

CLOSED = frozenset({"close", "reset"})
"""Ends that the server made."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A request with what was answered to it; either may be missing."""

    number: int
    request: Message | None
    replies: tuple[Message, ...]
    """Words on the way, then the reply."""
    says: str
    """What the server made of it, as a sentence."""
    is_odd: bool

    @property
    def asked(self) -> str:
        """The request's first line, to be read."""
        return readable(self.request.line) if self.request else ""

    @property
    def answered(self) -> str:
        """The reply's first line, to be read."""
        return readable(self.replies[-1].line) if self.replies else ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """All of a connection."""

    requests: tuple[Message, ...]
    replies: tuple[Message, ...]
    turns: tuple[Turn, ...]
    notes: tuple[str, ...]
    """What is odd, in sentences."""


def read(request: bytes, response: bytes, ended: str) -> Conversation:
    """Read a connection, whatever went over it. `ended` is empty while it is open."""
    asked = read_requests(request)
    methods = [each.words[0] if each.words else b"" for each in asked]
    replies = read_replies(response, methods, is_closed=ended in CLOSED)
    turns = tuple(turns_of(asked, replies, ended))
    return Conversation(tuple(asked), tuple(replies), turns, tuple(notes(turns)))


def turns_of(asked: Sequence[Message], replies: Sequence[Message], ended: str) -> Iterator[Turn]:
    """Requests and replies in order: the first reply is to the first request, and so on."""
    left = list(replies)
    number = 0
    for number, request in enumerate(asked, 1):
        mine = tuple(take_reply(left))
        says, is_odd = made_of(request, mine, ended)
        yield Turn(number, request, mine, says, is_odd)
    while left:
        number += 1
        mine = tuple(take_reply(left))
        yield Turn(number, None, mine, "Nobody asked for this.", True)


def take_reply(left: list[Message]) -> Iterator[Message]:
    """The next reply with the words before it."""
    while left:
        message = left.pop(0)
        yield message
        if not is_interim(message):
            break


def made_of(request: Message, replies: tuple[Message, ...], ended: str) -> tuple[str, bool]:
    """What the server made of a request, and whether that is odd."""
    if not replies or is_interim(replies[-1]):
        return unanswered(request, ended), True
    reply = replies[-1]
    status = status_of(reply)
    if not reply.line and reply.body:
        if is_simple(request.line):
            return "It answered as HTTP/0.9 does: with the body alone.", False
        return "What came back is no HTTP.", True
    if reply.lacks in ("line", "headers"):
        return "The reply ends in the middle of its headers.", True
    words = readable(reply.line.partition(b" ")[2].strip())
    size = f"{len(reply.body):,} bytes of body" if reply.body else "no body"
    if reply.lacks == "body":
        return f"It began to answer {words}; the body stops after {len(reply.body):,} bytes.", True
    if request.lacks and status:
        return f"It did not wait for the rest: {words}, {size}.", True
    return f"It answered {words}, {size}.", status >= 400


def unanswered(request: Message, ended: str) -> str:
    """Why a request has no reply."""
    if ended in CLOSED:
        return "The server closed the connection without answering it."
    if request.lacks in ("line", "headers"):
        return "The server waits for the rest: no empty line has ended the headers."
    if request.lacks == "body":
        return "The server waits for the rest of the body."
    return "No reply yet." if not ended else "No reply came."


def notes(turns: Sequence[Turn]) -> Iterator[str]:
    """What each message says of itself, with the number of its request where there are several."""
    for turn in turns:
        mine = [("Request", turn.request)] if turn.request else []
        for what, message in [*mine, *(("Reply", each) for each in turn.replies)]:
            for words in message.notes:
                yield f"{what} {turn.number}: {words}"


def readable(line: bytes) -> str:
    """A line as text that can be shown and kept, whatever is in it."""
    text = line[:200].decode("utf-8", "replace")
    return "".join(each if each.isprintable() else "\u2423" for each in text)
