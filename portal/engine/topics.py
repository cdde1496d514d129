"""The topics of a cluster: what there is, some records from a place on, a record by hand."""

import base64
import json
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from portal.engine import lines
from portal.engine.errors import ClusterError, CommandCancelled, CommandTimedOut, Part
from portal.engine.programs import guest
from portal.engine.records import MOST_RECORDS, Record, read_records
from portal.engine.runtimes.base import Cancelled, Runtime, never
from portal.engine.tail import AGE_SECONDS, LINE_LIMIT

NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
TOPICS_LIMIT = 2 << 20
MOST_TOPICS = 200
MOST_PARTITIONS = 100
PAGE_BYTES = 4 << 20
RECORD_BYTES = 200
VALUE_LIMIT = 256 * 1024
ANSWER_SECONDS = 12.0


class Refused(ClusterError):
    """Kafka, or what stands before it, did not do as it was asked; the text says why."""

    code = "refused"
    part = Part.CODE
    advice = "Look at the topic's details, then try again."


class NoWord(Refused):
    """It was begun, and nobody said what became of it: it may have been done."""

    code = "no-word"


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition, and the offsets that it has: from `begin` to before `end`."""

    partition: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as Kafka describes it."""

    name: str
    identity: str
    is_internal: bool
    partitions: tuple[Partition, ...]
    """Those that have a leader, and no more than a page can show."""
    count: int
    """All of them."""
    replicas: int
    configs: Mapping[str, str]
    """The settings that are not Kafka's own."""

    def as_dict(self) -> dict[str, Any]:
        """The topic as JSON can carry it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one partition from `offset` on, and where the partition begins and ends."""

    place: Partition
    offset: int
    records: tuple[Record, ...]


def watch(
    runtime: Runtime, session: str, tools: str, broker: str, cancelled: Cancelled = never
) -> Iterator[tuple[Topic, ...]]:
    """Yield all topics, and again whenever something of them changes. As `tail` ends."""
    argv = guest("topics", broker)
    execution = runtime.exec(session, tools, argv, timeout=AGE_SECONDS, cancelled=cancelled)
    try:
        for message in lines.Lines(execution, TOPICS_LIMIT):
            yield read_topics(message)
    except (CommandCancelled, CommandTimedOut):
        return


def look(
    runtime: Runtime, session: str, tools: str, broker: str, cancelled: Cancelled = never
) -> tuple[Topic, ...]:
    """All topics as they are now. Raises NoWord where nobody says, and what the runtime raises."""
    argv = guest("topics", broker, "--once")
    execution = runtime.exec(session, tools, argv, timeout=ANSWER_SECONDS, cancelled=cancelled)
    messages = lines.Lines(execution, TOPICS_LIMIT)
    try:
        found = [read_topics(message) for message in messages]
    except CommandTimedOut as error:
        raise NoWord("Kafka did not answer in time.") from error
    if execution.exit_status or not found:
        raise NoWord("Kafka did not answer.")
    return found[-1]


def read_topics(message: dict[str, Any]) -> tuple[Topic, ...]:
    """A message of `guest.topics`. Raises GarbledReply."""
    try:
        found = lines.items(message.get("topics"), MOST_TOPICS)
        return tuple(to_topic(lines.record(each)) for each in found)
    except ValueError as error:
        raise lines.GarbledReply(f"The list of topics is nonsense: {error}") from error


def to_topic(given: dict[str, Any]) -> Topic:
    """Raises ValueError."""
    configs = lines.record(given.get("configs"))
    if len(configs) > 100:
        raise ValueError("it has too many settings")
    return Topic(
        name=to_name(given.get("name")),
        identity=lines.text(given.get("identity"), 300),
        is_internal=given.get("is_internal") is True,
        partitions=tuple(
            to_partition(each) for each in lines.items(given.get("partitions"), MOST_PARTITIONS)
        ),
        count=lines.whole(given.get("count"), most=2**31),
        replicas=lines.whole(given.get("replicas"), most=2**15),
        configs={lines.text(key, 250): lines.text(value, 250) for key, value in configs.items()},
    )


