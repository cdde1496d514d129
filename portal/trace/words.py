"""What became of a request, in words: where it was lost, and at which line of whose script."""

from collections.abc import Iterable

from portal.trace.joining import Fate, Made, Proof, Record, Request

FATES = {
    Fate.ROW: "a row of the table",
    Fate.RECORD: "a record in Kafka",
    Fate.SENT: "sent, not yet confirmed",
    Fate.LOST: "lost on the way to Kafka",
    Fate.ERROR: "ended in an error",
    Fate.REFUSED: "refused",
    Fate.SILENT: "answered, nothing was sent",
    Fate.OPEN: "not answered yet",
}
PROOFS = {
    Proof.HEADER: "The mark in the record's own header says so.",
    Proof.WORD: "The broker told its producer so. The record itself has no mark.",
    Proof.NONE: "Nothing says where the record is.",
}
SAYS = 3
"""Requests of which the flow meter tells one by one."""


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    tens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if tens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def whose(call: Made | None) -> str:
    """Which call it was."""
    if call is None:
        return "a request"
    return "the call" if call.of == 1 else f"the {ordinal(call.nth)} of {call.of} calls"


def place_of(request: Request) -> str:
    """Where its error was raised; empty where nobody knows."""
    error = request.error
    return f" at line {error.line} of your script" if error and error.line else ""


def sent(records: list[Record]) -> str:
    """What it had sent by then."""
    if not records:
        return "nothing was sent"
    landed = sum(each.place is not None for each in records)
    return f"{landed} of {len(records)} records had come to Kafka"


def sentence(request: Request) -> str:
    """What became of it, as a sentence without its full stop."""
    who = f"{whose(request.call)} ({request.method} {request.path[:80]})"
    match request.fate:
        case Fate.ERROR:
            status = f"got a {request.status}" if request.status else "got no answer"
            return f"{who} {status}{place_of(request)}: {sent(request.records)}"
        case Fate.LOST:
            error = next((each.error for each in request.records if each.lost_at), "")
            return f"{who} was answered {request.status}, but its record was lost: {error}"
        case Fate.SENT:
            return f"{who} gave a record to the producer, and nobody has confirmed it"
        case Fate.REFUSED:
            return f"{who} got a {request.status}: {sent(request.records)}"
        case Fate.SILENT:
            return f"{who} was answered {request.status}, and nothing was sent"
        case Fate.OPEN:
            return f"{who} is not answered yet"
        case Fate.RECORD:
            return f"{who} is a record in Kafka, and no row yet"
    return f"{who} is a row of the table"


def troubles(found: Iterable[Request], fate: Fate) -> list[str]:
    """Sentences of the newest requests that have come to such an end."""
    lost = [each for each in found if each.fate is fate]
    return [f"{said[:1].upper()}{said[1:]}." for said in map(sentence, lost[-SAYS:])]
