"""What a student typed in a shell, and which step it is for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from portal.engine import routes
from portal.engine.errors import ClusterError
from portal.engine.kinds.job import Job, kind_of
from portal.engine.kinds.perform import judge
from portal.engine.lab.entered import Entered, commands_in
from portal.engine.lab.parse import parse_lab
from portal.engine.lab.spec import LabSpec

FLASK = "FLASK_APP=/w205/app/game.py"
LAB = f"""\
name: small
title: Small
summary: Small.
tools: mids
topics: [events]
services:
  - {{name: kafka, image: kafka, command: [kafka-server]}}
  - {{name: mids, image: mids}}
  - {{name: spark, image: spark}}
steps:
  - id: topic
    title: Create the topic
    shows_command: docker-compose exec kafka kafka-topics --create --topic events
    run: {{kind: exec}}
  - id: read
    title: Read
    shows_command: docker-compose exec mids kafkacat -C -t events -e
    run: {{kind: exec}}
    check: {{matches: '^[^%]', message: No event was read.}}
  - id: serve
    title: Serve
    shows_command: docker-compose exec mids env {FLASK} flask run
    run: {{kind: server, process: flask, port: 5000}}
  - id: call
    title: Call
    shows_command: docker-compose exec mids curl http://localhost:5000/
    run:
      kind: call
      buttons: [{{label: Look, command: "docker-compose exec mids curl http://localhost:5000/"}}]
  - id: extract
    title: Extract
    shows_command: events.show()
    run: {{kind: spark, table: events}}
    check: {{columns: [event_type], rows: 2, message: No table.}}
  - id: raw
    title: By hand
    shows_command: docker-compose exec mids telnet localhost 5000
    run: {{kind: http, service: mids, port: 5000, request: "GET / HTTP/1.0\\r\\n\\r\\n"}}
  - id: stop
    title: Stop
    shows_command: control-C
    run: {{kind: stop, process: flask, spark: spark}}
  - id: look
    title: Look around
    shows_command: ls /w205
    run: {{kind: terminal}}
  - id: write
    title: Write a file
    shows_command: nano notes.txt
    run: {{kind: terminal, service: mids}}
    check: {{run: docker-compose exec mids test -s /w205/notes.txt, message: It is empty.}}
"""


@pytest.fixture(autouse=True)
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks a server for its routes."""
    monkeypatch.setattr(routes, "look", lambda *asked: None)


def no_files(path: str) -> str:
    """The lab has none."""
    raise FileNotFoundError(path)


@pytest.fixture(scope="module")
def lab() -> LabSpec:
    return parse_lab(LAB, no_files)


def taken(lab: LabSpec, line: str, service: str = "mids", **more: Any) -> set[str]:
    """The steps that a line may be for, but for the one that takes whatever is typed."""
    entered = Entered(service, line, **{"exit_status": 0, **more})
    steps = (each for each in lab.steps if each.id != "write")
    return {each.id for each in steps if kind_of(each).takes(lab, each, entered)}


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("ls -l", ["mids ls -l"]),
        ("cd /w205 && ls; pwd | cat", ["mids cd /w205", "mids ls", "mids pwd", "mids cat"]),
        ("for i in 1; do curl x; done", ["mids for i in 1", "mids curl x", "mids done"]),
        ("docker-compose exec -T kafka kafka-topics --list", ["kafka kafka-topics --list"]),
        ("docker compose exec kafka ls", ["kafka ls"]),
        ("A=1 env B=2 flask run >log", ["mids flask run"]),
        ("kafka-topics \\\n  --list", ["mids kafka-topics --list"]),
        ("echo 'a; b'", ["mids echo a; b"]),
        ("echo 'no end", []),
        ("", []),
        (";;;&&", []),
        ("x" * 5000, []),
    ],
)
def test_commands_are_read_as_a_person_types_them(line: str, read: list[str]) -> None:
    found = commands_in("mids", line)
    assert [" ".join((each.service, *each.argv)) for each in found] == read


@pytest.mark.parametrize(
    ("line", "service", "steps"),
    [
        ("docker-compose exec kafka kafka-topics --create --topic events", "mids", {"topic"}),
        ("kafka-topics --create --topic events", "kafka", {"topic"}),
        ("kafka-topics --create --topic events", "mids", set()),
        ("kafka-topics --create --topic other", "kafka", set()),
        ("kafkacat -C -t events -o beginning", "mids", {"read"}),
        ("curl http://localhost:5000/", "mids", {"call"}),
        ("curl http://localhost:5000/purchase", "mids", set()),
        ("telnet localhost 5000", "mids", {"raw"}),
        ("telnet localhost 80", "mids", set()),
        ("pyspark", "spark", {"extract", "stop"}),
        ("docker-compose exec spark pyspark", "mids", {"extract", "stop"}),
        (f"{FLASK} flask run", "mids", {"stop"}),
        ("cd /tmp; ls /w205", "mids", {"look"}),
        ("ls", "mids", set()),
    ],
)
def test_a_line_is_for_the_step_that_asks_for_it(
    lab: LabSpec, line: str, service: str, steps: set[str]
) -> None:
    assert taken(lab, line, service) == steps


def test_a_server_is_a_steps_as_long_as_it_runs(lab: LabSpec) -> None:
    assert taken(lab, "flask run", is_over=False, exit_status=None) == {"serve"}
    assert taken(lab, "python game.py", is_over=False, exit_status=None) == set()


