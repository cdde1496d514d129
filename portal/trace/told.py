"""Traces as a page's script gets them: times in seconds since the epoch, 0 for what never was."""

from dataclasses import asdict
from typing import Any

from portal.trace.joining import Fate, Made, Record, Request
from portal.trace.queries import Traces
from portal.trace.words import FATES, sentence

BAD = (Fate.ERROR, Fate.LOST)
TEXT = 300


def told(traces: Traces, *, is_on: bool, flow: dict[str, str]) -> dict[str, Any]:
    """All that the panel draws and lists."""
    return {
        "requests": [of_request(each) for each in traces.requests],
        "without": [of_call(each) for each in traces.without],
        "left_out": traces.left_out,
        "lost": traces.lost,
        "unmarked": traces.unmarked,
        "is_on": is_on,
        "flow": flow,
    }


def of_request(request: Request) -> dict[str, Any]:
    """One request with its records."""
    error = request.error
    fate = request.fate
    return {
        "id": request.id,
        "at": request.at,
        "method": request.method,
        "path": request.path[:TEXT],
        "status": request.status,
        "port": request.port,
        "server": f"{request.pid}:{request.server_port}",
        "accepted": request.accepted_at,
        "logged": request.logged_at,
        "out": request.last_out,
        "ended": request.ended_at,
        "call": of_call(request.call) if request.call else None,
        "error": asdict_of(error) if error else None,
        "records": [of_record(each) for each in request.records],
        "fate": str(fate),
        "tone": tone_of(fate),
        "words": FATES[fate],
        "says": sentence(request),
    }


def asdict_of(error: Any) -> dict[str, Any]:
    """What is told of an error."""
    return {"type": error.type, "message": error.message, "line": error.line}


def tone_of(fate: Fate) -> str:
    """`good`, `bad`, or `open` for what may still come further."""
    if fate in BAD:
        return "bad"
    return "good" if fate in (Fate.ROW, Fate.RECORD) else "open"


def of_record(record: Record) -> dict[str, Any]:
    """One record, with how it is known."""
    place, row = record.place, record.row
    return {
        "topic": record.topic,
        "sent": record.sent_at,
        "landed": record.landed_at,
        "lost": record.lost_at,
        "seen": record.seen_at,
        "partition": place.partition if place else None,
        "offset": place.offset if place else None,
        "proof": str(record.proof),
        "copies": len(record.copies),
        "gone": record.is_gone,
        "error": record.error,
        "row": {"at": row.at, "number": row.own or row.record} if row else None,
    }


def of_call(call: Made) -> dict[str, Any]:
    """A call of the page's."""
    return {**asdict(call), "command": call.command[:TEXT], "path": call.path[:TEXT]}
