"""A stream is a bounded log with a cursor: nothing doubled, nothing lost but what is counted."""

import asyncio
import itertools
import threading

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pytest_django import Settings

from portal.live import streams
from portal.live.chunks import Fields
from portal.live.connection import connect
from portal.live.streams import Behind

NAMES = itertools.count(1)
Entry = tuple[int, Fields]


def new_key() -> str:
    """A stream that no other test has."""
    return f"test-stream:{next(NAMES)}"


def entries(first: int, last: int) -> list[Entry]:
    """Numbered entries, ends included."""
    return [(number, {"text": str(number)}) for number in range(first, last + 1)]


def numbers(key: str, after: int = 0, size: int = streams.READ_BYTES) -> tuple[list[int], int]:
    """All the numbers after a cursor, and how many are said to be gone."""
    found: list[int] = []
    gone = 0
    while (batch := streams.read(key, after, size)).entries:
        found += [number for number, _ in batch.entries]
        gone += batch.gap
        after = batch.last
    return found, gone


def test_what_is_appended_is_read_in_order() -> None:
    key = new_key()
    assert streams.append(key, entries(1, 3)) == 3
    assert streams.read(key).entries == tuple(entries(1, 3))
    assert streams.last_number(key) == 3


def test_a_stream_that_is_not_there_reads_as_empty() -> None:
    key = new_key()
    assert streams.read(key).entries == ()
    assert streams.last_number(key) == 0
    assert streams.append(key, []) == 0


def test_what_is_there_already_is_not_appended_again() -> None:
    key = new_key()
    streams.append(key, entries(1, 3))
    assert streams.append(key, entries(2, 5)) == 2
    assert streams.append(key, entries(1, 5)) == 0
    assert numbers(key) == ([1, 2, 3, 4, 5], 0)


def test_an_entry_keeps_what_it_said_first() -> None:
    key = new_key()
    streams.append(key, [(1, {"text": "first"})])
    streams.append(key, [(1, {"text": "again"})])
    assert streams.read(key).entries == ((1, {"text": "first"}),)


@pytest.mark.parametrize("after", [0, 1, 4, 5, 99])
def test_a_reader_gets_what_follows_its_cursor(after: int) -> None:
    key = new_key()
    streams.append(key, entries(1, 5))
    assert numbers(key, after) == (list(range(after + 1, 6)), 0)


def test_a_long_stream_is_read_in_pieces() -> None:
    key = new_key()
    for first in range(1, 101, 5):
        streams.append(key, entries(first, first + 4))
    assert len(streams.read(key, 0, 1).entries) == 5
    assert numbers(key, 0, 1) == (list(range(1, 101)), 0)


