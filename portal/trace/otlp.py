"""Traces as OTLP JSON, which Jaeger and others open: a span for each lane that one touched."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from portal.trace.joining import Record, Request

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
OK, ERROR = 1, 2
SCOPE = {"name": "sluice"}


def document(session: str, found: Iterable[Request]) -> dict[str, Any]:
    """All spans, by the program that they are of."""
    by_program: dict[str, list[dict[str, Any]]] = {}
    for request in found:
        for program, span in spans_of(request):
            by_program.setdefault(program, []).append(span)
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes({"service.name": name, "session": session})},
                "scopeSpans": [{"scope": SCOPE, "spans": spans}],
            }
            for name, spans in by_program.items()
        ]
    }


def spans_of(request: Request) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of a request, each with its program."""
    server, client = name_of(request, "server"), ""
    call = request.call
    if call is not None and call.began_at:
        client = name_of(request, "client")
        about = {"http.response.status_code": call.status, "sluice.command": call.command}
        yield (
            "curl",
            span(request, client, "", "curl", CLIENT, call.began_at, call.ended_at, about),
        )
    about = {
        "http.request.method": request.method,
        "url.path": request.path,
        "http.response.status_code": request.status,
        "client.port": request.port,
        "process.pid": request.pid,
    }
    ended = request.last_out or request.ended_at or request.at
    name = f"{request.method} {request.path}"
    made = span(request, server, client, name, SERVER, request.at, ended, about)
    if error := request.error:
        made["status"] = {"code": ERROR, "message": f"{error.type}: {error.message}"}
        raised = {
            "exception.type": error.type,
            "exception.message": error.message,
            "code.file.path": error.file,
            "code.line.number": error.line,
        }
        event = {"name": "exception", "timeUnixNano": nano(ended), "attributes": attributes(raised)}
        made["events"] = [event]
    yield "server", made
    for record in request.records:
        yield from spans_of_record(request, record, server)


def spans_of_record(
    request: Request, record: Record, parent: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Its way to Kafka, and its being read."""
    about: dict[str, Any] = {
        "messaging.system": "kafka",
        "messaging.destination.name": record.topic,
        "sluice.proof": str(record.proof),
    }
    if record.place is not None:
        about["messaging.destination.partition.id"] = str(record.place.partition)
        about["messaging.kafka.offset"] = record.place.offset
    ended = record.landed_at or record.lost_at or record.sent_at
    name = f"send {record.topic}"
    sent = span(request, record.span, parent, name, PRODUCER, record.sent_at, ended, about)
    if record.lost_at:
        sent["status"] = {"code": ERROR, "message": record.error}
    yield "producer", sent
    reads = (("reader", record.seen_at), ("spark", record.row.at if record.row else 0.0))
    for program, at in reads:
        if at:
            own = name_of(request, f"{program} {record.nth}")
            name = f"read {record.topic}"
            yield program, span(request, own, record.span, name, CONSUMER, at, at, about)


def span(
    request: Request,
    own: str,
    parent: str,
    name: str,
    kind: int,
    began: float,
    ended: float,
    about: dict[str, Any],
) -> dict[str, Any]:
    """One span."""
    return {
        "traceId": request.id,
        "spanId": own,
        **({"parentSpanId": parent} if parent else {}),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": nano(began),
        "endTimeUnixNano": nano(max(began, ended)),
        "attributes": attributes(about),
        "status": {"code": ERROR if request.status >= 500 and kind == SERVER else OK},
    }


def name_of(request: Request, part: str) -> str:
    """Sixteen digits for a span that has no name of its own: always the same."""
    return hashlib.sha256(f"{request.id} {part}".encode()).hexdigest()[:16]


def nano(seconds: float) -> str:
    """A moment as OTLP says it in JSON."""
    return str(round(seconds * 1_000_000) * 1000)


def attributes(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Names and values, each with its type."""
    return [{"key": name, "value": value_of(value)} for name, value in found.items()]


def value_of(value: Any) -> dict[str, Any]:
    """A whole number, or text."""
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}
