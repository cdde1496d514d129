"""What the image's hook does to a producer and a spool: never more than a header and a line."""

import http.client
import importlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import flask
import pytest
from werkzeug import serving

SITE = Path(__file__).parents[3] / "labs" / "images" / "mids" / "bin" / "site"
MINE = ("mine", b"1")


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The hook, with a spool of the test's own, in the context of a request."""
    monkeypatch.syspath_prepend(str(SITE))
    module = importlib.import_module("_sluice_trace")
    spool = module.Spool(str(tmp_path))
    monkeypatch.setattr(module, "spool", spool)
    request = SimpleNamespace(id="1" * 32, sends=0)
    token = module.current.set(request)
    yield module
    module.current.reset(token)
    spool.begin()
    for name in ("_sluice_trace", "_sluice_spool"):
        sys.modules.pop(name, None)


class Future:
    """One that is done at once."""

    def add_callback(self, call: Callable[[Any], None]) -> "Future":
        """Call it with where the record is."""
        call(SimpleNamespace(partition=1, offset=7, timestamp=1500))
        return self

    def add_errback(self, call: Callable[[Any], None]) -> "Future":
        """Nothing went wrong."""
        return self


def told(folder: Path) -> list[dict[str, Any]]:
    """What was written."""
    lines = [each.read_text().splitlines() for each in sorted(folder.glob("*.jsonl"))]
    return [json.loads(line) for part in lines for line in part]


def producer(hook: ModuleType, config: dict[str, Any] | None = None) -> Any:
    """A watched producer as kafka-python 3 has it; it keeps what it was given."""

    class KafkaProducer:
        config: dict[str, Any]
        given: list[Any]

        def send(  # type: ignore[no-untyped-def]
            self, topic, value=None, key=None, headers=None, partition=None, timestamp_ms=None
        ):
            self.given.append(headers)
            return Future()

    KafkaProducer.config = {"api_version": (2, 8), **(config or {})}
    hook.watch_producer(SimpleNamespace(KafkaProducer=KafkaProducer))
    made = KafkaProducer()
    made.given = []
    return made


def is_mark(header: Any) -> bool:
    """Whether a header is the portal's."""
    return header[0] == "traceparent" and len(header[1]) == 55


def test_a_mark_is_added_behind_what_is_given(hook: ModuleType, tmp_path: Path) -> None:
    made, own = producer(hook), [MINE]
    made.send("events", b"v")
    made.send("events", value=b"v", headers=own)
    made.send("events", b"v", None, own, 0)
    assert [is_mark(headers[-1]) for headers in made.given] == [True] * 3
    assert [headers[:-1] for headers in made.given] == [[], [MINE], [MINE]]
    assert own == [MINE], "the script's own list is not touched"
    lines = told(tmp_path)
    assert [each["k"] for each in lines] == ["sent", "landed"] * 3
    assert [each["nth"] for each in lines] == [1, 1, 2, 2, 3, 3]
    assert lines[0]["span"].encode() in made.given[0][-1][1]


@pytest.mark.parametrize("given", [[("traceparent", b"mine")], (MINE,), {"a": 1}, "text", 7])
def test_headers_that_are_odd_or_have_a_mark_are_passed_on(
    hook: ModuleType, tmp_path: Path, given: Any
) -> None:
    made = producer(hook)
    made.send("events", b"v", headers=given)
    assert made.given == [given]
    assert told(tmp_path)[0]["is_marked"] is False


@pytest.mark.parametrize(
    "config",
    [
        {"api_version": (0, 10)},
        {"api_version": None},
        {"value_serializer": SimpleNamespace(serialize=lambda topic, headers, data: data)},
    ],
)
def test_who_takes_no_headers_or_looks_at_them_gets_none(
    hook: ModuleType, config: dict[str, Any]
) -> None:
    made = producer(hook, config)
    made.send("events", b"v")
    assert made.given == [None]


def test_an_old_producer_without_headers_is_told_of_all_the_same(
    hook: ModuleType, tmp_path: Path
) -> None:
    class KafkaProducer:
        config = {"api_version": (2, 8)}

        def send(self, topic, value=None, key=None, partition=None):  # type: ignore[no-untyped-def]
            return Future()

    hook.watch_producer(SimpleNamespace(KafkaProducer=KafkaProducer))
    made: Any = KafkaProducer()
    made.send("events", b"v")
    assert [each["k"] for each in told(tmp_path)] == ["sent", "landed"]


