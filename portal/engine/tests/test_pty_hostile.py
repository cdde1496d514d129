"""A terminal's agent that was taken over: whatever it says is an event, or a typed error."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.engine.errors import ClusterError
from portal.engine.runtimes.agent.pty import AgentPty
from portal.engine.runtimes.base import PtyBegan, PtyDrawn, PtyEnded, PtyWrote
from portal.engine.terminals import MOST_COLUMNS, MOST_ROWS, Size

FIRST = b'{"epoch": "abc", "start": 5, "running": true, "exit": null}\n'
FIELDS = ("at", "d", "screen", "size", "began", "end", "error", "epoch", "start", "running", "exit")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("aGk="),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
lines = st.dictionaries(st.sampled_from(FIELDS), values).map(
    lambda fields: json.dumps(fields).encode() + b"\n"
)
answers = st.lists(lines | st.binary(max_size=100), max_size=8)


class Agent:
    """Says this to whoever comes, and hangs up."""

    def __init__(self, path: Path):
        self.path, self.says = path, b""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            with caller:
                caller.recv(1 << 16)
                try:
                    caller.sendall(self.says)
                except OSError:
                    continue

    def attach(self) -> AgentPty:
        return AgentPty(self.path, "mids", "main", Size(), since=0, epoch="", begin=True)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    made = Agent(tmp_path_factory.mktemp("a") / "s.sock")
    yield made
    made.listener.close()


def read_all(pty: AgentPty) -> list[object]:
    """All that it tells until it hangs up."""
    found: list[object] = []
    try:
        while True:
            if (event := pty.read(5.0)) is not None:
                found.append(event)
    except ClusterError:
        return found
    finally:
        pty.close()


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=answers, is_greeted=st.booleans())
@example(said=[b'{"at": 7, "d": "aGk="}\n', b'{"at": 7, "d": "aGk="}\n'], is_greeted=True)
@example(said=[b'{"at": 7, "screen": "aGk=", "size": [1e9, true]}\n'], is_greeted=True)
@example(said=[b'{"end": 1e400}\n'], is_greeted=True)
@example(said=[b'{"epoch": "../x", "start": 0, "running": true}\n'], is_greeted=False)
@example(said=[b'{"epoch": "a", "start": -1, "running": true}\n'], is_greeted=False)
@example(said=[b"[" * 100_000 + b"\n"], is_greeted=True)
def test_whatever_it_says_is_an_event_or_a_typed_error(
    said: list[bytes], is_greeted: bool, agent: Agent
) -> None:
    agent.says = (FIRST if is_greeted else b"") + b"".join(said)
    try:
        pty = agent.attach()
    except ClusterError:
        return
    at = pty.start
    for event in read_all(pty):
        match event:
            case PtyWrote(offset=offset, data=data):
                assert offset == at + len(data) > at
                at = offset
            case PtyDrawn(offset=offset, size=size):
                assert offset >= at
                assert size.rows <= MOST_ROWS
                assert size.columns <= MOST_COLUMNS
                at = offset
            case _:
                assert isinstance(event, PtyBegan | PtyEnded)


def test_what_it_says_well_is_told(agent: Agent) -> None:
    screen = base64.b64encode(b"\x1b[Hx").decode()
    told = [{"at": 7, "d": "aGk="}, {}, {"at": 9, "screen": screen, "size": [3, 4]}, {"end": -9}]
    agent.says = FIRST + b"".join(json.dumps(each).encode() + b"\n" for each in told)
    assert read_all(agent.attach()) == [
        PtyBegan(),
        PtyWrote(7, b"hi"),
        PtyDrawn(9, b"\x1b[Hx", Size(3, 4)),
        PtyEnded(-9),
    ]


def test_one_that_only_keeps_on_asking_holds_nobody_up(agent: Agent) -> None:
    agent.says = FIRST + b"{}\n" * 500_000
    pty = agent.attach()
    assert pty.read(0.0) == PtyBegan()
    began = time.monotonic()
    assert pty.read(0.0) is None
    assert time.monotonic() - began < 30
    pty.close()
