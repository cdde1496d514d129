"""What comes from the reader in a cluster is believed only where it is well formed."""

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine.errors import ClusterError, CommandCancelled
from portal.engine.guest.told import line_of, parts, told
from portal.engine.lines import GarbledReply
from portal.engine.records import AS_USUAL, Record, Records, TailNotice, read_line, read_records
from portal.engine.runtimes.base import Runtime
from portal.engine.tail import LINE_LIMIT, tail
from portal.engine.tests.scripted import ScriptedRuntime

PLACE = {"partition": 0, "offset": 5, "timestamp": 1_700_000_000_000}
FIELDS: dict[str, Any] = (
    PLACE
    | {"key": None, "value": '{"a": 1}', "size": 8, "flags": 0}
    | {
        "headers": [],
        "skipped": 0,
        "reason": "",
    }
)
"""A record's, in the order in which a line has them."""
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def line(kind: str = "records", **changed: Any) -> bytes:
    """A record's line, changed."""
    records = [list((FIELDS | changed).values())]
    return json.dumps({"type": kind, "records": records}).encode() + b"\n"


def read(**changed: Any) -> Record:
    """The record that a line says."""
    found = read_line(line(**changed))
    assert isinstance(found, Records)
    return found.records[0]


def follow(script: bytes, **runtime: Any) -> list[Records | TailNotice]:
    """What the tail makes of a script."""
    made = cast(Runtime, ScriptedRuntime(script, **runtime))
    return list(tail(made, "s", "mids", "kafka:29092", "events", {0: 5}))


def test_it_reads_a_record() -> None:
    record = read(key="k", headers=[["h", "x"], ["n", None]])
    assert record.as_entry() == {
        "partition": 0,
        "offset": 5,
        "at": 1_700_000_000.0,
        "key": "k",
        "value": '{"a": 1}',
        "size": 8,
        "headers": [["h", "x"], ["n", None]],
    }


@given(st.binary(max_size=300))
def test_it_takes_any_bytes_for_a_value_error_or_a_message(data: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(read_line(data), Records | TailNotice)


@given(st.dictionaries(st.sampled_from(list(FIELDS)), JSON_VALUES, max_size=4))
def test_it_takes_any_json_for_a_value_error_or_a_record(changed: dict[str, Any]) -> None:
    with suppress(ValueError):
        assert json.dumps(read(**changed).as_entry(), allow_nan=False)


@pytest.mark.parametrize(
    "changed",
    [
        {"offset": -1},
        {"offset": 2**70},
        {"offset": True},
        {"offset": "5"},
        {"partition": None},
        {"value": "no base64!", "flags": 1},
        {"key": "no base64!", "flags": 2},
        {"headers": [["n", "no base64!", "base64"]]},
        {"headers": [["n", "text", "rot13"]]},
        {"headers": [[None, "text"]]},
        {"flags": 8},
        {"value": 5},
        {"value": "x" * 100_000},
        {"skipped": -1},
        {"headers": [["only a name"]]},
        {"headers": [["n", None]] * 1000},
        {"kind": "notice"},
        {"timestamp": 1e300},
    ],
)
def test_it_refuses_what_no_reader_says(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - that it is refused is the point
        read_line(line(**changed))


def test_it_refuses_json_without_a_bottom() -> None:
    with pytest.raises(ValueError, match=r"nested|malformed|Expected"):
        read_line(b'{"type":"records","records":' + b"[" * 100_000)


def test_it_yields_records_and_notices_from_pieces_of_lines() -> None:
    notice = b'{"type":"notice","what":"waiting-topic"}\n'
    found = follow(notice + line() + line(offset=6))
    assert found[0] == TailNotice("waiting-topic")
    assert [each.records[0].offset for each in found[1:] if isinstance(each, Records)] == [5, 6]


def test_it_asks_from_the_offsets_that_it_is_given() -> None:
    made = ScriptedRuntime(b"")
    list(tail(cast(Runtime, made), "s", "mids", "kafka:29092", "events", {0: 5, 2: 1}))
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
    reading = tail(cast(Runtime, made), "s", "mids", "kafka:29092", "events", {})
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert made.executions[0].is_closed


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"text", ("text", "utf-8", False, 4)),
        (b"\xff\x00", ("/wA=", "base64", False, 2)),
        (b"", ("", "utf-8", False, 0)),
        (("x" * 65_535 + "é").encode(), ("x" * 65_535, "utf-8", True, 65_537)),
        (
            b"\xff" + b"x" * 70_000,
            (b64encode(b"\xff" + b"x" * 65_535).decode(), "base64", True, 70_001),
        ),
    ],
)
def test_a_value_arrives_as_text_or_as_base64_and_cut(value: bytes, told: tuple[Any, ...]) -> None:
    entry = whole(value=value)
    assert (entry["value"], entry["encoding"], entry["truncated"], entry["size"]) == told


def test_keys_and_headers_arrive_as_text_or_as_base64() -> None:
    headers = [("text", b"x"), ("bytes", b"\xff"), ("nothing", None)]
    entry = whole(key=b"\xff", headers=headers)
    assert (entry["key"], entry["key_encoding"]) == ("/w==", "base64")
    assert entry["headers"] == [["text", "x"], ["bytes", "/w==", "base64"], ["nothing", None]]


def test_an_entry_tells_a_tombstone_from_an_empty_value() -> None:
    assert whole(value=None)["is_null"] is True
    assert whole(value=b"")["is_null"] is False


@given(st.lists(st.binary(max_size=80) | st.text(max_size=40).map(str.encode), max_size=40))
def test_the_guest_and_the_portal_agree_on_any_bytes(values: list[bytes]) -> None:
    lines = [line_of(part) for part in parts([kafkas(value=value) for value in values])]
    found = [read_line(line) for line in lines]
    entries = [AS_USUAL | each.as_entry() for line in found for each in line.records]  # type: ignore[union-attr]
    assert [
        b64decode(each["value"]) if each["encoding"] == "base64" else each["value"].encode()
        for each in entries
    ] == values


def kafkas(**given: Any) -> Any:
    """A record as kafka-python has it."""
    return SimpleNamespace(
        **(
            {"partition": 0, "offset": 5, "timestamp": -1, "key": None, "value": b"", "headers": []}
            | given
        )
    )


def whole(**given: Any) -> dict[str, Any]:
    """The entry of a record that the guest has told and the portal has read."""
    (record,) = read_records(json.loads(json.dumps([told(kafkas(**given))])))
    return AS_USUAL | record.as_entry()
