"""One request as the page shows it, from the bytes that came to the row of the table."""

from dataclasses import dataclass
from typing import Any

from portal.activities import captures
from portal.activities.captures import Capture
from portal.activities.models import Session
from portal.trace import queries
from portal.trace.joining import Record, Request
from portal.trace.told import tone_of
from portal.trace.words import FATES, PROOFS, sentence
from portal.wire.shown import lines_of


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record, with what there is to say of how it is known."""

    record: Record
    proof: str
    seconds: float
    """From the producer's being given it to the broker's word; 0 while there is none."""
    is_own_row: bool

    @property
    def milliseconds(self) -> float:
        """The same as people read it."""
        return self.seconds * 1000


def one(session: Session, trace: str) -> dict[str, Any] | None:
    """All that is to be shown of a trace; None for one that there is not."""
    found = queries.traces(session).requests
    request = next((each for each in found if each.id == trace), None)
    if request is None:
        return None
    capture = captures.of_trace(session, trace)
    return {
        "request": request,
        "says": sentence(request),
        "fate": FATES[request.fate],
        "tone": tone_of(request.fate),
        "line": queries.line_of(session, request, found),
        "records": [view(each) for each in request.records],
        "milliseconds": milliseconds(request),
        "capture": capture,
        **(as_lines(capture) if capture else {}),
    }


def view(record: Record) -> RecordView:
    """A record as it is shown."""
    took = record.landed_at - record.sent_at if record.landed_at else 0.0
    return RecordView(record, PROOFS[record.proof], max(0.0, took), queries.is_own_row(record))


def milliseconds(request: Request) -> float:
    """From its being taken to the last byte of its reply; 0 while there is none."""
    return max(0.0, request.last_out - request.at) * 1000 if request.last_out else 0.0


def as_lines(capture: Capture) -> dict[str, Any]:
    """The bytes of both directions, as lines in which every byte shows."""
    return {
        "request_lines": lines_of(capture.request),
        "response_lines": lines_of(capture.response),
    }