@dataclass
class Shell:
    """A runtime that answers what looks."""

    held: bytes = b""
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def exec(self, session: str, service: str, argv: tuple[str, ...], **more: Any) -> Any:
        self.asked.append(argv)
        said = self.held if "/proc/" in " ".join(argv) else b""

        class Done:
            exit_status = 0

            def __iter__(self) -> Iterator[Any]:
                piece = type("Piece", (), {"stream": "stdout", "data": said})
                return iter([piece] if said else [])

        return Done()


def judged(lab: LabSpec, step_id: str, entered: Entered, shell: Shell | None = None) -> Job:
    """What comes of it. Raises ClusterError."""
    runtime: Any = shell or Shell()
    job = Job(
        runtime=runtime,
        session="s",
        lab=lab,
        step=lab.step(step_id),
        params={},
        write=lambda stream, data: None,
        cancelled=lambda: False,
    )
    judge(job, entered)
    return job


def test_a_command_without_a_check_passes_when_it_ended_well(lab: LabSpec) -> None:
    line = "docker-compose exec kafka kafka-topics --create --topic events"
    judged(lab, "topic", Entered("mids", line, exit_status=0))
    with pytest.raises(ClusterError, match="exit status 1"):
        judged(lab, "topic", Entered("mids", line, exit_status=1))
    with pytest.raises(ClusterError, match="exit status None"):
        judged(lab, "topic", Entered("mids", line))


def test_a_check_looks_at_what_was_printed(lab: LabSpec) -> None:
    judged(lab, "read", Entered("mids", "kafkacat", exit_status=0, output='{"a": 1}\n% Reached\n'))
    with pytest.raises(ClusterError, match="No event was read"):
        judged(lab, "read", Entered("mids", "kafkacat", exit_status=0, output="% Reached\n"))


@pytest.mark.parametrize(
    ("line", "held", "is_its"),
    [
        (f"{FLASK} flask run", b"", True),
        ("FLASK_APP=app/game.py flask run --host 0.0.0.0", b"", True),
        ("FLASK_APP=/w205/app/other.py flask run", b"FLASK_APP=/w205/app/game.py\n", False),
        ("flask run", b"HOME=/\nFLASK_APP=./app/game.py\n", True),
        ("flask run", b"FLASK_APP=app/other.py\n", False),
        ("flask run", b"", False),
    ],
)
def test_a_server_is_known_by_what_its_variables_hold(
    lab: LabSpec, line: str, held: bytes, is_its: bool
) -> None:
    entered = Entered("mids", line, is_over=False)
    if is_its:
        judged(lab, "serve", entered, Shell(held))
    else:
        with pytest.raises(ClusterError, match="Another server"):
            judged(lab, "serve", entered, Shell(held))


def test_a_request_by_hand_needs_a_reply(lab: LabSpec) -> None:
    reply = "Connected to localhost.\nGET / HTTP/1.0\n\nHTTP/1.0 200 OK\nServer: x\n"
    judged(lab, "raw", Entered("mids", "telnet localhost 5000", exit_status=1, output=reply))
    with pytest.raises(ClusterError, match="no status line"):
        judged(lab, "raw", Entered("mids", "telnet localhost 5000", output="GET / HTTP/1.0\n"))


TABLE = """\
>>> events.show()
+------+----------------+
|  Host|      event_type|
+------+----------------+
|a|b   |         default|
|     x|purchase_a_sword|
+------+----------------+

>>> exit()
"""


def test_a_table_is_read_back_from_what_pyspark_showed(lab: LabSpec) -> None:
    judged(lab, "extract", Entered("spark", "pyspark", exit_status=0, output=TABLE))
    for text in ("", "+--+\n", TABLE.replace("event_type", "event_name"), TABLE[:120]):
        with pytest.raises(ClusterError):
            judged(lab, "extract", Entered("spark", "pyspark", exit_status=0, output=text))


def test_a_terminal_step_takes_what_its_check_is_content_with(lab: LabSpec) -> None:
    step = lab.step("write")
    for line in ("nano notes.txt", "echo hi >notes.txt"):
        assert kind_of(step).takes(lab, step, Entered("mids", line, exit_status=0))
    assert not kind_of(step).takes(lab, step, Entered("kafka", "nano notes.txt", exit_status=0))
    shell = Shell()
    judged(lab, "write", Entered("mids", "nano notes.txt", exit_status=0), shell)
    assert shell.asked == [("test", "-s", "/w205/notes.txt")]


def test_a_rule_of_many_paths_is_held_against_a_path_in_one_pass() -> None:
    """The rule is the student's; Python's own matching would never come to an end."""
    rule = "/" + "".join(f"<path:a{n}>" for n in range(25)) + "!"
    assert not routes.Route(rule, ("GET",)).reaches("/" + "a" * 250)
    assert routes.Route(rule, ("GET",)).reaches("/" + "a" * 250 + "!")


@pytest.mark.parametrize(
    ("rule", "path", "is_one"),
    [
        ("/a b.c/<kind>", "/a b.c/ünïcode", True),
        ("/a b.c/<kind>", "/a bxc/d", False),
        ("/get/<int:n>", "/get/12", True),
        ("/get/<int:n>", "/get/12/x", False),
        ("/get/<float:n>", "/get/1.5", True),
        ("/é/<path:rest>", "/é/a/b", True),
    ],
)
def test_a_path_is_one_of_a_rule_as_flask_has_it(rule: str, path: str, is_one: bool) -> None:
    assert routes.Route(rule, ("GET",)).reaches(path) is is_one
