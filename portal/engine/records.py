"""What the readers in a cluster tell: records, many in a line, and notices. Hostile until read.

The types say what is well formed; whatever isn't raises ValueError.
"""

import base64
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from portal.engine.guest.flags import IS_CUT, KEY_IS_BASE64, VALUE_IS_BASE64

MARK = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
Number = Annotated[int, Meta(ge=0, le=2**53)]
Partition = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Content = Annotated[str, Meta(max_length=90_000)] | None
"""Text, or what is none in base64; nothing for no value at all."""
AS_USUAL: dict[str, Any] = {
    "key": None,
    "encoding": "utf-8",
    "is_null": False,
    "truncated": False,
    "headers": [],
}
"""What is so of an entry that doesn't say otherwise."""
MOST_RECORDS = 5000
"""As many at once can be asked for."""
Header = list[Annotated[str, Meta(max_length=2000)] | None]
"""Name, content, and `base64` if the content is that."""


class Record(
    Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False, kw_only=False
):
    """One record of a topic. `value` may be only its beginning: `size` is its whole size."""

    partition: Partition
    offset: Number
    timestamp: Annotated[int, Meta(ge=-1, le=2**53)]
    """Milliseconds since the epoch; -1 when the record has none."""
    key: Content
    value: Content
    size: Number
    flags: Annotated[int, Meta(ge=0, le=7)] = 0
    headers: Annotated[
        list[Annotated[Header, Meta(min_length=2, max_length=3)]], Meta(max_length=100)
    ] = []
    skipped: Annotated[int, Meta(ge=0, le=2**31)] = 0
    """So many records, the last of them at `offset`, could not be read: this stands for them."""
    reason: Annotated[str, Meta(max_length=200)] = ""

    @property
    def mark(self) -> tuple[str, str] | None:
        """Of which trace and span it says that it is, as W3C writes it; None without a mark."""
        for name, content, *_ in reversed(self.headers):
            if name == "traceparent" and content and (found := MARK.fullmatch(content)):
                return found[1], found[2]
        return None

    @property
    def is_cut(self) -> bool:
        """Whether `value` is only the beginning."""
        return bool(self.flags & IS_CUT)

    def as_entry(self) -> dict[str, Any]:
        """The record as pages get it: what is no text as base64, and nothing that goes without
        saying (`AS_USUAL`)."""
        place = {"partition": self.partition, "offset": self.offset, "at": self.timestamp / 1000}
        if self.skipped:
            return {**place, "skipped": self.skipped, "reason": self.reason}
        entry = {**place, "value": self.value or "", "size": self.size}
        if self.value is None:
            entry["is_null"] = True
        if self.key is not None:
            entry["key"] = self.key
        if self.headers:
            entry["headers"] = self.headers
        if self.flags:
            entry |= flagged(self.flags)
        return entry


def flagged(flags: int) -> dict[str, Any]:
    """What an entry says of a record that isn't whole, or isn't text."""
    said = (
        (VALUE_IS_BASE64, "encoding", "base64"),
        (KEY_IS_BASE64, "key_encoding", "base64"),
        (IS_CUT, "truncated", True),
    )
    return {name: value for flag, name, value in said if flags & flag}


class Records(Struct, frozen=True, tag="records", forbid_unknown_fields=True):
    """Records of one partition or of several, each partition's in order."""

    records: Annotated[tuple[Record, ...], Meta(max_length=10_000)]


class TailNotice(Struct, frozen=True, tag="notice", forbid_unknown_fields=True):
    """What a watcher should know besides the records.

    `waiting-broker`, `waiting-topic`: not there (yet). `following`: records come from now on.
    `deleted`: the topic is gone. `recreated`: it is another topic of the same name, and is read
    from its beginning: what was shown of it is of one that is no more. `trimmed`: records between
    where the reader stood and where the log begins now are gone: `records` of `partition`.
    """

    what: Literal["waiting-broker", "waiting-topic", "following", "deleted", "recreated", "trimmed"]
    identity: Annotated[str, Meta(max_length=300)] = ""
    """Kafka's own name for the topic, told by `following`."""
    ends: Annotated[dict[Partition, Number], Meta(max_length=1000)] = {}
    """By partition that is read, where it ended; told by `following`."""
    partition: Partition = 0
    records: Number = 0


_line = msgspec.json.Decoder(Records | TailNotice)


def read_line(line: bytes) -> Records | TailNotice:
    """A line of `guest.tail`. Raises ValueError, whatever the bytes are."""
    try:
        found = _line.decode(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return checked(found) if isinstance(found, Records) else found


def read_records(given: object) -> tuple[Record, ...]:
    """The `records` of a message that was parsed already. Raises ValueError."""
    return checked(msgspec.convert({"type": "records", "records": given}, Records)).records


def checked(found: Records) -> Records:
    """Them, if all that says it is base64 is that. Raises ValueError."""
    for record in found.records:
        if record.flags & VALUE_IS_BASE64:
            base64.b64decode(record.value or "", validate=True)
        if record.flags & KEY_IS_BASE64:
            base64.b64decode(record.key or "", validate=True)
        if record.headers:
            check_headers(record.headers)
    return found


def check_headers(headers: list[Header]) -> None:
    """Raises ValueError."""
    for name, content, *encoding in headers:
        if name is None or encoding not in ([], ["base64"]):
            raise ValueError("a header has a name, a content and maybe an encoding")
        if encoding:
            base64.b64decode(content or "", validate=True)
