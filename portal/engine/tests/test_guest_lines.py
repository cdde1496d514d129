"""What a guest program says is bounded by what it says it is, before anything is made of it."""

import tracemalloc

import pytest

from portal.engine.lines import LARGEST, USUAL_BYTES, parse_message

MEGABYTE = 2**20


@pytest.mark.parametrize("kind", ["waiting", "progress", "done", "stopped", "what-is-this"])
def test_a_small_kind_of_message_is_small(kind: str) -> None:
    assert parse_message(b'{"type":"%s","text":"x"}' % kind.encode())["type"] == kind
    with pytest.raises(ValueError, match="too long"):
        parse_message(b'{"type":"%s","text":"%s"}' % (kind.encode(), b"x" * USUAL_BYTES))


@pytest.mark.parametrize("kind", sorted(LARGEST))
def test_a_large_kind_of_message_has_its_own_bound(kind: str) -> None:
    text = b"x" * (LARGEST[kind] - 100)
    assert parse_message(b'{"type":"%s","text":"%s"}' % (kind.encode(), text))
    with pytest.raises(ValueError, match="too long"):
        parse_message(b'{"type":"%s","text":"%s%s"}' % (kind.encode(), text, b"x" * 100))


@pytest.mark.parametrize("part", [b"{}", b"[]", b'""', b"0", b"1.5", b"[[]]", b'{"":{}}'])
@pytest.mark.parametrize("kind", [b"table", b"union", b"stdout", b"waiting"])
def test_a_long_line_of_small_things_takes_no_more_memory_than_it_should(
    kind: bytes, part: bytes
) -> None:
    """Sixteen megabytes of them were four hundred in the worker."""
    many = b",".join([part] * (15 * MEGABYTE // (len(part) + 1)))
    line = b'{"type":"%s","rows":[%s]}' % (kind, many)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="too"):
            parse_message(line)
        assert tracemalloc.get_traced_memory()[1] < 2 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":1}',
        b'{"type":null}',
        b'{"type":"%s"}' % (b"x" * 41),
        b'{"type":"done"',
        b"\xff",
        b'{"type":"done","seconds":NaN}',
        b'{"type":"done","seconds":1e999}',
        b'{"type":"table","rows":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_message_is_told(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_message(line)
