"""What pages and the relay leave each other of terminals."""

import base64
import json
from typing import Any

import pytest

from portal.engine.terminals import KEYS_BYTES, Size
from portal.live import streams, terminals
from portal.live.connection import connect
from portal.live.terminals import Busy, State, Terminal
from portal.live.tests.asking import attach


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Terminal:
    return Terminal(f"t{abs(hash(request.node.name))}", 1, "mids")


def asked(host: str) -> list[dict[str, Any]]:
    found: Any = connect().lrange(terminals.requests_key(host), 0, -1)
    return [json.loads(each) for each in found]


def test_output_is_numbered_by_its_bytes(terminal: Terminal) -> None:
    terminals.append(terminal, "e1", 5, b"hello")
    terminals.append(terminal, "e1", 8, b"\xff\0\n")
    batch = streams.read(terminals.stream_key(terminal, "e1"))
    assert [(n, base64.b64decode(f["d"])) for n, f in batch.entries] == [
        (5, b"hello"),
        (8, b"\xff\0\n"),
    ]
    assert batch.gap == 0


def test_what_is_appended_again_is_there_once(terminal: Terminal) -> None:
    for _ in range(2):
        terminals.append(terminal, "e1", 5, b"hello")
    assert len(streams.read(terminals.stream_key(terminal, "e1")).entries) == 1


def test_a_flood_is_bounded_and_leaves_a_gap_in_bytes(terminal: Terminal) -> None:
    for number in range(1, 100):
        terminals.append(terminal, "e1", number * 32768, bytes(32768))
    key = terminals.stream_key(terminal, "e1")
    batch = streams.read(key)
    first = batch.entries[0][0]
    assert batch.gap == first - 32768 > 0
    assert (99 * 32768 - batch.gap) * 4 // 3 <= terminals.OUTPUT_BYTES * 1.1


def test_whoever_comes_gets_the_screen_and_where_it_stands(terminal: Terminal) -> None:
    assert attach(terminal).state == State()
    terminals.set_state(terminal, State("running", "e1", rows=5, columns=10))
    terminals.keep_screen(terminal, "e1", 7, b"\x1b[Hscreen")
    found = attach(terminal)
    assert (found.screen, found.offset) == (b"\x1b[Hscreen", 7)
    assert found.key == terminals.stream_key(terminal, "e1")
    assert found.state.size == Size(5, 10)


def test_a_screen_of_another_life_is_not_shown(terminal: Terminal) -> None:
    terminals.keep_screen(terminal, "e1", 7, b"old")
    terminals.set_state(terminal, State("running", "e2"))
    assert (attach(terminal).screen, attach(terminal).offset) == (b"", 0)


async def test_coroutines_ask_and_look_as_threads_do(terminal: Terminal) -> None:
    host = f"h-{terminal.session}"
    await terminals.aopen(host, terminal, Size(2, 3))
    await terminals.asend_keys(host, terminal, b"\x03")
    await terminals.aresize(host, terminal, Size(4, 5))
    await terminals.aacknowledge(host, terminal, 9)
    await terminals.aclose(host, terminal)
    told = asked(host)
    assert [each["verb"] for each in told] == ["open", "keys", "resize", "ack", "close"]
    assert base64.b64decode(told[1]["data"]) == b"\x03"
    assert {each["service"] for each in told} == {"mids"}
    assert await terminals.astate(terminal) == State()
    assert (await terminals.aattach(terminal)).offset == 0


def test_a_relay_that_is_away_is_not_sent_without_end(terminal: Terminal) -> None:
    host = f"h-{terminal.session}"
    with pytest.raises(Busy, match="Try again"):
        for _ in range(terminals.WAITING + 1):
            terminals.send_keys(host, terminal, b"x")
    assert len(asked(host)) == terminals.WAITING
    assert connect().ttl(terminals.requests_key(host)) > 0


def test_large_pastes_are_refused_sooner_than_keys(terminal: Terminal) -> None:
    host = f"h-{terminal.session}"
    with pytest.raises(Busy):
        for _ in range(terminals.WAITING_LARGE + 1):
            terminals.send_keys(host, terminal, bytes(KEYS_BYTES))
    terminals.send_keys(host, terminal, b"\x03")


def test_too_many_keys_at_once_are_no_keys(terminal: Terminal) -> None:
    with pytest.raises(ValueError, match="bytes of keys"):
        terminals.send_keys("h", terminal, bytes(KEYS_BYTES + 1))


@pytest.mark.parametrize("name", ["", "A", "a" * 33, "a:b", "a\n"])
def test_a_terminal_has_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="no terminal is called"):
        Terminal("s", 1, "mids", name)


def test_a_size_is_the_nearest_that_can_be() -> None:
    assert Size.of(1, 1) == Size(1, 2)
    assert Size.of(1000, 1000) == Size(200, 500)
    assert Size.of(-5, 10**9) == Size(1, 500)
