"""An agent that was taken over answers anything at all: every verb ends in a typed error."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.engine.errors import ClusterError, ClusterGone, CommandTimedOut
from portal.engine.runtimes.agent import execution, link
from portal.engine.runtimes.base import Health, LogLine, State, Stats
from portal.engine.runtimes.sandbox import SandboxRuntime, runtime
from portal.engine.runtimes.sandbox.place import Note, Place
from portal.engine.runtimes.sandbox.processes import started_at

SESSION = "s"
FIELDS = ("exit", "processes", "n", "at", "p", "t", "size", "memory", "missing", "error", "ok")
PROCESS = ("name", "service", "running", "exit", "started")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("aGk="),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
processes = st.lists(st.dictionaries(st.sampled_from(PROCESS), values), max_size=3)
lines = st.dictionaries(st.sampled_from(FIELDS), values | processes).map(
    lambda fields: json.dumps(fields).encode() + b"\n"
)
answers = st.lists(lines | st.binary(max_size=100) | values.map(lambda v: json.dumps(v).encode()))


class FakeAgent:
    """Accepts one caller after another and does what it is told to with each."""

    def __init__(self, place: Place):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(place.socket))
        self.listener.listen()
        self.serve: Callable[[socket.socket], object] = lambda _: None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            with caller:
                caller.recv(1 << 16)
                self.serve(caller)

    def answers(self, data: bytes) -> None:
        """Say this, whatever was asked."""

        def serve(caller: socket.socket) -> None:
            # Hanging up with nothing unread is how an honest agent ends, too.
            try:
                caller.sendall(data)
            except OSError:
                return

        self.serve = serve


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A session whose first process lives and is none."""
    made = Place(tmp_path_factory.mktemp("p"), SESSION)
    made.folder.mkdir()
    with subprocess.Popen(["sleep", "600"]) as process:
        made.write(Note(process.pid, started_at(process.pid) or 0, 1000, is_ready=True))
        yield made
        process.kill()


@pytest.fixture(scope="module")
def agent(place: Place) -> Iterator[FakeAgent]:
    made = FakeAgent(place)
    yield made
    made.listener.close()


