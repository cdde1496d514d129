"""What comes from the reader in a cluster is believed only where it is well formed."""

import base64
import json
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine.errors import ClusterError, CommandCancelled
from portal.engine.lines import GarbledReply
from portal.engine.runtimes.base import Runtime
from portal.engine.tail import LINE_LIMIT, Record, TailNotice, parse_record, tail
from portal.engine.tests.scripted import ScriptedRuntime

FIELDS: dict[str, Any] = {
    "type": "record",
    "partition": 0,
    "offset": 5,
    "timestamp": 1_700_000_000_000,
    "key": None,
    "value": base64.b64encode(b'{"a": 1}').decode(),
    "size": 8,
    "headers": [],
}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def line(**changed: Any) -> bytes:
    """A record's line, changed."""
    return json.dumps(FIELDS | changed).encode() + b"\n"


def follow(script: bytes, **runtime: Any) -> list[Record | TailNotice]:
    """What the tail makes of a script."""
    made = cast(Runtime, ScriptedRuntime(script, **runtime))
    return list(tail(made, "s", "mids", "events", {0: 5}))


def test_it_reads_a_record() -> None:
    record = parse_record(line(key="aw==", headers=[["h", "eA=="], ["n", None]]))
    assert record == Record(
        0, 5, 1_700_000_000_000, b"k", b'{"a": 1}', 8, (("h", b"x"), ("n", None))
    )


@given(st.binary(max_size=300))
def test_it_takes_any_bytes_for_a_value_error_or_a_record(data: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(parse_record(data), Record)


@given(st.dictionaries(st.sampled_from(list(FIELDS)), JSON_VALUES, max_size=4))
def test_it_takes_any_json_for_a_value_error_or_a_record(changed: dict[str, Any]) -> None:
    with suppress(ValueError):
        entry = parse_record(line(**changed)).as_entry()
        json.dumps(entry, allow_nan=False)


@pytest.mark.parametrize(
    "changed",
    [
        {"offset": -1},
        {"offset": 2**70},
        {"offset": True},
        {"offset": "5"},
        {"partition": None},
        {"value": "no base64!"},
        {"value": 5},
        {"size": 1},
        {"headers": [["only a name"]]},
        {"headers": [["n", None]] * 1000},
        {"type": "notice"},
        {"timestamp": 1e300},
    ],
)
def test_it_refuses_what_no_reader_says(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - that it is refused is the point
        parse_record(line(**changed))


def test_it_refuses_json_without_a_bottom() -> None:
    with pytest.raises(ValueError, match="nested"):
        parse_record(b"[" * 100_000)


def test_it_yields_records_and_notices_from_pieces_of_lines() -> None:
    notice = b'{"type":"notice","what":"waiting-topic"}\n'
    found = follow(notice + line() + line(offset=6))
    assert found[0] == TailNotice("waiting-topic")
    assert [each.offset for each in found[1:] if isinstance(each, Record)] == [5, 6]


def test_it_asks_from_the_offsets_that_it_is_given() -> None:
    made = ScriptedRuntime(b"")
    list(tail(cast(Runtime, made), "s", "mids", "events", {0: 5, 2: 1}))
    assert made.asked[0][-4:] == ("kafka:29092", "events", "--from", '{"0": 5, "2": 1}')


def test_it_ends_when_it_is_cancelled() -> None:
    assert len(follow(line(), error=CommandCancelled())) == 1


def test_it_says_why_the_reader_ended() -> None:
    with pytest.raises(ClusterError, match="no such module"):
        follow(b"", stderr=b"Traceback\nno such module\n", status=1)


@pytest.mark.parametrize(
    "said", [b"hello\n", b"[]\n", b'{"type":"notice","what":"party"}\n', b'{"type":5}\n']
)
def test_it_refuses_a_line_that_is_no_message(said: bytes) -> None:
    with pytest.raises(GarbledReply):
        follow(said)


def test_it_bounds_a_line_without_an_end() -> None:
    with pytest.raises(GarbledReply, match="without an end"):
        follow(b"x" * (LINE_LIMIT + 8))


def test_it_ends_the_command_when_nobody_reads_on() -> None:
    made = ScriptedRuntime(line() * 3)
    reading = tail(cast(Runtime, made), "s", "mids", "events", {})
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert made.executions[0].is_closed


def test_an_entry_shows_text_as_text_and_bytes_as_base64() -> None:
    text = parse_record(line()).as_entry()
    assert (text["value"], text["encoding"], text["truncated"]) == ('{"a": 1}', "utf-8", False)
    value = base64.b64encode(b"\xff\x00").decode()
    binary = parse_record(line(value=value, size=2)).as_entry()
    assert (binary["value"], binary["encoding"]) == (value, "base64")


def test_an_entry_that_was_cut_inside_a_character_is_still_text() -> None:
    value = base64.b64encode("aé".encode()[:2]).decode()
    entry = parse_record(line(value=value, size=3)).as_entry()
    assert (entry["value"], entry["encoding"], entry["truncated"]) == ("a", "utf-8", True)


def test_an_entry_tells_a_tombstone_from_an_empty_value() -> None:
    assert parse_record(line(value=None, size=0)).as_entry()["is_null"] is True
    assert parse_record(line(value="", size=0)).as_entry()["is_null"] is False
