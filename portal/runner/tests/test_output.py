"""What a run prints, on its way to pages and to its row."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.live import streams
from portal.runner.services import output
from portal.runner.services.output import OutputWriter

RUNS = itertools.count(1)
PIECES = st.lists(
    st.tuples(
        st.sampled_from(["stdout", "stderr", "note"]),
        st.binary(max_size=12) | st.text(max_size=6).map(str.encode),
    ),
    max_size=30,
)


def writer(run_id: int | None = None) -> OutputWriter:
    """A writer for a run that no other test has."""
    return OutputWriter("output", next(RUNS) if run_id is None else run_id)


def entries_of(key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Everything in a stream."""
    after = 0
    while (batch := streams.read(key, after)).entries:
        yield from batch.entries
        after = batch.last


def shown(data: bytes) -> str:
    """How bytes read on the page."""
    return data.decode("utf-8", "replace").replace("\0", "\u2400")


@settings(deadline=None)
@given(pieces=PIECES, flushes=st.sets(st.integers(0, 29)))
def test_any_bytes_in_any_pieces_read_as_if_they_had_come_whole(
    pieces: list[tuple[str, bytes]], flushes: set[int]
) -> None:
    writing = writer()
    for index, (stream, data) in enumerate(pieces):
        writing.write(stream, data)
        if index in flushes:
            writing.flush()
    kept = writing.close()
    entries = list(entries_of(writing.key))
    for stream in ("stdout", "stderr", "note"):
        text = "".join(fields["text"] for _, fields in entries if fields["stream"] == stream)
        assert text == shown(b"".join(data for name, data in pieces if name == stream))
    assert [number for number, _ in entries] == list(range(1, len(entries) + 1))
    assert kept == "".join(fields["text"] for _, fields in entries)


def test_pages_get_output_while_the_step_still_runs() -> None:
    writing = writer()
    writing.write("stdout", b"first\n")
    deadline = time.monotonic() + 60
    while not streams.read(writing.key).entries:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    writing.close()


def test_numbers_go_on_after_a_restart() -> None:
    first = writer()
    first.write("stdout", b"one\n")
    first.close()
    second = writer(int(first.key.rpartition(":")[2]))
    second.write("stdout", b"two\n")
    second.close()
    assert [(n, fields["text"]) for n, fields in entries_of(first.key)] == [
        (1, "one\n"),
        (2, "two\n"),
    ]


def test_a_row_keeps_a_bounded_part_and_says_so() -> None:
    writing = writer()
    for _ in range(6):
        writing.write("stdout", b"x" * 50_000)
    kept = writing.close()
    assert kept.count("x") == output.KEPT_LIMIT
    assert kept.endswith("the rest of the output is not shown: it is longer than 256 KB.\n")


def test_what_just_fits_is_kept_without_a_note() -> None:
    writing = writer()
    writing.write("stdout", b"x" * output.KEPT_LIMIT)
    assert writing.close() == "x" * output.KEPT_LIMIT


def test_a_flood_ends_with_a_note_on_the_page_too() -> None:
    writing = writer()
    for _ in range(100):
        writing.write("stdout", b"x" * 65_536)
    writing.close()
    text = "".join(fields["text"] for _, fields in entries_of(writing.key))
    assert len(text) < output.STREAM_LIMIT + 2 * 65_536
    assert text.endswith("it is longer than 1024 KB.\n")


def test_nothing_is_lost_or_doubled_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each second time the answer is lost after the entries had got there."""
    append, calls = streams.append, itertools.count()

    def append_badly(key: str, entries: Any) -> int:
        match next(calls) % 3:
            case 0:
                raise redis.ConnectionError("away")
            case 1:
                append(key, entries)
                raise redis.ConnectionError("the answer is lost")
        return append(key, entries)

    monkeypatch.setattr(streams, "append", append_badly)
    monkeypatch.setattr(output, "FLUSH_SECONDS", 60)
    writing = writer()
    for number in range(50):
        writing.write("stdout", f"{number}\n".encode())
        if number % 5 == 0:
            writing.flush()
    monkeypatch.setattr(streams, "append", append)
    kept = writing.close()
    text = "".join(fields["text"] for _, fields in entries_of(writing.key))
    assert kept == text == "".join(f"{number}\n" for number in range(50))


def test_a_run_can_be_closed_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(key: str, entries: Any) -> int:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(streams, "append", away)
    writing = writer()
    writing.write("stdout", b"said\n")
    assert writing.close() == "said\n"
