"""Read a topic from an offset on, in the cluster's own network, for as long as it is wanted."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.engine import lines
from portal.engine.errors import ClusterError, CommandCancelled, CommandTimedOut
from portal.engine.runtimes.base import Cancelled, Runtime, never

BOOTSTRAP = "kafka:29092"
LINE_LIMIT = 512 * 1024
PARTITIONS_LIMIT = 1000
AGE_SECONDS = 24 * 3600.0
"""A tail older than this is started again; it goes on where it stood."""
WHAT = frozenset(
    {"waiting-broker", "waiting-topic", "following", "deleted", "recreated", "trimmed"}
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic. `value` may be only its beginning: `size` is its whole size."""

    partition: int
    offset: int
    timestamp: int
    """Milliseconds since the epoch; -1 when the record has none."""
    key: bytes | None
    value: bytes | None
    size: int
    headers: tuple[tuple[str, bytes | None], ...] = ()
    skipped: int = 0
    """So many records, the last of them at `offset`, could not be read: this stands for them."""
    reason: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether `value` is only the beginning."""
        return self.value is not None and self.size > len(self.value)

    def as_entry(self) -> dict[str, Any]:
        """The record as pages get it; what is no text comes as base64, and says so."""
        if self.skipped:
            at = {"partition": self.partition, "offset": self.offset, "at": self.timestamp / 1000}
            return {**at, "skipped": self.skipped, "reason": self.reason}
        value, encoding = shown(self.value, self.is_cut)
        return {
            "partition": self.partition,
            "offset": self.offset,
            "at": self.timestamp / 1000,
            "key": None if self.key is None else shown(self.key)[0],
            **({"key_encoding": "base64"} if shown(self.key)[1] == "base64" else {}),
            "value": value,
            "encoding": encoding,
            "is_null": self.value is None,
            "size": self.size,
            "truncated": self.is_cut,
            "headers": [[name, *shown_header(content)] for name, content in self.headers],
        }


@dataclass(frozen=True, slots=True)
class TailNotice:
    """What a watcher should know besides the records.

    `waiting-broker`, `waiting-topic`: not there (yet). `following`: records come from now on.
    `deleted`: the topic is gone. `recreated`: it is another topic of the same name, and is read
    from its beginning: what was shown of it is of one that is no more. `trimmed`: records between
    where the reader stood and where the log begins now are gone: `records` of `partition`.
    """

    what: str
    identity: str = field(default="", compare=False)
    """Kafka's own name for the topic, told by `following`."""
    partitions: tuple[int, ...] = field(default=(), compare=False)
    """Those that are read, told by `following`."""
    partition: int = field(default=0, compare=False)
    records: int = field(default=0, compare=False)


def tail(
    runtime: Runtime,
    session: str,
    tools: str,
    topic: str,
    offsets: Mapping[int, int],
    cancelled: Cancelled = never,
    *,
    identity: str = "",
    bootstrap: str = BOOTSTRAP,
) -> Iterator[Record | TailNotice]:
    """Yield records from the given offsets on, by partition; the others from their beginning.

    `identity` names the topic that they are offsets of: another of its name is read anew.
    Follows for ever, through the topic's and the broker's absence; ends when cancelled, or when
    the reader in the cluster has grown old. Raises ClusterGone, GarbledReply and ClusterError.
    """
    start = json.dumps({str(partition): offset for partition, offset in offsets.items()})
    known = ("--identity", identity) if identity else ()
    argv = ("python", "-m", "guest.tail", bootstrap, topic, *known, "--from", start)
    execution = runtime.exec(session, tools, argv, timeout=AGE_SECONDS, cancelled=cancelled)
    messages = lines.Lines(execution, LINE_LIMIT)
    try:
        for message in messages:
            yield read_message(message)
    except (CommandCancelled, CommandTimedOut):
        return
    if execution.exit_status and not cancelled():
        raise ClusterError(f"The reader of topic {topic} ended: {messages.last_words()[:300]}")


def read_message(message: dict[str, Any]) -> Record | TailNotice:
    """A message of `guest.tail` as what it means. Raises GarbledReply."""
    try:
        match message["type"]:
            case "record":
                return to_record(message)
            case "skipped":
                return to_skipped(message)
        return to_notice(message)
    except ValueError as error:
        raise lines.GarbledReply(f"The reader in the cluster said nonsense: {error}") from error


def parse_record(line: bytes) -> Record:
    """One line of `guest.tail` as a record. Raises ValueError, whatever the bytes are."""
    message = lines.parse_message(line)
    if message["type"] != "record":
        raise ValueError("it is no record")
    return to_record(message)


def to_record(message: dict[str, Any]) -> Record:
    """Raises ValueError."""
    value = binary(message.get("value"))
    size = lines.whole(message.get("size"))
    if size < len(value or b""):
        raise ValueError("the value is larger than its size")
    return Record(
        partition=lines.whole(message.get("partition"), most=2**31 - 1),
        offset=lines.whole(message.get("offset"), most=2**53),
        timestamp=lines.whole(message.get("timestamp"), least=-1, most=2**53),
        key=binary(message.get("key")),
        value=value,
        size=size,
        headers=tuple(header(each) for each in lines.items(message.get("headers"), 100)),
    )


def to_skipped(message: dict[str, Any]) -> Record:
    """Raises ValueError."""
    return Record(
        partition=lines.whole(message.get("partition"), most=2**31 - 1),
        offset=lines.whole(message.get("offset"), most=2**53),
        timestamp=lines.whole(message.get("timestamp"), least=-1, most=2**53),
        key=None,
        value=None,
        size=0,
        skipped=lines.whole(message.get("records"), least=1, most=2**31),
        reason=lines.text(message.get("reason"), 200),
    )


def to_notice(message: dict[str, Any]) -> TailNotice:
    """Raises ValueError."""
    what = message.get("what")
    if message["type"] != "notice" or not isinstance(what, str) or what not in WHAT:
        raise ValueError("it is no notice")
    ends = lines.record(message.get("ends", {}))
    if len(ends) > PARTITIONS_LIMIT or not all(each.isdecimal() for each in ends):
        raise ValueError("it has more partitions than a reader reads")
    return TailNotice(
        what,
        identity=lines.text(message.get("identity", ""), 300),
        partitions=tuple(lines.whole(int(each), most=2**31 - 1) for each in ends),
        partition=lines.whole(message.get("partition", 0), most=2**31 - 1),
        records=lines.whole(message.get("records", 0), most=2**53),
    )


def header(pair: object) -> tuple[str, bytes | None]:
    """Name and content of a record's header. Raises ValueError."""
    name, content = lines.items(pair, 2) if isinstance(pair, list) and len(pair) == 2 else (0, 0)
    return lines.text(name, 1024), binary(content)


def binary(value: object) -> bytes | None:
    """Bytes from base64; nothing stays nothing. Raises ValueError."""
    if value is None:
        return None
    return base64.b64decode(lines.text(value, LINE_LIMIT), validate=True)


def shown_header(content: bytes | None) -> list[str | None]:
    """A header's content; followed by its encoding when that isn't text."""
    if content is None:
        return [None]
    text, encoding = shown(content)
    return [text] if encoding == "utf-8" else [text, encoding]


def shown(value: bytes | None, is_cut: bool = False) -> tuple[str, str]:
    """Bytes as text and how it is encoded: `utf-8`, or `base64` when they are no text."""
    content = value or b""
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError as error:
        # Cut in the middle of a character, it is still a text.
        if is_cut and error.start >= len(content) - 3:
            return content[: error.start].decode(), "utf-8"
        return base64.b64encode(content).decode("ascii"), "base64"
