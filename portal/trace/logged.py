"""Which line of a server's log is about which request."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from portal.activities import keys
from portal.activities.models import Session
from portal.live import streams
from portal.trace.joining import Request

LOGGED = re.compile(r'"([A-Z]+) (\S+) HTTP/[\d.]+"(?:\x1b\[\d+m)* (\d{3})')
COLOUR = re.compile(r"\x1b\[\d*m")
EARLY, LATE = 0.05, 5.0
"""Seconds around its being noted in which a line of the log may arrive."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A request's line in the log."""

    service: str
    number: int
    text: str
    is_certain: bool
    """False where another line says the same at the same time: then it is chosen by order."""


def paired(
    session: Session, service: str, found: list[Request]
) -> Iterator[tuple[Request, Logged]]:
    """Requests with their lines: each takes the first that says the same and came after it.

    A server logs in the order in which it notes; of two servers that say the same at the same
    moment either may have been first.
    """
    lines = logged(session, service)
    by_words: dict[tuple[str, str, int], list[Request]] = {}
    for each in found:
        if each.logged_at:
            by_words.setdefault(words_of(each), []).append(each)
    for words, alike in by_words.items():
        left = lines.get(words, [])
        alike.sort(key=lambda each: each.logged_at)
        pairs: list[tuple[Request, tuple[int, float, str]]] = []
        for each in alike:
            fits = (n for n, line in enumerate(left) if in_time(line[1], each.logged_at))
            at = next(fits, None)
            if at is not None:
                pairs.append((each, left.pop(at)))
        for each, (number, _, text) in pairs:
            is_one = is_only_server(each, alike) and not any(
                in_time(other[1], each.logged_at) for other in left
            )
            yield each, Logged(service, number, text, is_one)


def is_only_server(request: Request, alike: list[Request]) -> bool:
    """Whether no other server said the same at about the time."""
    return not any(
        each.pid != request.pid and abs(each.logged_at - request.logged_at) <= LATE
        for each in alike
    )


def words_of(request: Request) -> tuple[str, str, int]:
    """What a log says of a request."""
    return request.method, unquote(request.path), request.status


def in_time(at: float, noted: float) -> bool:
    """Whether a line that came at that time can be of a request that was noted then."""
    return -EARLY <= at - noted <= LATE


def logged(
    session: Session, service: str
) -> dict[tuple[str, str, int], list[tuple[int, float, str]]]:
    """The lines of requests in a service's log, by what they say: number, time, text."""
    key = keys.log_key(session, service)
    found: dict[tuple[str, str, int], list[tuple[int, float, str]]] = {}
    for number, fields in streams.entries(key):
        text = COLOUR.sub("", fields["text"])
        if said := LOGGED.search(text):
            words = (said[1], unquote(said[2]), int(said[3]))
            found.setdefault(words, []).append((number, fields["at"], text))
    return found
