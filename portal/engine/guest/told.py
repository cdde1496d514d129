"""Records as a line of JSON tells them; `portal.engine.records` reads it."""

import base64
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

from .batches import skipped_in
from .flags import IS_CUT, KEY_IS_BASE64, VALUE_IS_BASE64

VALUE_LIMIT = 64 * 1024
KEY_LIMIT = 4 * 1024
HEADER_LIMIT = 1024
HEADERS_SHOWN = 32
LINE_BYTES = 1 << 16
LINE_RECORDS = 500
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write_records(records: Iterable[Any]) -> None:
    """Print records, many to a line: a line for each would be most of what a burst costs."""
    for part in parts(records):
        write_bytes(line_of(part))


def line_of(part: list[list[Any]]) -> bytes:
    """What was told, as a line."""
    return b'{"type":"records","records":%b}\n' % _encode(part).encode()


def parts(records: Iterable[Any]) -> Iterator[list[list[Any]]]:
    """As many as make a line."""
    part: list[list[Any]] = []
    size = 0
    for record in records:
        part.append(told(record))
        size += len(record.value or b"") + 64
        if size > LINE_BYTES or len(part) >= LINE_RECORDS:
            yield part
            part, size = [], 0
    if part:
        yield part


def told(record: Any) -> list[Any]:
    """One record, large ones cut, their size told."""
    place = [record.partition, record.offset, record.timestamp]
    if record.headers and (skipped := skipped_in(record)):
        return [*place, None, None, 0, 0, [], skipped.records, skipped]
    key, value = record.key, record.value
    flags = size = 0
    if value is not None:
        size = len(value)
        value, is_text = text_of(value, VALUE_LIMIT)
        flags = (0 if is_text else VALUE_IS_BASE64) | (IS_CUT if size > VALUE_LIMIT else 0)
    if key is not None:
        key, is_text = text_of(key, KEY_LIMIT)
        flags |= 0 if is_text else KEY_IS_BASE64
    headers = [header(*each) for each in record.headers[:HEADERS_SHOWN]] if record.headers else []
    return [*place, key, value, size, flags, headers]


def header(name: str, content: bytes | None) -> list[str | None]:
    """Name and content; followed by its encoding when that isn't text."""
    if content is None:
        return [name[:256], None]
    text, is_text = text_of(content, HEADER_LIMIT)
    return [name[:256], text] if is_text else [name[:256], text, "base64"]


def text_of(content: bytes, limit: int) -> tuple[str, bool]:
    """Its beginning as text, or as base64 where it is none; and which of the two."""
    part = content[:limit]
    try:
        return part.decode(), True
    except UnicodeDecodeError as error:
        # Cut in the middle of a character, it is still a text.
        if len(part) < len(content) and error.start >= limit - 3:
            return part[: error.start].decode(), True
        return base64.b64encode(part).decode("ascii"), False


def write_bytes(data: bytes) -> None:
    """Write all of it to standard output, past Python's own buffer."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]
