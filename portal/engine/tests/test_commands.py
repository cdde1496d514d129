"""Commands in what a terminal writes: found by their marks, whatever else is written."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.engine.commands import (
    COMMAND_CHARACTERS,
    MARK_BYTES,
    OUTPUT_CHARACTERS,
    CommandRan,
    Marks,
    text_of,
)

PROMPT = b"\x1b]133;D;0\x07\x1b]133;A\x07$ \x1b]133;B\x07"


def ran(command: bytes, output: bytes, status: bytes = b"0") -> bytes:
    """A command as the shell marks it."""
    begun = b"\x1b]633;E;" + command + b"\x07\x1b]133;C\x07"
    return begun + output + b"\x1b]133;D;" + status + b"\x07\x1b]133;A\x07$ \x1b]133;B\x07"


def read(data: bytes, size: int = 1 << 20) -> list[CommandRan]:
    """All that is told of it, in pieces of that size."""
    marks, told, at = Marks("e"), [], 0
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        at += len(piece)
        told += marks.read(piece, at, float(at))
    return told


def ended(data: bytes, size: int = 1 << 20) -> list[CommandRan]:
    """The commands that have ended."""
    return [each for each in read(data, size) if each.ended_at is not None]


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 20])
def test_a_command_is_told_when_it_begins_and_when_it_ends(size: int) -> None:
    data = PROMPT + ran(b"curl localhost", b"Hello\r\n", b"7")
    began, ran_ = read(data, size)
    assert (began.command, began.exit_status, began.ended_at) == ("curl localhost", None, None)
    assert (ran_.command, ran_.exit_status, ran_.output) == ("curl localhost", 7, "Hello\n")
    assert began.id == ran_.id == f"e-{data.index(b'Hello')}"
    assert ran_.started_at == began.started_at
    assert ran_.ended_at is not None
    assert ran_.ended_at >= ran_.started_at


def test_what_is_typed_and_prompted_is_no_output() -> None:
    first, second = ended(PROMPT + b"typed" + ran(b"one", b"1") + b"more" + ran(b"two", b"2"))
    assert (first.output, second.output) == ("1", "2")
    assert first.id != second.id


def test_a_mark_may_end_as_either_kind_does() -> None:
    (told,) = ended(ran(b"one", b"1").replace(b"\x07", b"\x1b\\"), 1)
    assert (told.command, told.output) == ("one", "1")


def test_a_command_comes_back_as_it_was_typed() -> None:
    (told,) = ended(ran(rb"echo \\x3b a\x3b b\x0ac\x1b\x07", b""))
    assert told.command == "echo \\x3b a; b\nc"


def test_an_end_without_a_beginning_is_nothing() -> None:
    assert read(PROMPT * 3) == []


def test_a_command_whose_end_is_not_told_ends_with_the_next_prompt() -> None:
    (told,) = ended(b"\x1b]133;C\x07out\x1b]133;A\x07")
    assert (told.command, told.exit_status, told.output) == ("", None, "out")


@pytest.mark.parametrize("status", [b"", b"x", b"9" * 5000, "\u0663".encode()])
def test_a_strange_status_is_none_or_a_number(status: bytes) -> None:
    (told,) = ended(ran(b"x", b"", status))
    assert told.exit_status is None or abs(told.exit_status) < 10**6


def test_much_output_leaves_its_end() -> None:
    line = b"0123456789abcde\r\n"
    (told,) = ended(ran(b"yes", line * 100_000 + b"last"), 4096)
    assert told.is_cut
    assert len(told.output) <= OUTPUT_CHARACTERS
    assert told.output.endswith("0123456789abcde\nlast")


def test_a_long_command_is_cut() -> None:
    (told,) = ended(ran(b"x" * 10_000, b""))
    assert told.command == "x" * COMMAND_CHARACTERS


def test_a_mark_that_never_ends_is_output() -> None:
    marks = Marks("e")
    data = b"\x1b]133;C\x07" + b"\x1b]" + b"x" * (MARK_BYTES + 10)
    marks.read(data, len(data), 1.0)
    end = b"\x1b]133;D;0\x07"
    (told,) = marks.read(end, len(data) + len(end), 2.0)
    assert "xxx" in told.output


def test_another_escape_ends_a_mark_that_did_not_end() -> None:
    (told,) = ended(b"\x1b]633;E;no" + ran(b"yes", b"1"))
    assert told.command == "yes"


def test_an_editor_is_told_from_a_command_that_prints() -> None:
    data = ran(b"nano x", b"\x1b[?1049h text \x1b[?1049l") + ran(b"ls", b"x")
    for size in (1, 3, 1 << 20):
        assert [each.used_screen for each in ended(data, size)] == [True, False]


def test_text_is_what_a_person_read() -> None:
    assert text_of(b"\x1b[1;31mred\x1b[0m\r\n10%\r20%\rdone\r\n\x1b]8;;x\x07link\x1b]8;;\x07") == (
        "red\ndone\nlink"
    )
    assert text_of(b"\xff\0\x01a\xc3\xa9\x1b") == "\ufffda\u00e9"


def test_a_command_that_runs_when_its_shell_ends_has_ended() -> None:
    marks = Marks("e")
    marks.read(b"\x1b]133;C\x07x", 10, 1.0)
    (told,) = marks.ended(3.0)
    assert (told.ended_at, told.exit_status, told.output) == (3.0, None, "x")
    assert marks.ended(4.0) == []


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [b"\x1b]133;C\x07", b"\x1b]133;D;1\x1b\\", b"\x1b]633;E;", b"\x1b]", b"\x1b", b"\x07"]
        ),
    ),
    max_size=60,
)


@given(PIECES, st.integers(1, 30))
@settings(deadline=None)
def test_whatever_comes_is_read_alike_however_it_is_cut(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    whole, cut = read(data), read(data, size)
    assert [(e.id, e.command, e.exit_status, e.output) for e in whole] == [
        (e.id, e.command, e.exit_status, e.output) for e in cut
    ]
    for each in whole:
        (each.command + each.output).encode()
        assert "\0" not in each.command + each.output


@pytest.mark.parametrize("unit", [b"\x1bP", b"\x1b]", b"\x1b[", b"\x1b", b"\x1b]133;C\x07"])
def test_hostile_bytes_cost_no_more_than_others(unit: bytes) -> None:
    took = time.process_time()
    data = b"\x1b]133;C\x07" + unit * (500_000 // len(unit))
    read(data + b"\x1b]133;D\x07", 16384)
    assert time.process_time() - took < 60