@pytest.fixture(scope="module")
def driver(place: Place) -> SandboxRuntime:
    return SandboxRuntime(folder=str(place.root), venv="/nowhere", images={})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a late agent."""
    monkeypatch.setattr(link, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(link.Link.__init__, "__defaults__", (0.2,))
    monkeypatch.setattr(link.ask, "__kwdefaults__", {"patience": 0.2})
    monkeypatch.setattr(runtime, "OBSERVE_SECONDS", 0.2)
    monkeypatch.setattr(execution, "CLOSE_SECONDS", 0.2)


def run(driver: SandboxRuntime, timeout: float = 5.0) -> int | None:
    command = driver.exec(SESSION, "mids", ("true",), timeout=timeout)
    for _ in command:
        pass
    return command.exit_status


VERBS: dict[str, Callable[[SandboxRuntime], object]] = {
    "exec": run,
    "start": lambda driver: driver.start(SESSION, "mids", "web", ("true",)),
    "interrupt": lambda driver: driver.interrupt(SESSION, "web", timeout=-9.8),
    "logs": lambda driver: list(islice(driver.logs(SESSION, "mids"), 10)),
    "put": lambda driver: driver.put_file(SESSION, "a.txt", b"x"),
    "get": lambda driver: driver.get_file(SESSION, "a.txt", limit=1000),
    "stats": lambda driver: driver.stats(SESSION),
}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=answers)
@example(said=[b"[" * 100_000 + b"\n"])
@example(said=[b"1" * 10_000 + b"\n"])
@example(said=[b'{"exit": true}\n'])
@example(said=[b'{"exit": 1e400, "size": 1e400, "memory": NaN}\n'])
@example(said=[b'{"size": 1001}\n', b"x" * 2000])
@example(said=[b'{"size": 10}\n', b"x"])
@example(said=[b'{"error": "\\ud800\\u0000"}\n'])
@example(said=[b'{"n": 1, "at": 1e300, "p": "x", "t": "aGk="}\n'])
@example(said=[b"\xff\xfe\n"])
def test_whatever_an_agent_says_ends_in_a_typed_error_or_value(
    said: list[bytes], agent: FakeAgent, driver: SandboxRuntime
) -> None:
    agent.answers(b"".join(said))
    for verb in VERBS.values():
        try:
            value = verb(driver)
        except (ClusterError, FileNotFoundError) as error:
            str(error).encode()
            continue
        match value:
            case None | bytes():
                pass
            case int():
                assert abs(value) < 2**63
            case Stats():
                assert type(value.memory_bytes) is type(value.processes) is int
            case list():
                assert all(isinstance(line, LogLine) and type(line.number) is int for line in value)
            case _:
                pytest.fail(f"{value!r} is of no type that the contract knows")
    assert isinstance(driver.observe(SESSION), Health)


def test_a_live_sandbox_whose_agent_answers_nonsense_is_broken(
    agent: FakeAgent, driver: SandboxRuntime
) -> None:
    agent.answers(b"nonsense\n")
    assert driver.observe(SESSION).state is State.BROKEN


def test_what_an_agent_calls_its_processes_fits_a_page(
    agent: FakeAgent, driver: SandboxRuntime
) -> None:
    process = {"name": "a\n\u202e" * 99, "service": "", "running": True, "exit": None, "started": 0}
    agent.answers(json.dumps({"processes": [process]}).encode() + b"\n")
    name = driver.observe(SESSION).processes[0].name
    assert len(name) <= 60
    assert name.isprintable()


@pytest.mark.parametrize("verb", VERBS)
def test_an_answer_without_end_is_cut_short(
    verb: str, agent: FakeAgent, driver: SandboxRuntime
) -> None:
    def serve(caller: socket.socket) -> None:
        try:
            while True:
                caller.sendall(b"x" * 65536)
        except OSError:
            return

    agent.serve = serve
    with pytest.raises(ClusterGone, match="nonsense"):
        VERBS[verb](driver)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("exec", "logs")])
@pytest.mark.parametrize("drips", [False, True])
def test_an_agent_that_never_answers_is_given_up(
    verb: str, drips: bool, agent: FakeAgent, driver: SandboxRuntime
) -> None:
    given_up = threading.Event()

    def serve(caller: socket.socket) -> None:
        while not given_up.wait(0.02):
            try:
                caller.sendall(b" " * drips)
            except OSError:
                return

    agent.serve = serve
    began = time.monotonic()
    try:
        with pytest.raises(ClusterGone):
            VERBS[verb](driver)
    finally:
        given_up.set()
    assert time.monotonic() - began < 15


@pytest.mark.usefixtures("impatient")
def test_a_command_is_over_in_its_time_though_its_agent_never_answers(
    agent: FakeAgent, driver: SandboxRuntime
) -> None:
    given_up = threading.Event()
    agent.serve = lambda _: given_up.wait(20)
    began = time.monotonic()
    try:
        with pytest.raises(CommandTimedOut):
            run(driver, timeout=0.2)
        assert driver.observe(SESSION).state is State.BROKEN
    finally:
        given_up.set()
    assert time.monotonic() - began < 15


@pytest.mark.usefixtures("impatient")
def test_reading_a_silent_agents_log_can_be_cancelled(
    agent: FakeAgent, driver: SandboxRuntime
) -> None:
    given_up = threading.Event()
    agent.serve = lambda _: given_up.wait(20)
    deadline = time.monotonic() + 0.2
    lines = driver.logs(SESSION, "mids", cancelled=lambda: time.monotonic() > deadline)
    try:
        assert list(lines) == []
    finally:
        given_up.set()


@pytest.mark.parametrize("note", ["", "[]", "{", '{"pid": 1}', '{"pid": "1", "started": 1}'])
def test_a_note_that_makes_no_sense_is_no_cluster(note: str, tmp_path: Path) -> None:
    (tmp_path / SESSION).mkdir()
    (tmp_path / SESSION / "sandbox.json").write_text(note)
    driver = SandboxRuntime(folder=str(tmp_path), venv="/nowhere", images={})
    assert driver.observe(SESSION) == Health(State.ABSENT)
    assert driver.list_all() == [SESSION]
    driver.down(SESSION)
    assert driver.list_all() == []


def test_an_agents_address_may_be_long(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["x" * 50] * 4)
    folder.mkdir(parents=True)
    driver = SandboxRuntime(folder=str(folder), venv="/nowhere", images={})
    with pytest.raises(ClusterGone):
        driver.stats(SESSION)
