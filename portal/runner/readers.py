"""What the relay reads of a cluster: a service's log, a topic's records, the list of topics."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec

from portal.activities import keys
from portal.activities.announce import announce
from portal.activities.keys import Incarnation
from portal.activities.models import Session
from portal.engine import spans, topics
from portal.engine.records import Record, TailNotice
from portal.engine.runtimes.base import LogLine
from portal.engine.tail import tail
from portal.live import streams
from portal.live.chunks import Encoded, Fields, encode
from portal.runner.batcher import Waiting
from portal.runner.runtimes import get_runtime, place_of

Stopped = Callable[[], bool]
BURST_LINES = 20_000
LINES_A_SECOND = 4000.0
LOOK_SECONDS = 0.3
LINE_BYTES = 256
"""A line that is longer counts as several."""


class Pace:
    """Lets a burst through at once, and a flood as fast as it is told.

    What a log's reader doesn't take in time, the cluster trims and counts.
    """

    def __init__(self, burst: float = BURST_LINES, rate: float = LINES_A_SECOND):
        self.burst, self.rate = burst, rate
        self.left, self.at = burst, time.monotonic()

    def take(self, cost: float) -> float:
        """Take that much; return for how many seconds to wait now."""
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.at) * self.rate) - cost
        self.at = now
        return max(0.0, -self.left / self.rate)


def read_log(session: Session, service: str, stopped: Stopped) -> Iterator[Waiting]:
    """A service's log, as entries."""
    key = keys.log_key(session, service)
    since = streams.last_number(key)
    runtime = get_runtime(session.runtime)
    pace = Pace()
    for line in runtime.logs(session.cluster, service, since, cancelled=stopped):
        yield key, [encode(line.number, log_entry(line))]
        if wait := pace.take(1 + len(line.text) // LINE_BYTES):
            time.sleep(wait)


def log_entry(line: LogLine) -> Fields:
    """A line as pages get it. Its bytes are hostile; pages show them as text."""
    text = line.text.decode(errors="replace").replace("\0", "\u2400")
    return {"at": line.at, "process": line.process, "text": text}


def read_topics(session: Session, _: str, stopped: Stopped) -> Iterator[Waiting]:
    """The list of topics; it is kept, and no stream."""
    runtime = get_runtime(session.runtime)
    shape: object = None
    for found in topics.watch(runtime, *place_of(session), stopped):
        keys.set_topics(session, [topic.as_dict() for topic in found])
        before, shape = shape, [(topic.name, topic.count) for topic in found]
        if shape != before:
            announce(session.pk)
    yield from ()


def read_topic(session: Session, topic: str, stopped: Stopped) -> Iterator[Waiting]:
    """Every partition of a topic, as entries numbered by offset plus one."""
    reading = TopicReading(session, topic)
    runtime = get_runtime(session.runtime)
    for found in tail(
        runtime,
        *place_of(session),
        topic,
        reading.start(),
        stopped,
        identity=reading.incarnation.identity,
    ):
        if isinstance(found, TailNotice):
            reading.note(found)
        else:
            yield from reading.entries(found.records)


def read_spans(session: Session, service: str, stopped: Stopped) -> Iterator[Waiting]:
    """What a service's servers note of their requests: the bytes apart from all else."""
    trace, capture = keys.trace_key(session, service), keys.capture_key(session, service)
    pace = Pace()
    before = {key: streams.last_number(key) for key in (trace, capture)}
    found = spans.follow(
        get_runtime(session.runtime), session.cluster, service, min(before.values()), stopped
    )
    for part in found:
        for each in part:
            for key, fields in ((capture, captured(each.line)), (trace, noted(each.line))):
                if fields and each.number > before[key]:
                    yield key, [encode(each.number, {**fields, "prev": before[key]})]
                    before[key] = each.number
        if wait := pace.take(len(part)):
            time.sleep(wait)


def noted(line: spans.Line) -> Fields:
    """A line without the bytes."""
    fields: Fields = msgspec.to_builtins(line)
    return {name: value for name, value in fields.items() if name not in ("in", "out")}


def captured(line: spans.Line) -> Fields | None:
    """The bytes that a line tells, and when they came and went."""
    return msgspec.to_builtins(line) if isinstance(line, spans.End) else None


def turn_off_spans(session: Session, service: str, stopped: Stopped) -> Iterator[Waiting]:
    """Have a service's servers note nothing, as long as nobody wants it."""
    spans.turn_off(get_runtime(session.runtime), session.cluster, service)
    while not stopped():
        time.sleep(LOOK_SECONDS)
    yield from ()


class TopicReading:
    """Where the reader of a topic stands, and which topic of that name it reads."""

    def __init__(self, session: Session, topic: str):
        self.session, self.topic = session, topic
        self.incarnation = keys.incarnation_of(session, topic)
        self.keys: dict[int, str] = {}
        self.seen: dict[int, int] = {}
        """By partition, the number of its last record that has a mark."""
        self.before: dict[int, int] = {}
        """By partition, the number of the record before the next one that is still there."""

    def start(self) -> dict[int, int]:
        """The offsets to begin at."""
        for partition in keys.partitions(self.session, self.topic):
            self.before[partition] = streams.last_number(self.key(partition))
        return dict(self.before)

    def key(self, partition: int) -> str:
        """The stream of one of its partitions."""
        if partition not in self.keys:
            self.keys[partition] = keys.topic_key(
                self.session, self.topic, partition, self.incarnation
            )
        return self.keys[partition]

    def note(self, notice: TailNotice) -> None:
        """Take in what the reader tells, and tell the pages."""
        match notice.what:
            case "trimmed":
                number = self.before.get(notice.partition, 0) + notice.records
                self.before[notice.partition] = number
                return
            case "recreated":
                # The new one's offsets begin below the numbers that pages have seen.
                self.become(Incarnation(self.incarnation.epoch + 1))
                self.keys, self.before, self.seen = {}, {}, {}
            case "following":
                if notice.identity != self.incarnation.identity:
                    self.become(Incarnation(self.incarnation.epoch, notice.identity))
                for partition in notice.ends:
                    keys.saw_partition(self.session, self.topic, partition)
        keys.set_condition(self.session, self.topic, notice.what)
        announce(self.session.pk)

    def become(self, incarnation: Incarnation) -> None:
        """It is this topic that is read from now on."""
        keys.set_incarnation(self.session, self.topic, incarnation)
        self.incarnation = incarnation

    def entries(self, records: Sequence[Record]) -> Iterator[Waiting]:
        """Records with their numbers, by the stream that they go to."""
        for partition, found in groupby(records, attrgetter("partition")):
            part = list(found)
            # Before the records: where these are told of, their marks are.
            if marked := [each for each in part if each.mark is not None]:
                yield from self.marks(partition, marked)
            yield self.key(partition), [self.entry(record) for record in part]

    def marks(self, partition: int, records: Sequence[Record]) -> Iterator[Waiting]:
        """Which request each of some records is of, and when it was read."""
        key = keys.seen_key(self.session, self.topic, partition, self.incarnation)
        last = self.seen.get(partition)
        last = streams.last_number(key) if last is None else last
        now, entries = time.time(), []
        for each in records:
            if each.offset >= last and each.mark is not None:
                trace, span = each.mark
                fields = {"trace": trace, "span": span, "at": now, "timestamp": each.timestamp}
                entries.append(encode(each.offset + 1, {**fields, "prev": last}))
                last = each.offset + 1
        self.seen[partition] = last
        if entries:
            yield key, entries

    def entry(self, record: Record) -> Encoded:
        """A record with its number."""
        number = record.offset + 1
        before = self.before.get(record.partition, 0)
        fields = record.as_entry()
        if before != number - 1:
            # Kafka numbers with holes where it compacts, and where transactions end.
            fields["prev"] = before
        self.before[record.partition] = number
        return encode(number, fields)
