"""What became of each request: a server's lines, Kafka's records, calls and rows put together.

A request's own `id` holds its lines together, a span's name in a record's header proves which
record is of it. A call of the page's is known by its own port, which the server saw. What can't be
proved so is left out here: pages say that it is known by order alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from portal.engine.spans import Begin, End, Landed, Line, Lost, Raised, Sent

CLOCK_SECONDS = 0.5
"""How far apart the same moment may be noted by two programs of a busy host."""


class Proof(StrEnum):
    """How it is known that a record is of a request."""

    HEADER = "header"
    """The record's own header says so."""
    WORD = "word"
    """The broker told its producer the place; the record has no mark, or nobody has read it."""
    NONE = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is. The timestamp, in milliseconds, tells topics of one name apart."""

    topic: str
    partition: int
    offset: int
    timestamp: int = -1


@dataclass(frozen=True, slots=True)
class Seen:
    """A record with a mark, as the topic's reader found it at a moment."""

    place: Place
    trace: str
    span: str
    at: float
    is_gone: bool = False
    """It was in a topic that has been deleted since."""


@dataclass(frozen=True, slots=True)
class Row:
    """Where Spark's newest table has a record: its number among the records, and in the table."""

    extraction: int
    record: int
    own: int | None
    """None where the table's rows can't be told to be records."""
    at: float


@dataclass(frozen=True, slots=True)
class Made:
    """A call of the page's: the `nth` of `of` calls of a run."""

    run: int
    step: str
    nth: int
    of: int
    command: str
    method: str
    path: str
    status: int
    port: int
    began_at: float
    """0 where an older run has not kept it."""
    ended_at: float


@dataclass(slots=True)
class Record:
    """A record that a request gave to a producer."""

    nth: int
    span: str
    topic: str
    sent_at: float
    is_marked: bool = False
    landed_at: float = 0.0
    place: Place | None = None
    error: str = ""
    lost_at: float = 0.0
    seen_at: float = 0.0
    copies: list[Place] = field(default_factory=list)
    """Other records with the same mark: it was sent again."""
    is_gone: bool = False
    """Its topic was deleted since: another one has its name now."""
    row: Row | None = None

    @property
    def proof(self) -> Proof:
        """How the record is known to be this one."""
        if self.seen_at:
            return Proof.HEADER
        return Proof.WORD if self.place is not None else Proof.NONE


@dataclass(slots=True)
class Request:
    """One request, and what became of it."""

    id: str
    at: float
    """When the server took it."""
    method: str = ""
    path: str = ""
    port: int = 0
    pid: int = 0
    server_port: int = 0
    service: str = ""
    status: int = 0
    accepted_at: float = 0.0
    first_in: float = 0.0
    last_out: float = 0.0
    logged_at: float = 0.0
    ended_at: float = 0.0
    error: Raised | None = None
    records: list[Record] = field(default_factory=list)
    call: Made | None = None

    @property
    def fate(self) -> "Fate":
        """How far it came."""
        return fate_of(self)


class Fate(StrEnum):
    """How far a request came, or where it was lost."""

    ROW = "row"
    RECORD = "record"
    SENT = "sent"
    LOST = "lost"
    ERROR = "error"
    REFUSED = "refused"
    SILENT = "silent"
    OPEN = "open"


def fate_of(request: Request) -> Fate:
    """Of several records the one that came least far decides: it is what somebody looks for."""
    records = request.records
    if any(each.lost_at for each in records):
        return Fate.LOST
    if request.error is not None or request.status >= 500:
        return Fate.ERROR
    if any(each.place is None for each in records):
        return Fate.SENT
    if records:
        return Fate.ROW if all(each.row for each in records) else Fate.RECORD
    if request.status >= 400:
        return Fate.REFUSED
    return Fate.SILENT if request.ended_at else Fate.OPEN


def requests(lines: Iterable[Line], service: str = "") -> list[Request]:
    """The requests that a service's servers have noted, in the order in which they took them."""
    found: dict[str, Request] = {}
    for line in lines:
        if isinstance(line, Begin):
            request = found.setdefault(line.id, Request(line.id, line.at, service=service))
            request.at, request.method, request.path = line.at, line.method, line.path
            request.port, request.server_port, request.pid = line.port, line.server_port, line.pid
        elif isinstance(line, End) and not line.is_request:
            continue
        elif (known := found.get(line.id)) is not None:
            take(known, line)
    return sorted(found.values(), key=lambda each: each.at)


def take(request: Request, line: Line) -> None:
    """Another line of a request."""
    match line:
        case End():
            request.status, request.error = line.status, line.error
            request.accepted_at, request.first_in = line.accepted_at, line.in_first
            request.last_out, request.logged_at = line.out_last, line.logged_at
            request.ended_at = line.at
        case Sent():
            if all(each.nth != line.nth for each in request.records):
                made = Record(line.nth, line.span, line.topic, line.at, line.is_marked)
                request.records.append(made)
        case Landed() | Lost():
            for each in request.records:
                if each.span == line.span:
                    take_word(each, line)


def take_word(record: Record, line: Landed | Lost) -> None:
    """What the producer was told of a record."""
    if isinstance(line, Lost):
        record.lost_at, record.error = line.at, line.error
        return
    record.landed_at = line.at
    if line.offset >= 0:
        record.place = Place(record.topic, line.partition, line.offset, line.timestamp)


def records_of(found: Iterable[Request]) -> Iterator[Record]:
    """All records of some requests."""
    return (record for request in found for record in request.records)


def add_seen(found: Iterable[Request], seen: Iterable[Seen]) -> None:
    """Records as the readers found them: those that a header proves, and what stands elsewhere."""
    by_span = {each.span: each for each in records_of(found)}
    taken: dict[tuple[str, int, int], str] = {}
    for each in seen:
        if not each.is_gone:
            taken[each.place.topic, each.place.partition, each.place.offset] = each.span
        record = by_span.get(each.span)
        if record is None or record.topic != each.place.topic:
            continue
        if record.place is None or record.place == each.place:
            record.place, record.seen_at = each.place, record.seen_at or each.at
            record.is_gone = each.is_gone
        elif each.place not in record.copies:
            record.copies.append(each.place)
    for record in by_span.values():
        if record.place is not None and not record.seen_at:
            place = record.place
            other = taken.get((place.topic, place.partition, place.offset))
            record.is_gone = other is not None and other != record.span


def add_calls(found: Iterable[Request], calls: Iterable[Made]) -> list[Made]:
    """Calls of the page's by the port that they were made from; return those without a trace.

    A port is used again in time, so the call has to have been under way when the request came.
    """
    by_port: dict[int, list[Request]] = {}
    for request in found:
        by_port.setdefault(request.port, []).append(request)
    without = []
    for call in calls:
        fitting = [each for each in by_port.get(call.port, ()) if is_of(each, call)]
        if call.port and fitting:
            fitting[-1].call = call
        else:
            without.append(call)
    return without


def is_of(request: Request, call: Made) -> bool:
    """Whether a request with a call's port is that call's."""
    if request.call is not None or request.path != call.path:
        return False
    if not call.began_at:
        return request.at <= call.ended_at + CLOCK_SECONDS
    return call.began_at - CLOCK_SECONDS <= request.at <= call.ended_at + CLOCK_SECONDS


def add_rows(found: Iterable[Request], rows: dict[Place, Row]) -> None:
    """Rows of Spark's newest table, by the record that each was made of."""
    for record in records_of(found):
        if record.place is not None:
            record.row = rows.get(record.place)