@pytest.mark.parametrize("size", [20, 200, 20_000])
def test_a_read_answers_about_as_much_as_it_is_asked_for(size: int) -> None:
    """Many small entries, then a few large ones."""
    key = new_key()
    for number in range(1, 301):
        streams.append(key, [(number, {"text": "x" * (number * number // 10)})])
    after = 0
    while (batch := streams.read(key, after, size)).chunks:
        assert sum(len(chunk.text) for chunk in batch.chunks[:-1]) < size
        after = batch.last
    assert after == 300


@pytest.mark.parametrize("after", [0, 1, 3, 4, 6, 9])
def test_a_cursor_within_a_chunk_gets_the_rest_of_it(after: int) -> None:
    key = new_key()
    streams.append(key, [(1, {}), (3, {"prev": 1}), (6, {"prev": 3}), (9, {"prev": 6})])
    assert numbers(key, after) == ([number for number in (1, 3, 6, 9) if number > after], 0)


def test_a_relay_whose_chunk_is_there_in_part_appends_the_rest() -> None:
    """Another has read the same source, with a hole that this one knows nothing of."""
    key = new_key()
    streams.append(key, entries(1, 4))
    assert streams.append(key, [(2, {}), (3, {}), (7, {"prev": 3}), (8, {})]) == 2
    assert numbers(key) == ([1, 2, 3, 4, 7, 8], 0)


def test_what_was_trimmed_is_counted_exactly(settings: Settings) -> None:
    settings.STREAM_MAX_ENTRIES = 100
    key = new_key()
    for first in range(1, 1000, 50):
        streams.append(key, entries(first, first + 49))
    found, gone = numbers(key)
    assert len(found) + gone == 1000
    assert found == list(range(gone + 1, 1001))
    assert 90 <= len(found) <= 100


@pytest.mark.parametrize("after", [0, 500, 899, 950, 1000])
def test_a_reader_that_was_away_is_told_how_much_it_missed(settings: Settings, after: int) -> None:
    settings.STREAM_MAX_ENTRIES = 100
    key = new_key()
    streams.append(key, entries(1, 1000))
    found, gone = numbers(key, after)
    assert gone + len(found) == 1000 - after


def test_a_stream_is_bounded_by_its_text_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_BYTES", 100_000)
    key = new_key()
    for number in range(1, 51):
        streams.append(key, [(number, {"text": "x" * 10_000})])
    found, gone = numbers(key)
    assert 5 <= len(found) <= 10
    assert gone + len(found) == 50


def test_the_newest_entry_stays_however_large_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_BYTES", 100)
    key = new_key()
    streams.append(key, [(1, {"text": "x" * 10_000})])
    assert numbers(key) == ([1], 0)


def test_holes_of_the_sources_own_numbering_are_no_gap() -> None:
    """A compacted topic: offsets 1 to 3 and 5 are not there any more."""
    key = new_key()
    streams.append(key, [(1, {}), (5, {"prev": 1}), (7, {"prev": 5}), (8, {})])
    assert numbers(key) == ([1, 5, 7, 8], 0)


def test_what_is_missing_between_two_entries_is_counted_once() -> None:
    """Its source's bound trimmed lines before they were read."""
    key = new_key()
    streams.append(key, [*entries(1, 3), *entries(10, 12)])
    first = streams.read(key)
    assert ([number for number, _ in first.entries], first.gap) == ([1, 2, 3], 0)
    second = streams.read(key, 3)
    assert ([number for number, _ in second.entries], second.gap) == ([10, 11, 12], 6)


def test_a_stream_that_lost_what_was_appended_says_so() -> None:
    """Redis came back without it; appending on would hide the hole for ever."""
    key = new_key()
    streams.append(key, entries(1, 5))
    streams.forget([key])
    with pytest.raises(Behind) as raised:
        streams.append(key, entries(6, 9), follows=5)
    assert raised.value.last == 0
    assert numbers(key) == ([], 0)
    assert streams.append(key, entries(1, 9)) == 9


def test_forgetting_leaves_nothing() -> None:
    key = new_key()
    streams.append(key, entries(1, 5))
    streams.forget([key])
    assert list(connect().scan_iter(f"*{key}*")) == []
    streams.forget([])


def test_a_stream_that_nobody_writes_lapses(settings: Settings) -> None:
    key = new_key()
    streams.append(key, entries(1, 1))
    left = connect().ttl(streams.stream_key(key))
    assert isinstance(left, int)
    assert 0 < left <= settings.STREAM_KEEP_SECONDS


@given(fields=st.dictionaries(st.text(), st.text() | st.none() | st.integers(), max_size=4))
@settings(deadline=None)
def test_any_text_comes_back_as_it_was(fields: dict[str, object]) -> None:
    fields = {name: value for name, value in fields.items() if name not in ("prev", "n")}
    key = new_key()
    streams.append(key, [(1, fields)])
    assert streams.read(key).entries == ((1, fields),)


def test_two_relays_that_append_at_once_double_nothing() -> None:
    key = new_key()
    begin = threading.Barrier(3)

    def relay(size: int) -> None:
        begin.wait()
        for first in range(1, 2001, size):
            streams.append(key, entries(first, min(first + size - 1, 2000)))

    threads = [threading.Thread(target=relay, args=(size,)) for size in (7, 64, 500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(key) == (list(range(1, 2001)), 0)


class Stream(RuleBasedStateMachine):
    """Two relays read one source at their own pace, die and start anew; viewers come and go."""

    BOUND = 40

    @initialize()
    def begin(self) -> None:
        self.key = new_key()
        self.stands = [0, 0]
        self.viewers: list[tuple[int, int, list[int]]] = []
        self.bounded = override_settings(STREAM_MAX_ENTRIES=self.BOUND)
        self.bounded.enable()

    def teardown(self) -> None:
        self.bounded.disable()

    @rule(relay=st.integers(0, 1), size=st.integers(1, 30))
    def append(self, relay: int, size: int) -> None:
        first = self.stands[relay] + 1
        streams.append(self.key, entries(first, first + size - 1))
        self.stands[relay] += size

    @rule(relay=st.integers(0, 1))
    def start_anew(self, relay: int) -> None:
        self.stands[relay] = streams.last_number(self.key)

    @rule(relay=st.integers(0, 1), back=st.integers(1, 30))
    def repeat(self, relay: int, back: int) -> None:
        """Its last answer was lost, so it appends that again."""
        self.stands[relay] = max(0, self.stands[relay] - back)

    @rule()
    def come(self) -> None:
        self.viewers.append((0, 0, []))

    @rule(data=st.data(), size=st.integers(1, 500))
    def view(self, data: st.DataObject, size: int) -> None:
        if not self.viewers:
            return
        index = data.draw(st.integers(0, len(self.viewers) - 1))
        after, gone, seen = self.viewers[index]
        batch = streams.read(self.key, after, size)
        if batch.entries:
            seen += [number for number, _ in batch.entries]
            self.viewers[index] = (batch.last, gone + batch.gap, seen)

    @invariant()
    def each_viewer_has_seen_all_but_what_is_counted_as_gone(self) -> None:
        for after, gone, seen in self.viewers:
            assert seen == sorted(set(seen)), "doubled, or out of order"
            assert len(seen) + gone == after

    @invariant()
    def the_stream_is_bounded_and_ends_with_the_newest(self) -> None:
        found, _ = numbers(self.key)
        assert len(found) <= self.BOUND
        assert found == list(range(found[0], found[-1] + 1)) if found else True
        assert max(self.stands, default=0) <= (found[-1] if found else 0) or not found


TestStream = Stream.TestCase
TestStream.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


async def test_coroutines_read_the_same() -> None:
    key = new_key()
    await asyncio.to_thread(streams.append, key, entries(1, 1200))
    found: list[int] = []
    while (batch := await streams.aread(key, len(found))).entries:
        found += [number for number, _ in batch.entries]
    assert found == list(range(1, 1201))
