"""Requests and replies as a student's server read and wrote them, whoever made them."""

from dataclasses import dataclass
from typing import Any

import msgspec

from portal.activities import keys
from portal.activities.models import Session
from portal.engine.spans import End
from portal.live import streams

MOST = 500
METHOD, PATH = 20, 2000


@dataclass(frozen=True, slots=True)
class Capture:
    """One exchange. Of each direction the first 16 KB are kept. Times are seconds since the epoch,
    0 for what did not happen; all of it comes from a cluster."""

    number: int
    """Where it stands among those of its service."""
    service: str
    id: str
    """Of its trace; empty where the server did not take the bytes for a request."""
    pid: int
    peer: str
    port: int
    """The caller's."""
    server_port: int
    at: float
    """The connection was accepted."""
    first_in: float
    last_in: float
    first_out: float
    last_out: float
    ended_at: float
    request: bytes
    request_size: int
    response: bytes
    response_size: int
    method: str
    path: str
    status: int

    @property
    def is_cut(self) -> bool:
        """Whether there was more than is kept."""
        is_longer = self.request_size > len(self.request)
        return is_longer or self.response_size > len(self.response)


def captures(session: Session, most: int = MOST) -> list[Capture]:
    """The newest of the session's present cluster, in the order of their ends."""
    found = [each for service in session.spec.serving for each in of_service(session, service)]
    return sorted(found, key=lambda each: each.ended_at)[-most:]


def capture(session: Session, service: str, number: int) -> Capture | None:
    """One of them; None for one that there is not, or not any more."""
    if service not in session.spec.serving:
        return None
    return next((each for each in of_service(session, service) if each.number == number), None)


def of_trace(session: Session, trace: str) -> Capture | None:
    """That of a trace."""
    found = (each for each in captures(session, most=1 << 20) if each.id == trace)
    return next(found, None)


def of_service(session: Session, service: str) -> list[Capture]:
    """All that are kept of a service."""
    key = keys.capture_key(session, service)
    return [to_capture(service, number, fields) for number, fields in streams.entries(key)]


def to_capture(service: str, number: int, fields: dict[str, Any]) -> Capture:
    """An entry of a stream as what it means."""
    end = msgspec.convert(fields, End, strict=False)
    words = end.request.split(b"\n", 1)[0].split()
    method, path = (words[0], words[1]) if end.is_request and len(words) > 1 else (b"", b"")
    return Capture(
        number=number,
        service=service,
        id=end.id if end.is_request else "",
        pid=end.pid,
        peer=end.peer,
        port=end.port,
        server_port=end.server_port,
        at=end.accepted_at,
        first_in=end.in_first,
        last_in=end.in_last,
        first_out=end.out_first,
        last_out=end.out_last,
        ended_at=end.at,
        request=end.request,
        request_size=end.in_size,
        response=end.response,
        response_size=end.out_size,
        method=method.decode("latin-1")[:METHOD],
        path=path.decode("latin-1")[:PATH],
        status=end.status,
    )
