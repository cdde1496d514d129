"""What the relay's readers make of lines and records."""

import pytest

from portal.activities import keys
from portal.activities.keys import Incarnation
from portal.activities.models import Session
from portal.engine.records import Record, TailNotice
from portal.live import streams
from portal.live.chunks import encode
from portal.runner.batcher import Batcher
from portal.runner.readers import Pace, TopicReading
from tests.rows import make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    """A session that nothing runs in."""
    return make_session()


def record(offset: int, partition: int = 0) -> Record:
    """A record of that offset."""
    return Record(partition, offset, 0, None, "v", 1)


def append(reading: TopicReading, *records: Record) -> None:
    """Append records as the relay does."""
    for key, entries in reading.entries(records):
        streams.append_encoded(key, entries)


def following(identity: str, *partitions: int) -> TailNotice:
    """What a reader tells once it follows."""
    return TailNotice("following", identity=identity, ends=dict.fromkeys(partitions, 0))


def test_a_pace_lets_a_burst_through_and_holds_a_flood_up() -> None:
    pace = Pace(burst=10, rate=100)
    assert [pace.take(1) for _ in range(10)] == [0] * 10
    assert 0 < pace.take(5) <= 0.05


def test_a_hole_of_kafkas_own_is_no_gap(session: Session) -> None:
    reading = TopicReading(session, "events")
    append(reading, *(record(offset) for offset in (0, 1, 5)))
    batch = streams.read(reading.key(0))
    assert ([number for number, _ in batch.entries], batch.gap) == ([1, 2, 6], 0)


def test_what_retention_has_deleted_is_a_gap(session: Session) -> None:
    reading = TopicReading(session, "events")
    reading.note(TailNotice("trimmed", partition=0, records=4))
    append(reading, record(4))
    assert streams.read(reading.key(0)).gap == 4


def test_it_goes_on_where_the_stream_ends(session: Session) -> None:
    first = TopicReading(session, "events")
    first.note(following("a", 0, 1))
    append(first, record(7, 0), record(7, 1))
    again = TopicReading(session, "events")
    assert again.start() == {0: 8, 1: 8}
    assert again.incarnation == Incarnation(0, "a")


def test_a_topic_made_anew_has_other_streams(session: Session) -> None:
    reading = TopicReading(session, "events")
    reading.note(following("a", 0))
    old = reading.key(0)
    reading.note(TailNotice("recreated"))
    reading.note(following("b", 0))
    assert reading.key(0) != old
    assert keys.topic_key(session, "events", 0) == reading.key(0)
    assert streams.epoch(old) != streams.epoch(reading.key(0))
    assert reading.entry(record(0)).number == 1
    assert TopicReading(session, "events").incarnation == Incarnation(1, "b")


def test_the_condition_of_a_topic_is_told(session: Session) -> None:
    TopicReading(session, "events").note(TailNotice("deleted"))
    assert keys.conditions(session) == {"events": "deleted"}


def test_topics_that_a_student_made_are_offered(session: Session) -> None:
    listed = [("mine", False), ("__consumer_offsets", True), ("events", False)]
    keys.set_topics(session, [{"name": name, "is_internal": hidden} for name, hidden in listed])
    assert keys.topic_names(session) == ["events", "mine"]


def test_a_stream_that_redis_has_lost_is_noticed(session: Session) -> None:
    """Nothing is appended behind the hole: the source is read again from there."""
    key = keys.log_key(session, "mids")
    batcher = Batcher()
    batcher.put(key, [encode(1, {"text": "one"})])
    while streams.last_number(key) < 1:
        pass
    streams.forget([key])
    with pytest.raises(streams.Behind):
        for number in range(2, 100_000):
            batcher.put(key, [encode(number, {"text": "more"})])
    batcher.close()
    assert streams.last_number(key) == 0


# What servers note of their requests

TRACE, SPAN = "a" * 32, "b" * 16
MARK: list[str | None] = ["traceparent", f"00-{TRACE}-{SPAN}-01"]


def test_marks_of_records_are_told_before_the_records(session: Session) -> None:
    reading = TopicReading(session, "events")
    marked = Record(0, 4, 1500, None, "v", 1, 0, [["mine", "x"], MARK])
    found = list(reading.entries([record(3), marked]))
    seen = keys.seen_key(session, "events", 0)
    assert [key for key, _ in found] == [seen, reading.key(0)]
    for key, entries in found:
        streams.append_encoded(key, entries)
    ((number, fields),) = streams.read(seen).entries
    assert (number, fields["trace"], fields["span"], fields["timestamp"]) == (5, TRACE, SPAN, 1500)
    again = TopicReading(session, "events")
    assert [key for key, _ in again.entries([marked])] == [again.key(0)]


@pytest.mark.parametrize("content", ["", "00-x-y-01", f"00-{TRACE}-{SPAN}", None])
def test_a_header_that_is_no_mark_is_none(content: str | None) -> None:
    assert Record(0, 0, 0, None, "v", 1, 0, [["traceparent", content]]).mark is None
