"""A terminal's screen: as a person would see it, and painted anew just so."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.engine.guest.screen import Screen
from portal.engine.guest.screen.painting import PAINTED_BYTES


def shown(data: bytes, rows: int = 5, columns: int = 20) -> list[str]:
    """The lines after these bytes, without what is blank at the end."""
    screen = Screen(rows, columns)
    screen.feed(data)
    return lines_of(screen)


def lines_of(screen: Screen) -> list[str]:
    lines = ["".join(line.chars[: screen.grid.columns]).rstrip() for line in screen.grid.lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def looks(screen: Screen) -> object:
    """All that is to be seen of it, and how it works on."""
    cursor = screen.cursor
    columns = screen.grid.columns
    cells = [(line.chars[:columns], line.pens[:columns]) for line in screen.grid.lines]
    return (
        cells,
        (cursor.row, cursor.column, cursor.is_past, cursor.pen.order),
        (cursor.charsets, cursor.charset, cursor.is_in_region),
        (screen.top, screen.bottom, screen.modes, screen.is_shown, screen.wraps),
        (screen.inserts, screen.is_keypad, screen.is_other),
    )


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"one\r\ntwo", ["one", "two"]),
        (b"abc\rX", ["Xbc"]),
        (b"abc\b\bX", ["aXc"]),
        (b"a\tb", ["a       b"]),
        (b"x" * 23, ["x" * 20, "xxx"]),
        (b"1\r\n2\r\n3\r\n4\r\n5\r\n6", ["2", "3", "4", "5", "6"]),
        (b"\x1b[3;4Hx", ["", "", "   x"]),
        (b"abcdef\x1b[3D\x1b[K", ["abc"]),
        (b"abcdef\x1b[4D\x1b[1K", ["   def"]),
        (b"abc\x1b[2Jx", ["   x"]),
        (b"abcdef\r\x1b[2P", ["cdef"]),
        (b"abc\r\x1b[2@", ["  abc"]),
        (b"abcdef\r\x1b[2X", ["  cdef"]),
        (b"a\r\nb\r\nc\x1b[2;1H\x1b[L", ["a", "", "b", "c"]),
        (b"a\r\nb\r\nc\x1b[2;1H\x1b[M", ["a", "c"]),
        (b"a\x1b[5b", ["aaaaaa"]),
        (b"\x1b(0lqk\x1b(B", ["\u250c\u2500\u2510"]),
        (b"a\x1b7bc\x1b8X", ["aXc"]),
        (b"\x1b]0;a title\x07text", ["text"]),
        (b"\x1b]52;c;AAAA\x1b\\\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", ["link"]),
        (b"\x1bPq#0~~\x1b\\text", ["text"]),
        (b"\x1b[1;31mred\x1b[0m", ["red"]),
        (b"\x00a\x00b", ["ab"]),
        (b"\xffa\xc3", ["\ufffda"]),
        ("日本e\u0301".encode(), ["日本e\u0301"]),
        ("日本".encode() + b"\x1b[2GX", [" X本"]),
        (b"x" * 20 + b"\x1b[?7l" + b"yz", ["x" * 19 + "z"]),
        (b"abc\x1b[1;1H\x1b[4hX", ["Xabc"]),
        (b"\x1b[2;3r\x1b[3;1Ha\r\nb\r\nc", ["", "b", "c"]),
        (b"shell\x1b[?1049h\x1b[Hnano\x1b[?1049l!", ["shell!"]),
        (b"shell\x1b[?1049h\x1b[Hnano", ["nano"]),
        (b"shell\x1bc", []),
        (b"1\x1b[\r\n2", ["1", "2"]),
        (b"\x1b[999999999999Cx", [" " * 19 + "x"]),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_bytes_look_as_they_do_in_a_terminal(data: bytes, lines: list[str], size: int) -> None:
    screen = Screen(5, 20)
    for start in range(0, len(data), size):
        screen.feed(data[start : start + size])
    assert lines_of(screen) == lines


def test_it_answers_what_programs_ask_and_no_more() -> None:
    screen = Screen(5, 20)
    screen.feed(b"ab\x1b[6n\x1b[c\x1b[5n\x1b]11;?\x07")
    assert screen.take_replies() == b"\x1b[1;3R\x1b[?1;2c\x1b[0n"
    assert screen.take_replies() == b""
    screen.feed(b"\x1b[c" * 100_000)
    assert len(screen.take_replies()) < 1000


def test_a_flood_looks_as_if_every_line_had_been_drawn() -> None:
    flood = b"".join(b"%d\r\n" % number for number in range(5000))
    fast, slow = Screen(5, 20), Screen(5, 20)
    fast.feed(flood)
    for start in range(0, len(flood), 100):
        slow.feed(flood[start : start + 100])
    assert looks(fast) == looks(slow)
    assert lines_of(fast) == ["4996", "4997", "4998", "4999"]
    assert fast.painted() == slow.painted()
    assert b"4700" in fast.painted()


def test_the_lines_that_left_at_the_top_are_painted_too() -> None:
    screen = Screen(2, 10)
    screen.feed(b"one\r\ntwo\r\n\x1b[31mthree\x1b[0m\r\nfour")
    assert screen.painted().startswith(b"one\r\ntwo\r\n\x1b[0;31mthree\x1b[0m\r\nfour")


def test_an_editor_leaves_the_shell_as_it_was_for_whoever_comes_later() -> None:
    screen = Screen(5, 20)
    screen.feed(b"$ nano\r\n\x1b[?1049h\x1b[2;2Htext")
    again = Screen(5, 20)
    again.feed(screen.painted())
    assert looks(again) == looks(screen)
    again.feed(b"\x1b[?1049l$ ")
    assert lines_of(again) == ["$ nano", "$"]


@pytest.mark.parametrize(("rows", "columns"), [(1, 2), (200, 500)])
def test_any_size_will_do(rows: int, columns: int) -> None:
    screen = Screen(5, 20)
    screen.feed(b"hello\r\n\x1b[?1049hx")
    screen.resize(rows, columns)
    screen.feed(b"\x1b[?1049l" + "日本 hello\r\n".encode() * 300 + b"\x1b[J")
    again = Screen(rows, columns)
    again.feed(screen.painted())
    assert looks(again) == looks(screen)


def test_what_a_narrow_window_hides_is_there_in_a_wide_one() -> None:
    screen = Screen(5, 20)
    screen.feed(b"0123456789")
    screen.resize(5, 4)
    screen.resize(2, 20)
    assert lines_of(screen) == ["0123456789"]


def test_a_smaller_window_keeps_the_line_with_the_cursor() -> None:
    screen = Screen(5, 20)
    screen.feed(b"1\r\n2\r\n3\r\n4\r\n5")
    screen.resize(2, 20)
    assert lines_of(screen) == ["4", "5"]
    assert screen.cursor.row == 1


def test_a_screen_full_of_colours_is_painted_within_bounds() -> None:
    screen = Screen(200, 500)
    screen.feed(
        b"".join(
            b"\x1b[38;2;%d;%d;%dmx" % (n % 255, n // 255 % 255, n // 65025) for n in range(100_000)
        )
    )
    assert len(screen.painted()) <= PAINTED_BYTES
    screen.feed(("x\u0301\u0302\u0303" * 100_000).encode())
    assert len(screen.painted()) <= PAINTED_BYTES


@pytest.mark.parametrize(
    "unit", [b"y\r\n", b"x", b"\x1b[", b"\x1b]", b"\x1b[m", b"\x1b[L", b"\x1b[500b\xff", b"\x1bc"]
)
def test_hostile_bytes_cost_no_more_than_others(unit: bytes) -> None:
    screen = Screen(50, 200)
    took = time.process_time()
    for _ in range(4):
        screen.feed(unit * (4096 // len(unit)))
    assert time.process_time() - took < 60


ORDERS = st.one_of(
    st.binary(max_size=10),
    st.text(max_size=10).map(lambda text: text.encode(errors="replace")),
    st.sampled_from(
        [b"\r\n", b"\n", b"\x1b7", b"\x1b8", b"\x1bM", b"\x1bD", b"\x0e", b"\x0f", b"x" * 30]
    ),
    st.sampled_from(
        [b"\x1b(0", b"\x1b(B", b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?47h", b"\x1b[?7l"]
    ),
    st.sampled_from(
        [b"\x1b[?7h", b"\x1b[4h", b"\x1b[?6h", b"\x1b[!p", b"\x1b=", b"\x1b[?25l", b"\x1b[m"]
    ),
    st.builds(
        lambda numbers, final: b"\x1b[" + ";".join(map(str, numbers)).encode() + final,
        st.lists(st.integers(0, 12), max_size=3),
        st.sampled_from([bytes([each]) for each in b"@ABCDEFGHJKLMPSTXbdmrsu"]),
    ),
)


@given(st.lists(ORDERS, max_size=40), st.integers(1, 8), st.integers(2, 24))
@settings(deadline=None, max_examples=300)
def test_painted_anew_it_looks_and_works_the_same(
    orders: list[bytes], rows: int, columns: int
) -> None:
    screen = Screen(rows, columns)
    for order in orders:
        screen.feed(order)
    screen.feed(b"\x18")
    again = Screen(rows, columns)
    again.feed(screen.painted())
    assert looks(again) == looks(screen)


@given(st.binary(max_size=300), st.integers(1, 20))
@settings(deadline=None)
def test_it_does_not_matter_how_bytes_are_cut(data: bytes, size: int) -> None:
    whole, cut = Screen(4, 10), Screen(4, 10)
    whole.feed(data)
    for start in range(0, len(data), size):
        cut.feed(data[start : start + size])
    assert looks(whole) == looks(cut)
