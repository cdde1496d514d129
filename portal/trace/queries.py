"""What pages ask about traces, one function a question. All of it is read from streams and rows."""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from portal.activities import keys
from portal.activities.keys import Incarnation
from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.engine import replies
from portal.engine.spans import Line
from portal.live import streams
from portal.results import lineage, store
from portal.results.models import Extraction
from portal.results.queries import extractions_of
from portal.trace.joining import (
    Made,
    Place,
    Record,
    Request,
    Row,
    Seen,
    add_calls,
    add_rows,
    add_seen,
    records_of,
    requests,
)
from portal.trace.logged import Logged, paired

MOST = 2000
"""Requests that are shown: the newest."""
MOST_RUNS = 200
MOST_TOPICS = 8
MOST_EPOCHS = 4


KEPT = 8
_lock = threading.Lock()
_kept: "OrderedDict[tuple[str, str], Traces]" = OrderedDict()


@dataclass(frozen=True, slots=True)
class Traces:
    """All that is known of a session's requests."""

    requests: list[Request]
    without: list[Made]
    """Calls that no server has noted: what became of them is known by order alone."""
    left_out: int
    """Older requests that are not shown, or not kept any more."""
    lost: int
    """Lines that servers could not write."""
    unmarked: int
    """Records that were read and have no mark: whose they are is known by order alone."""


def traces(session: Session) -> Traces:
    """What became of the requests on the session's present cluster. Raises RedisError."""
    key = (session.pk, tag(session))
    with _lock:
        kept = _kept.pop(key, None)
    # Whoever watches asks often: the same is put together once for all of them.
    made = kept or joined(session)
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def joined(session: Session) -> Traces:
    """The same, put together anew."""
    found: list[Request] = []
    lost = cut = 0
    for service in session.spec.serving:
        lines, is_cut = lines_of(session, service)
        lost += sum(each.lost for each in lines)
        cut += is_cut
        found += requests(lines, service)
    found.sort(key=lambda each: each.at)
    left_out, found = max(0, len(found) - MOST), found[-MOST:]
    topics = topics_of(session, found)
    marks = list(seen(session, topics))
    add_seen(found, marks)
    without = add_calls(found, calls(session))
    add_rows(found, rows(session))
    marked = sum(not each.is_gone for each in marks)
    unmarked = max(0, records_read(session, topics) - marked)
    if any(streams.is_cut(each) for each in seen_keys(session, topics)):
        unmarked = 0  # Marks that are not kept any more say nothing.
    return Traces(found, without, left_out + cut, lost, unmarked)


def topics_of(session: Session, found: list[Request]) -> list[str]:
    """The lab's own topics, and those that requests have sent to."""
    sent_to = (each.topic for each in records_of(found))
    return list(dict.fromkeys((*session.spec.topics, *sent_to)))[:MOST_TOPICS]


def seen_keys(session: Session, topics: list[str]) -> Iterator[str]:
    """The streams that have the marks of topics as they are now."""
    for topic, partitions in keys.partitions_by_topic(session, topics).items():
        for partition in partitions:
            yield keys.seen_key(session, topic, partition)


def records_read(session: Session, topics: list[str]) -> int:
    """How many records of these topics have been read, as far as offsets tell."""
    begins = {
        (topic["name"], each["partition"]): each["begin"]
        for topic in keys.topics(session)
        for each in topic["partitions"]
    }
    count = 0
    for topic, partitions in keys.partitions_by_topic(session, topics).items():
        for partition in partitions:
            end = streams.last_number(keys.topic_key(session, topic, partition))
            count += max(0, end - begins.get((topic, partition), 0))
    return count


def tag(session: Session) -> str:
    """Another word whenever something of the traces may have changed; cheap to ask for."""
    newest = newest_table(session)
    runs = session.runs.filter(generation=session.generation, evidence__has_key="replies")
    made = [topic["name"] for topic in keys.topics(session)]
    topics = list(dict.fromkeys((*session.spec.topics, *made)))[:MOST_TOPICS]
    if session.state is SessionStatus.READY:
        for topic in session.spec.topics:
            keys.want_topic(session, topic)
    ends = [streams.last_number(keys.trace_key(session, each)) for each in session.spec.serving]
    for topic, partitions in keys.partitions_by_topic(session, topics).items():
        ends.append(keys.incarnation_of(session, topic).epoch)
        for each in partitions:
            ends.append(streams.last_number(keys.seen_key(session, topic, each)))
            ends.append(streams.last_number(keys.topic_key(session, topic, each)))
    about = (session.generation, session.is_traced, newest and newest.pk, runs.count(), *ends)
    return f"{zlib.crc32(repr(about).encode()):08x}"


