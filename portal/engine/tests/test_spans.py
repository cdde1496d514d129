"""What servers note of requests: hostile lines are left out, and a folder is read once through."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine import spans
from portal.engine.guest.spans import LINE_BYTES, STEP, Spool

ID, SPAN = "a" * 32, "b" * 16
KINDS = ("begin", "sent", "landed", "lost", "end")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = ("k", "id", "nth", "span", "at", "topic", "partition", "offset", "status", "in", "error")
LINES = st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from((*KINDS, ID, SPAN)))


@given(st.text(max_size=300) | LINES.map(lambda fields: json.dumps(fields)))
def test_whatever_a_line_is_it_is_one_of_ours_or_left_out(text: str) -> None:
    found = spans.read_line(text)
    assert found is None or len(found.id) == 32


@given(st.binary(max_size=300))
def test_what_the_reader_says_is_read_or_refused(data: bytes) -> None:
    try:
        found = spans.read_told(data)
    except ValueError:
        return
    assert all(each.number > 0 for each in found)


@given(st.lists(LINES | st.just(None), max_size=8))
def test_junk_among_the_lines_costs_none_of_them(junk: list[dict[str, Any] | None]) -> None:
    good = {"k": "begin", "id": ID, "at": 1.0, "method": "GET", "path": "/"}
    texts = [json.dumps(each or good) for each in [*junk, good]]
    told = {"type": "spans", "lines": [[n, text] for n, text in enumerate(texts, 1)]}
    found = spans.read_told(json.dumps(told).encode())
    assert found[-1].number == len(texts)
    assert found[-1].line == spans.Begin(ID, 1.0, "GET", "/")


@pytest.mark.parametrize("depth", [10_000])
def test_a_deep_line_is_left_out(depth: int) -> None:
    assert spans.read_line('{"k":"begin","x":' + "[" * depth) is None


def test_a_line_with_its_bytes_comes_back_as_it_was() -> None:
    end = spans.End(ID, 2.0, is_request=True, request=b"\x00\xff", response=b"ok", status=200)
    assert spans.read_line(msgspec.json.encode(end)) == end


def read(spool: Spool) -> list[tuple[int, bytes]]:
    """What it gives now."""
    return list(spool.read())


def test_a_folder_is_read_in_the_order_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "7.jsonl").write_bytes(b"one\ntwo\nhal")
    spool = Spool(tmp_path, 0)
    assert read(spool) == [(7 * STEP + 4, b"one"), (7 * STEP + 8, b"two")]
    with (tmp_path / "7.jsonl").open("ab") as file:
        file.write(b"f\n")
    (tmp_path / "9.jsonl").write_bytes(b"three\n")
    assert [line for _, line in read(spool)] == [b"half"]
    spool.followed_at = 1e-9
    assert read(spool) == []
    assert [line for _, line in read(spool)] == [b"three"]
    assert os.listdir(tmp_path) == ["9.jsonl"], "what was read and followed is removed"


def test_who_reads_anew_goes_on_behind_a_number(tmp_path: Path) -> None:
    (tmp_path / "7.jsonl").write_bytes(b"one\ntwo\n")
    first, second = read(Spool(tmp_path, 0))
    assert read(Spool(tmp_path, first[0])) == [second]
    assert read(Spool(tmp_path, second[0])) == []


def test_what_is_no_plain_file_and_no_line_is_let_be(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.jsonl")
    os.symlink("/etc/passwd", tmp_path / "2.jsonl")
    (tmp_path / "x.jsonl").write_bytes(b"no number\n")
    (tmp_path / "9999999999999.jsonl").write_bytes(b"too far\n")
    long = b"x" * (LINE_BYTES + 1)
    (tmp_path / "3.jsonl").write_bytes(long + b"\nshort\n")
    spool = Spool(tmp_path, 0)
    found = []
    for _ in range(8):
        found += [line for _, line in read(spool)]
        spool.followed_at = 1e-9
    assert found == [b"short"]


def test_the_switch_is_a_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "new", 0)
    spool.turn(is_on=True)
    assert (tmp_path / "new" / "on").exists()
    spool.turn(is_on=False)
    spool.turn(is_on=False)
    assert not (tmp_path / "new" / "on").exists()