def to_name(given: object) -> str:
    """A name as Kafka takes them: headers, files and pages say it. Raises ValueError."""
    name = lines.text(given, 249)
    if not NAME.fullmatch(name) or name in (".", ".."):
        raise ValueError("Kafka has no topic of such a name")
    return name


def to_partition(given: object) -> Partition:
    """Raises ValueError."""
    numbers = [lines.whole(each, most=2**53) for each in lines.items(given, 3)]
    if len(numbers) != 3:
        raise ValueError("a partition has a number, a begin and an end")
    return Partition(*numbers)


def page(
    runtime: Runtime,
    session: str,
    tools: str,
    broker: str,
    topic: str,
    partition: int,
    *,
    offset: int = 0,
    at: int | None = None,
    before: bool = False,
    count: int = 200,
) -> Page:
    """Some records from an offset or a time (milliseconds) on, or those before an offset.

    It may be fewer than `count`: about as many as `PAGE_BYTES` hold. Raises Refused where there is
    no such partition, and what the runtime raises.
    """
    place = ("--partition", str(partition), "--offset", str(offset))
    when = () if at is None else ("--at", str(at))
    back = ("--before",) if before else ()
    most = str(min(count, MOST_RECORDS))
    argv = guest("records", broker, topic, *place, *when, *back)
    records: list[Record] = []
    found: dict[str, Any] = {}
    size = 0
    with closing(ask(runtime, session, tools, (*argv, "--count", most))) as said:
        for message in said:
            if message["type"] == "place":
                found = message
            elif message["type"] == "records":
                part = lines.parsed(read_records, message.get("records"))
                records += part
                size += sum(RECORD_BYTES + len(each.value or "") for each in part)
            if size > PAGE_BYTES:
                break
    where = [found.get(name) for name in ("partition", "begin", "end")]
    return Page(to_partition(where), lines.whole(found.get("offset"), most=2**53), tuple(records))


def produce(
    runtime: Runtime,
    session: str,
    tools: str,
    broker: str,
    topic: str,
    *,
    value: bytes | None,
    key: bytes | None = None,
    headers: tuple[tuple[str, bytes], ...] = (),
    partition: int | None = None,
) -> tuple[int, int]:
    """Send one record; return its partition and offset. Raises Refused, saying why."""
    if len(value or b"") > VALUE_LIMIT:
        raise Refused(f"A record sent from here may have {VALUE_LIMIT // 1024} KB.")
    given = {
        "value": encoded(value),
        "key": encoded(key),
        "headers": [[name, encoded(content)] for name, content in headers],
        "partition": partition,
    }
    argv = guest("produce", broker, topic)
    for message in ask(runtime, session, tools, argv, json.dumps(given).encode()):
        if message["type"] == "produced":
            number = lines.whole(message.get("partition"), most=2**31 - 1)
            return number, lines.whole(message.get("offset"), most=2**53)
    raise NoWord("Kafka did not say where the record is.")


def encoded(content: bytes | None) -> str | None:
    """Base64; nothing stays nothing."""
    return None if content is None else base64.b64encode(content).decode("ascii")


def ask(
    runtime: Runtime, session: str, tools: str, argv: tuple[str, ...], stdin: bytes = b""
) -> Generator[dict[str, Any], None, None]:
    """The messages of a guest program that answers one question. Raises Refused, GarbledReply."""
    execution = runtime.exec(session, tools, argv, stdin=stdin, timeout=ANSWER_SECONDS)
    messages = lines.Lines(execution, LINE_LIMIT)
    try:
        for message in messages:
            if message["type"] == "refused":
                kind = NoWord if message.get("is_unclear") is True else Refused
                raise kind(lines.text(message.get("message"), 500))
            yield message
    except ValueError as error:
        raise lines.GarbledReply(f"The answer is nonsense: {error}") from error
    except CommandTimedOut as error:
        raise NoWord("Kafka did not answer in time.") from error
    if execution.exit_status:
        raise NoWord(f"That ended with an error: {messages.last_words()[:300]}")
