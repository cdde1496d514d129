"""The relay's side of terminals, on a host in memory: keys there, output back, and what is told."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from portal.activities import signals
from portal.activities.models import Session
from portal.activities.tests.host import Host
from portal.engine.runtimes.fake_pty import FakeTerminal
from portal.engine.terminals import Size
from portal.live import recordings, streams, terminals
from portal.live.connection import connect
from portal.live.terminals import Terminal
from portal.live.tests.asking import ask, attach, open_terminal, resize
from portal.runner import attachments
from portal.runner import terminals as relayed
from portal.runner.terminals import Terminals
from tests.contract.cluster import eventually

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 60.0
BEGIN = b"\x1b]633;E;echo hi\x07\x1b]133;C\x07"
END = b"\x1b]133;D;3\x07\x1b]133;A\x07$ "


@pytest.fixture
def terminal(ready: Session) -> Terminal:
    """One of a session that is ready, not open yet."""
    return Terminal(ready.pk, ready.generation, "mids")


@pytest.fixture
def begin(ready: Session) -> Iterator[Callable[[], Terminals]]:
    """Starts what a relay starts."""
    made: list[Terminals] = []

    def start() -> Terminals:
        made.append(Terminals(ready.host))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.stop()


@pytest.fixture
def opened(
    begin: Callable[[], Terminals], terminal: Terminal, ready: Session, host: Host
) -> FakeTerminal:
    """The terminal that a page has opened."""
    begin()
    open_terminal(ready.host, terminal, Size(10, 40))
    until_status(terminal, "running")
    return inside(host, terminal)


def inside(host: Host, terminal: Terminal) -> FakeTerminal:
    """The cluster's side of it."""
    return host.runtime.find(terminal.session).terminals[terminal.service, terminal.name]


def until_status(terminal: Terminal, status: str) -> terminals.State:
    eventually(lambda: terminals.state(terminal).status == status, WITHIN)
    return terminals.state(terminal)


def output(terminal: Terminal) -> bytes:
    """All that its stream holds."""
    key, found, after = attach(terminal).key, b"", 0
    while (batch := streams.read(key, after)).chunks:
        found += b"".join(base64.b64decode(fields["d"]) for _, fields in batch.entries)
        after = batch.last
    return found