def lines_of(session: Session, service: str) -> tuple[list[Line], int]:
    """What a service's servers have noted, as far as it is kept, and whether the rest is gone."""
    key = keys.trace_key(session, service)
    found: list[Line] = []
    gone = 0
    for batch in streams.batches(key):
        gone += bool(batch.gap)
        found += (msgspec.convert(fields, Line) for _, fields in batch.entries)
    return found, gone


def seen(session: Session, topics: list[str]) -> Iterator[Seen]:
    """The marks that the topics' readers have found, also in topics that are gone."""
    for topic in topics:
        if session.state is SessionStatus.READY:
            keys.want_topic(session, topic)
        now = keys.incarnation_of(session, topic).epoch
        for epoch in range(max(0, now - MOST_EPOCHS), now + 1):
            for partition in keys.partitions(session, topic):
                key = keys.seen_key(session, topic, partition, Incarnation(epoch))
                yield from marks(key, topic, partition, is_gone=epoch < now)


def marks(key: str, topic: str, partition: int, *, is_gone: bool) -> Iterator[Seen]:
    """Those of one stream."""
    for number, fields in streams.entries(key):
        place = Place(topic, partition, number - 1, fields["timestamp"])
        yield Seen(place, fields["trace"], fields["span"], fields["at"], is_gone)


def calls(session: Session) -> list[Made]:
    """The calls that the page has made on the present cluster, oldest first."""
    runs = session.runs.filter(generation=session.generation, evidence__has_key="replies")
    found = []
    for run in reversed(runs.order_by("-pk").defer("output")[:MOST_RUNS]):
        kept = replies.of(run.evidence.get("replies", []))
        ended = run.finished_at.timestamp() if run.finished_at else 0.0
        for nth, each in enumerate(kept, 1):
            at = each.ended_at or ended
            began = each.ended_at - each.seconds if each.ended_at else 0.0
            made = Made(
                run=run.pk,
                step=run.step_id,
                nth=nth,
                of=len(kept),
                command=each.command,
                method=each.method,
                path=each.path,
                status=each.status,
                port=each.port,
                began_at=began,
                ended_at=at,
            )
            found.append(made)
    return found


def rows(session: Session) -> dict[Place, Row]:
    """The records of the newest table on the present cluster, each with its row."""
    newest = newest_table(session)
    if newest is None:
        return {}
    try:
        return rows_of(newest.pk)
    except store.RowsGone:
        return {}


def newest_table(session: Session) -> Extraction | None:
    """The table that was extracted last on the present cluster."""
    found = extractions_of(session).filter(step_run__generation=session.generation)
    # One that was read from what show() printed tells of no records.
    return found.exclude(store="").exclude(topic="").first()


@lru_cache(maxsize=4)
def rows_of(pk: int) -> dict[Place, Row]:
    """The same of one extraction, which never changes. Raises RowsGone."""
    extraction = Extraction.objects.get(pk=pk)
    cursor = store.reader(extraction.store)
    topic = "topic" if extraction.has_topics else "NULL"
    found = cursor.execute(
        f'SELECT n, {topic}, partition, "offset", "timestamp" FROM records'  # noqa: S608 - ours
    ).fetchall()
    is_row_each = extraction.row_count == extraction.records
    at = extraction.created_at.timestamp()
    return {
        Place(name or extraction.topic, partition, offset, timestamp): Row(
            pk, n, n if is_row_each and extraction.has_table else None, at
        )
        for n, name, partition, offset, timestamp in found
    }


def is_own_row(record: Record) -> bool:
    """Whether the row of the student's own table is this record's, by its values too."""
    if record.row is None or record.row.own is None:
        return False
    extraction = Extraction.objects.get(pk=record.row.extraction)
    try:
        cursor = store.reader(extraction.store)
        return lineage.why_unknown(extraction, cursor, record.row.own) == ""
    except store.RowsGone:
        return False


def of_place(session: Session, place: Place) -> Request | None:
    """The request that a record is of, proved by its mark or the broker's word."""
    for request in traces(session).requests:
        if any(each.place == place for each in request.records):
            return request
    return None


def of_line(session: Session, service: str, number: int) -> Request | None:
    """The request that a line of the log is about."""
    found = [each for each in traces(session).requests if each.service == service]
    for request, line in paired(session, service, found):
        if line.number == number:
            return request
    return None


def line_of(session: Session, request: Request, found: list[Request]) -> Logged | None:
    """The log's line of a request; None where it is not kept."""
    same = [each for each in found if each.service == request.service]
    pairs = paired(session, request.service, same)
    return next((line for each, line in pairs if each is request), None)
