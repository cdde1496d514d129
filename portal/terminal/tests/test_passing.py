"""What is typed in a shell does a step when its check says so, and turns nothing red."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse

from portal.activities.models import Session, StepRun
from portal.activities.signals import step_output
from portal.activities.tests.conftest import Person
from portal.activities.tests.host import Host
from portal.engine.commands import CommandRan
from portal.engine.spark import SparkOutcome
from portal.live import terminals
from portal.live.terminals import State, Terminal
from portal.runner.reconciler import look_at_cluster
from portal.runner.services import runs
from portal.terminal import queries, services
from portal.terminal.models import Recording, TypedCommand
from portal.terminal.passing import consider

pytestmark = pytest.mark.django_db(transaction=True)
TOPIC = "docker-compose exec kafka kafka-topics --create"


@pytest.fixture
def terminal(ready: Session) -> Terminal:
    """A shell of mids."""
    return Terminal(ready.pk, ready.generation, "mids")


def ran(line: str, mark: str = "a-1", **more: Any) -> CommandRan:
    """A line that was typed, and has ended well unless told otherwise."""
    ended = {"exit_status": 0, "ended_at": time.time()}
    return CommandRan(mark, line, time.time() - 1, **{**ended, **more})


def begun(line: str, mark: str = "a-1") -> CommandRan:
    """A line whose command runs."""
    return ran(line, mark, exit_status=None, ended_at=None)


def typed(session: Session, terminal: Terminal, told: CommandRan) -> TypedCommand:
    """It is told and looked into."""
    row = services.keep_typed(session, terminal, told)
    assert row is not None
    consider(row.pk)
    row.refresh_from_db()
    return row


def step_of(session: Session, step_id: str) -> StepRun | None:
    """The newest run of a step."""
    return session.runs.filter(step_id=step_id).last()


def test_a_steps_own_command_passes_it(ready: Session, terminal: Terminal) -> None:
    row = typed(ready, terminal, ran(TOPIC, output="Created topic events.\n"))
    run = step_of(ready, "topic")
    assert run is not None
    assert (run.status, run.exit_status, run.output) == ("passed", 0, "Created topic events.\n")
    assert run.typed == {"service": "mids", "name": "main", "line": TOPIC}
    assert row.run == run
    assert "topic" in ready.attempt().done


def test_one_that_failed_leaves_a_word_and_no_run(ready: Session, terminal: Terminal) -> None:
    row = typed(ready, terminal, ran(TOPIC, exit_status=1))
    assert step_of(ready, "topic") is None
    assert "exit status 1" in row.why_not
    assert queries.last_words(ready) == row.why_not
    typed(ready, terminal, ran(TOPIC, "a-2"))
    assert queries.last_words(ready) == "“Create the topic” was done here."
    typed(ready, terminal, ran("ls", "a-3"))
    assert queries.last_words(ready) == "“Create the topic” was done here."


def test_what_is_told_again_is_kept_once(ready: Session, terminal: Terminal) -> None:
    assert services.keep_typed(ready, terminal, begun("ls")) is not None
    assert services.keep_typed(ready, terminal, ran("ls")) is not None
    assert services.keep_typed(ready, terminal, ran("ls")) is None
    assert services.keep_typed(ready, terminal, begun("ls")) is None
    assert TypedCommand.objects.get().exit_status == 0


def test_a_step_waits_for_those_that_it_needs(ready: Session, terminal: Terminal) -> None:
    line = "curl http://localhost:5000/"
    row = typed(ready, terminal, ran(line))
    assert step_of(ready, "call") is None
    assert "needs “Create the topic” and “Run the API” first" in row.why_not


def test_a_step_that_is_done_is_not_done_again(ready: Session, terminal: Terminal) -> None:
    typed(ready, terminal, ran(TOPIC, "a-1"))
    typed(ready, terminal, ran(TOPIC, "a-2"))
    assert ready.runs.filter(step_id="topic").count() == 1


def test_a_line_of_an_old_cluster_passes_nothing(ready: Session, terminal: Terminal) -> None:
    ready.change(generation=ready.generation + 1)
    typed(ready, terminal, ran(TOPIC))
    assert step_of(ready, "topic") is None


@pytest.fixture
def serving(ready: Session, terminal: Terminal, host: Host) -> StepRun:
    """A server that was typed, and answers."""
    typed(ready, terminal, ran(TOPIC, "a-0"))
    host.runtime.start(ready.pk, "mids", "flask", ("flask", "run"))
    typed(ready, terminal, begun("flask run", "a-1"))
    run = step_of(ready, "serve")
    assert run is not None
    assert run.status == "serving"
    return run


def test_a_server_serves_until_it_is_ended(
    ready: Session, terminal: Terminal, serving: StepRun
) -> None:
    terminals.set_state(terminal, State("running", "a"))
    look_at_cluster(ready)
    serving.refresh_from_db()
    assert serving.status == "serving"
    typed(ready, terminal, ran("flask run", "a-1", exit_status=130, output="^C"))
    serving.refresh_from_db()
    assert (serving.status, serving.exit_status) == ("passed", 130)
    stopped = step_of(ready, "stop")
    assert stopped is not None
    assert stopped.status == "passed"


def test_a_server_that_ended_by_itself_has_failed(
    ready: Session, terminal: Terminal, serving: StepRun
) -> None:
    typed(ready, terminal, ran("flask run", "a-1", exit_status=3, output="Traceback"))
    serving.refresh_from_db()
    assert serving.status == "failed"
    assert "exit status 3" in serving.error


def test_a_server_ends_with_its_shell(ready: Session, terminal: Terminal, serving: StepRun) -> None:
    terminals.set_state(terminal, State("ended", "a", exit_status=0))
    look_at_cluster(ready)
    serving.refresh_from_db()
    assert serving.status == "passed"


def test_its_stop_button_presses_control_c_in_the_shell(
    serving: StepRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed: list[tuple[str, bytes]] = []

    def press(host: str, terminal: Terminal, data: bytes) -> None:
        pressed.append((terminal.key, data))
        StepRun.objects.filter(pk=serving.pk).update(status="passed")

    monkeypatch.setattr(terminals, "send_keys", press)
    runs.stop_server(serving.pk)
    assert pressed == [(f"{serving.session_id}:1:terminal:mids:main", b"\x03")]


def test_only_so_many_lines_and_recordings_are_kept(
    ready: Session, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "KEPT", 3)
    monkeypatch.setattr(services, "KEPT_RECORDINGS", 2)
    for number in range(5):
        services.keep_typed(ready, terminal, ran("ls", f"a-{number}"))
        services.keep_recording(ready, terminal, f"e{number}", b"{}\n")
    services.keep_recording(ready, terminal, "e4", b"{}\n[]\n")
    services.keep_recording(ready, terminal, "e5", b"x" * (services.RECORDED_BYTES + 1))
    marks = TypedCommand.objects.values_list("mark", flat=True)
    assert list(marks) == ["a-2", "a-3", "a-4"]
    kept = [(each.epoch, bytes(each.cast)) for each in Recording.objects.all()]
    assert kept == [("e4", b"{}\n[]\n"), ("e3", b"{}\n")]


def test_recordings_are_listed_and_taken_along_by_who_may_see_them(
    client: Client, ready: Session, terminal: Terminal, student: AbstractUser, person: Person
) -> None:
    cast = b'{"version": 3}\n[0.1, "o", "<script>"]\n'
    services.keep_recording(ready, terminal, "e1", cast)
    url = reverse("terminal:recordings", args=[ready.pk])
    client.force_login(student)  # type: ignore[arg-type]
    (found,) = client.get(url).json()["recordings"]
    assert (found["service"], found["size"]) == ("mids", len(cast))
    answer = client.get(found["url"])
    assert answer.content == cast
    assert answer["Content-Type"] == "application/x-asciicast"
    assert answer["Content-Disposition"].startswith("attachment")
    client.force_login(person("other"))  # type: ignore[arg-type]
    assert client.get(url).status_code == client.get(found["url"]).status_code == 404


PYSPARK = """\
>>> events.show()
+----------+
|event_type|
+----------+
|   default|
+----------+

>>> events.filter("x").show()
+---+
|  n|
+---+
|  1|
|  2|
+---+
only showing top 2 rows

>>> exit()
"""


@pytest.mark.parametrize("line", ["docker-compose exec spark pyspark", "spark-submit x.py"])
def test_tables_that_were_shown_are_kept_as_results(
    ready: Session, terminal: Terminal, line: str
) -> None:
    given: list[tuple[StepRun | None, SparkOutcome]] = []

    def keep(run: StepRun | None, outcome: SparkOutcome, **others: object) -> None:
        given.append((run, outcome))

    step_output.connect(keep)
    try:
        typed(ready, terminal, begun(line, "a-1"))
        assert not given
        typed(ready, terminal, ran(line, "a-1", output=PYSPARK))
        typed(ready, terminal, ran("cat tables.txt", "a-2", output=PYSPARK))
    finally:
        step_output.disconnect(keep)
    ((run, outcome),) = given
    assert run is None
    assert outcome.table is not None
    assert (outcome.table.rows, outcome.table.truncated) == ((("1",), ("2",)), True)
    assert [each.rows for each in outcome.shown] == [(("default",),)]