class Heard:
    """What apps above are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def of(self, name: str) -> list[Any]:
        return [what for which, what in self.told if which == name]


@pytest.fixture
def heard() -> Iterator[Heard]:
    made = Heard()

    def began(ran: Any, **_: Any) -> None:
        made.told.append(("began", ran))

    def ran(ran: Any, **_: Any) -> None:
        made.told.append(("ran", ran))

    def recorded(cast: bytes, **_: Any) -> None:
        made.told.append(("recorded", cast))

    connected = (
        (signals.command_began, began),
        (signals.command_ran, ran),
        (signals.terminal_recorded, recorded),
    )
    for signal, receiver in connected:
        signal.connect(receiver)
    yield made
    for signal, receiver in connected:
        signal.disconnect(receiver)


def test_what_is_typed_comes_back_by_the_stream(
    opened: FakeTerminal, terminal: Terminal, ready: Session
) -> None:
    terminals.send_keys(ready.host, terminal, b"ls\r")
    eventually(lambda: output(terminal) == b"ls\r\n", WITHIN)
    assert opened.typed == b"ls\r"
    state = terminals.state(terminal)
    assert (state.epoch, state.size) == (opened.epoch, Size(10, 40))
    eventually(lambda: opened.acknowledged == 4, WITHIN)


def test_keys_that_come_before_it_is_open_are_typed_then(
    begin: Callable[[], Terminals], terminal: Terminal, ready: Session, host: Host
) -> None:
    open_terminal(ready.host, terminal, Size())
    for key in (b"l", b"s", b"\r"):
        terminals.send_keys(ready.host, terminal, key)
    begin()
    until_status(terminal, "running")
    eventually(lambda: inside(host, terminal).typed == b"ls\r", WITHIN)


def test_whoever_comes_later_gets_the_screen_and_what_follows(
    opened: FakeTerminal, terminal: Terminal, ready: Session
) -> None:
    opened.write(b"x" * attachments.DRAW_BYTES + b"\r\nlast line")
    eventually(lambda: attach(terminal).offset == len(opened.data), WITHIN)
    opened.write(b" and more")
    eventually(lambda: output(terminal).endswith(b" and more"), WITHIN)
    found = attach(terminal)
    assert b"last line" in found.screen
    after = streams.read(found.key, found.offset)
    assert base64.b64decode(after.entries[0][1]["d"]) == b" and more"


def test_a_size_is_everybodys(opened: FakeTerminal, terminal: Terminal, ready: Session) -> None:
    resize(ready.host, terminal, Size(5, 20))
    eventually(lambda: terminals.state(terminal).size == Size(5, 20), WITHIN)
    assert opened.size == Size(5, 20)


def test_a_viewer_sets_the_pace_while_it_acknowledges(
    opened: FakeTerminal, terminal: Terminal, ready: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "VIEWER_SECONDS", 1e9)
    ask(ready.host, "ack", terminal, offset=0)
    terminals.send_keys(ready.host, terminal, b"a")
    eventually(lambda: output(terminal) == b"a", WITHIN)
    opened.write(b"b" * 100)
    eventually(lambda: len(output(terminal)) == 101, WITHIN)
    assert opened.acknowledged == 0
    ask(ready.host, "ack", terminal, offset=50)
    eventually(lambda: opened.acknowledged == 50, WITHIN)
    ask(ready.host, "ack", terminal, offset=10**9)
    eventually(lambda: opened.acknowledged == 101, WITHIN)
    monkeypatch.setattr(attachments, "VIEWER_SECONDS", 0.0)
    opened.write(b"c")
    eventually(lambda: opened.acknowledged == 102, WITHIN)


def test_a_shells_end_is_told_and_another_can_be_begun(
    opened: FakeTerminal, terminal: Terminal, ready: Session
) -> None:
    terminals.send_keys(ready.host, terminal, b"exit\r")
    state = until_status(terminal, "ended")
    assert state.exit_status == 0
    assert b"exit" in attach(terminal).screen
    open_terminal(ready.host, terminal, Size())
    assert until_status(terminal, "running").epoch == opened.epoch
    terminals.send_keys(ready.host, terminal, b"on\r")
    eventually(lambda: output(terminal) == b"exit\r\non\r\n", WITHIN)


def test_hanging_up_ends_it(opened: FakeTerminal, terminal: Terminal, ready: Session) -> None:
    ask(ready.host, "close", terminal)
    assert until_status(terminal, "ended").exit_status == -1


def test_a_cluster_that_ends_takes_it_along(
    opened: FakeTerminal, terminal: Terminal, ready: Session, host: Host
) -> None:
    host.runtime.down(ready.pk)
    assert "not running" in until_status(terminal, "gone").message
    assert terminals.noted_open(ready.host) == []


@pytest.mark.parametrize("change", [{"status": "ended"}, {"generation": 9}, {"host": "other"}])
def test_without_a_cluster_there_is_none(
    begin: Callable[[], Terminals], terminal: Terminal, ready: Session, change: dict[str, Any]
) -> None:
    Session.objects.filter(pk=ready.pk).update(**change)
    begin()
    open_terminal(ready.host, terminal, Size())
    assert "Start it" in until_status(terminal, "gone").message


def test_there_are_not_too_many(
    begin: Callable[[], Terminals], terminal: Terminal, ready: Session
) -> None:
    begin()
    for number in range(relayed.MOST_EACH):
        each = Terminal(ready.pk, ready.generation, "mids", f"t{number}")
        open_terminal(ready.host, each, Size())
        until_status(each, "running")
    open_terminal(ready.host, terminal, Size())
    assert "Close one" in until_status(terminal, "failed").message


def test_what_was_typed_for_a_relay_that_was_away_too_long_is_not_typed(
    opened: FakeTerminal, terminal: Terminal, ready: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminals, "LAPSE_SECONDS", -1)
    stale = terminals.request("keys", terminal, data=base64.b64encode(b"rm x\r").decode())
    monkeypatch.undo()
    connect().rpush(terminals.requests_key(ready.host), stale)
    terminals.send_keys(ready.host, terminal, b"ls\r")
    eventually(lambda: opened.typed, WITHIN)
    assert opened.typed == b"ls\r"


def test_requests_that_are_none_do_no_harm(
    opened: FakeTerminal, terminal: Terminal, ready: Session
) -> None:
    for junk in ("", "{}", "[]", '{"verb": "keys", "until": 1e99}', "\xff"):
        connect().rpush(terminals.requests_key(ready.host), junk)
    for fields in ({"data": "?"}, {"data": 5}, {}):
        text = terminals.request("keys", terminal, **fields)
        connect().rpush(terminals.requests_key(ready.host), text)
    terminals.send_keys(ready.host, terminal, b"ls\r")
    eventually(lambda: opened.typed == b"ls\r", WITHIN)


def test_a_relay_that_starts_anew_goes_on_where_the_last_one_stood(
    begin: Callable[[], Terminals], terminal: Terminal, ready: Session, host: Host, heard: Heard
) -> None:
    first = begin()
    open_terminal(ready.host, terminal, Size())
    until_status(terminal, "running")
    shell = inside(host, terminal)
    shell.write(b"$ " + BEGIN + b"one ")
    eventually(lambda: heard.of("began"), WITHIN)
    first.stop()
    shell.write(b"two")
    begin()
    eventually(lambda: b"one two" in output(terminal), WITHIN)
    shell.write(END)
    eventually(lambda: heard.of("ran"), WITHIN)
    assert output(terminal) == shell.data
    assert heard.of("ran")[0].id == heard.of("began")[0].id
    assert (heard.of("ran")[0].command, heard.of("ran")[0].exit_status) == ("echo hi", 3)


def test_commands_are_told_once_each(opened: FakeTerminal, heard: Heard) -> None:
    opened.write(b"$ " + BEGIN + b"hi\r\n" + END)
    opened.write(BEGIN + b"ho\r\n" + END)
    eventually(lambda: len(heard.of("ran")) == 2, WITHIN)
    assert [each.output for each in heard.of("ran")] == ["hi\n", "ho\n"]
    assert [each.id for each in heard.of("began")] == [each.id for each in heard.of("ran")]


def test_a_receiver_that_fails_does_not_stop_the_others(
    opened: FakeTerminal, heard: Heard, terminal: Terminal
) -> None:
    def fails(**_: Any) -> None:
        raise RuntimeError("no")

    signals.command_ran.connect(fails)
    try:
        opened.write(BEGIN + END + BEGIN + END)
        eventually(lambda: len(heard.of("ran")) == 2, WITHIN)
    finally:
        signals.command_ran.disconnect(fails)


def events(cast: bytes) -> list[Any]:
    return [json.loads(line) for line in cast.decode().splitlines()]


def test_it_is_recorded_as_asciicast(
    opened: FakeTerminal, terminal: Terminal, ready: Session, heard: Heard
) -> None:
    eventually(lambda: recordings.recording(terminal), WITHIN)
    opened.write(BEGIN + "héllo".encode()[:2])
    opened.write("héllo".encode()[2:] + END)
    eventually(lambda: heard.of("ran"), WITHIN)
    resize(ready.host, terminal, Size(5, 20))
    eventually(lambda: terminals.state(terminal).size == Size(5, 20), WITHIN)
    terminals.send_keys(ready.host, terminal, b"exit\r")
    until_status(terminal, "ended")
    eventually(lambda: heard.of("recorded"), WITHIN)
    head, *rest = events(heard.of("recorded")[-1])
    assert head["version"] == 3
    assert head["term"] == {"cols": 40, "rows": 10, "type": "xterm-256color"}
    assert all(each[0] >= 0 for each in rest)
    assert "héllo" in "".join(data for _, code, data in rest if code == "o")
    assert ["m", "echo hi"] in [each[1:] for each in rest]
    assert ["r", "20x5"] in [each[1:] for each in rest]
    assert rest[-1][1:] == ["x", "0"]


def test_a_flood_is_left_out_of_the_recording(
    opened: FakeTerminal, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.runner.recorder.BYTES_A_SECOND", 1e6)
    eventually(lambda: recordings.recording(terminal), WITHIN)
    for _ in range(30):
        opened.write(b"y\r\n" * 20_000)
    opened.write(b"the end")
    eventually(lambda: b"the end" in recordings.recording(terminal), WITHIN)
    cast = recordings.recording(terminal)
    assert len(cast) < 1 << 20
    assert "bytes left out" in str(events(cast))