def test_an_error_of_the_producer_is_the_scripts_own(hook: ModuleType, tmp_path: Path) -> None:
    class KafkaProducer:
        config = {"api_version": (2, 8)}

        def send(self, topic, value=None, key=None, headers=None):  # type: ignore[no-untyped-def]
            raise TimeoutError("no broker")

    hook.watch_producer(SimpleNamespace(KafkaProducer=KafkaProducer))
    made: Any = KafkaProducer()
    with pytest.raises(TimeoutError, match="no broker"):
        made.send("events", b"v")
    assert told(tmp_path)[-1]["error"] == "TimeoutError: no broker"


def test_outside_of_a_request_nothing_is_added_or_told(hook: ModuleType, tmp_path: Path) -> None:
    made = producer(hook)
    token = hook.current.set(None)
    made.send("events", b"v", headers=[MINE])
    hook.current.reset(token)
    assert made.given == [[MINE]]
    assert told(tmp_path) == []


def test_a_spool_that_nobody_reads_is_bounded_and_counts_what_it_leaves_out(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool_module = sys.modules["_sluice_spool"]
    monkeypatch.setattr(spool_module, "FILE_BYTES", 100)
    for number in range(60):
        hook.spool.write("end", number=number, text="x" * 40)
    files = list(tmp_path.glob("*.jsonl"))
    assert len(files) == spool_module.MOST_FILES
    left_out = 60 - len(told(tmp_path))
    assert left_out > 0
    for each in sorted(files)[:-1]:
        each.unlink()
    hook.spool.write("end", number=60)
    assert told(tmp_path)[-1]["lost"] == left_out


def test_a_folder_that_is_gone_or_full_is_nothing_to_end_for(
    hook: ModuleType, tmp_path: Path
) -> None:
    hook.spool.folder = str(tmp_path / "gone")
    hook.spool.write("end", number=1)
    assert not os.path.exists(hook.spool.folder)


def test_requests_of_kept_connections_are_told_apart(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class App(flask.Flask):
        """One whose errors are watched, and nobody else's."""

    app = App("kept")

    @app.route("/<int:number>")
    def view(number: int) -> str:
        if number % 7 == 0:
            raise ValueError(number)
        return "fine"

    class Handler(serving.WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def send_header(self, keyword: str, value: str) -> None:
            if keyword != "Connection":
                super().send_header(keyword, value)

        def log(self, type: str, message: str, *args: Any) -> None:
            pass

    # Werkzeug waits for what else may come, and would take the next request for that.
    nothing = SimpleNamespace(register=lambda *_: None, close=lambda: None, select=lambda **_: ())
    still = SimpleNamespace(DefaultSelector=lambda: nothing, EVENT_READ=1)
    monkeypatch.setattr(serving, "selectors", still)
    monkeypatch.setattr(app.logger, "disabled", True)
    hook.watch_server(SimpleNamespace(WSGIRequestHandler=Handler))
    hook.watch_flask(SimpleNamespace(Flask=App))
    (tmp_path / "on").touch()
    server = serving.make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    truth: dict[str, tuple[int, int]] = {}

    def call(first: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        link.connect()
        for number in range(first, 210, 3):
            link.request("GET", f"/{number}")
            reply = link.getresponse()
            reply.read()
            truth[f"/{number}"] = link.sock.getsockname()[1], reply.status
        link.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(call, range(3)))
    server.shutdown()
    thread.join()
    server.server_close()
    lines = told(tmp_path)
    paths = {each["id"]: each["path"] for each in lines if each["k"] == "begin"}
    ends = {paths[each["id"]]: each for each in lines if each["k"] == "end"}
    assert {path: (each["port"], each["status"]) for path, each in ends.items()} == truth
    assert len({port for port, _ in truth.values()}) == 3
    wrong = {path for path, each in ends.items() if "error" in each}
    assert wrong == {path for path, (_, status) in truth.items() if status == 500}
    assert len(wrong) == 30
