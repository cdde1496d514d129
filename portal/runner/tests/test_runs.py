"""Carrying out a run: what its row ends as, whatever comes of it."""

from collections.abc import Callable
from typing import Any

import pytest
import redis

from portal.activities.models import Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.signals import step_output
from portal.activities.status import SessionStatus, StepStatus
from portal.activities.tests.conftest import Click, Person
from portal.activities.tests.host import Host
from portal.catalog.models import LabVersion
from portal.engine.errors import CommandTimedOut, OutOfMemory
from portal.engine.http import Exchange
from portal.engine.runtimes.fake import Reply
from portal.engine.runtimes.faults import BrokenRuntime
from portal.engine.spark import SparkOutcome
from portal.live import streams
from portal.runner import tasks
from portal.runner.services import clusters, runs
from tests.rows import make_session

HOURS = 3600.0


def meanwhile(host: Host, word: str, meddle: Callable[[], Any], reply: Reply) -> list[int]:
    """Something happens while a command runs. Return a list that grows with each such command."""
    answer = host.runtime.replies
    commands: list[int] = []

    def replies(service: str, argv: tuple[str, ...]) -> Reply:
        if not any(word in each for each in argv):
            return answer(service, argv)
        commands.append(len(commands))
        if len(commands) == 1:
            meddle()
        return reply

    host.runtime.replies = replies
    return commands


def test_a_step_that_does_its_work_has_passed(do: Click, ready: Session) -> None:
    before = ready.revision
    run = do("topic")
    ready.refresh_from_db()
    assert (run.status, run.output, run.exit_status, run.error) == ("passed", "done\n", 0, "")
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.seconds is not None
    assert ready.revision >= before + 3  # Queued, running, passed: each is seen.


def test_what_it_prints_is_on_its_stream(do: Click, ready: Session) -> None:
    run = do("topic")
    (entry,) = streams.read(f"{ready.pk}:step:{run.pk}").entries
    assert (entry[0], entry[1]["stream"], entry[1]["text"]) == (1, "stdout", "done\n")


def test_a_command_that_fails_says_whose_part_it_is(do: Click, host: Host) -> None:
    host.replies["kafka-topics"] = Reply(stdout=b"no broker\n", status=1)
    run = do("topic")
    assert (run.status, run.error_code, run.error_part) == ("failed", "step-failed", "unknown")
    own = do("topic", command_line="docker-compose exec kafka kafka-topics --crate")
    assert (own.status, own.error_part) == ("failed", "code")
    assert run.error == "The command ended with exit status 1."
    assert run.error_advice
    assert run.output == "no broker\n"


@pytest.mark.parametrize("chosen", [{"selection": "1 + 1"}, {"restart": "1"}])
def test_what_is_only_tried_neither_passes_nor_fails(do: Click, chosen: dict[str, str]) -> None:
    for needed in ("topic", "serve", "call"):
        do(needed)
    trial = do("extract", **chosen)
    assert (trial.status, trial.error_code) == ("cancelled", "only-tried")
    assert trial.error_advice == "Run all of its lines."
    assert do("extract").status == "passed"
    assert do("extract", **chosen).status == "passed"


@pytest.mark.parametrize(
    ("error", "code", "part"),
    [
        (OutOfMemory(64 << 20), "out-of-memory", "code"),
        (CommandTimedOut(60), "timed-out", "unknown"),
    ],
)
def test_what_the_cluster_says_is_what_the_row_says(
    do: Click, host: Host, error: Exception, code: str, part: str
) -> None:
    broken = BrokenRuntime(error=error, verbs=("exec",))
    broken.clusters = host.runtime.clusters
    host.use(broken)
    run = do("topic")
    assert (run.status, run.error, run.error_code, run.error_part) == (
        "failed",
        str(error),
        code,
        part,
    )


def test_an_unexpected_exception_never_leaves_a_run_running(
    do: Click, host: Host, ready: Session
) -> None:
    broken = BrokenRuntime(error=RuntimeError("a bug <b>"), verbs=("exec",))
    broken.clusters = host.runtime.clusters
    host.use(broken)
    ready.change(is_autorunning=True)
    run = do("topic")
    ready.refresh_from_db()
    assert (run.status, run.error_part) == ("failed", "platform")
    assert run.error == runs.UNEXPECTED
    assert not ready.is_autorunning


def test_a_listener_that_fails_fails_the_run_in_words(do: Click) -> None:
    def fail(**_: object) -> None:
        raise ValueError("the results app has a bug")

    do("topic")
    step_output.connect(fail)
    try:
        run = do("extract")
    finally:
        step_output.disconnect(fail)
    assert (run.status, run.error) == ("failed", runs.UNEXPECTED)


def test_redis_away_does_not_fail_a_run(
    do: Click, monkeypatch: pytest.MonkeyPatch, ready: Session
) -> None:
    def away(key: str, entries: Any) -> int:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(streams, "append", away)
    run = do("topic")
    assert (run.status, run.output) == ("passed", "done\n")


def test_a_run_that_was_cancelled_says_so(click: Click, ready: Session, host: Host) -> None:
    run = click("topic")
    meanwhile(
        host,
        "kafka-topics",
        lambda: steps.cancel(StepRun.objects.get(pk=run.pk)),
        Reply(stdout=b"begun\n", seconds=HOURS),
    )
    assert runs.carry_out(run.pk) is None
    run.refresh_from_db()
    assert (run.status, run.error_code, run.output) == ("cancelled", "cancelled", "begun\n")
    assert run.finished_at is not None


def test_a_run_whose_cluster_is_torn_down_keeps_what_it_had_printed(
    click: Click, ready: Session, host: Host
) -> None:
    def tear_down() -> None:
        sessions.tear_down(Session.objects.get(pk=ready.pk))
        clusters.bring_down(ready.pk)

    run = click("topic")
    meanwhile(host, "kafka-topics", tear_down, Reply(stdout=b"begun\n", seconds=HOURS))
    assert runs.carry_out(run.pk) is None
    run.refresh_from_db()
    assert (run.status, run.error) == ("cancelled", "The cluster was torn down.")
    assert run.output == "begun\n"


def test_a_run_whose_cluster_dies_fails_with_what_to_do(
    click: Click, ready: Session, host: Host
) -> None:
    run = click("topic")
    meanwhile(
        host,
        "kafka-topics",
        lambda: host.runtime.down(ready.pk),
        Reply(stdout=b"begun\n", seconds=HOURS),
    )
    runs.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error_code, run.output) == ("failed", "cluster-gone", "begun\n")
    assert "Reset" in run.error_advice


def test_a_run_that_comes_when_its_cluster_is_gone_fails_in_words(
    click: Click, ready: Session
) -> None:
    run = click("topic")
    Session.objects.filter(pk=ready.pk).update(status="failed")
    runs.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "The cluster is not up any more.")


def test_a_run_that_was_meant_for_the_cluster_before_a_reset_does_not_run_on_the_next(
    click: Click, ready: Session, host: Host
) -> None:
    run = click("topic")
    Session.objects.filter(pk=ready.pk).update(generation=2)
    runs.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error_code, run.output) == ("failed", "cluster-gone", "")


def test_output_is_kept_up_to_a_bound_with_a_note(do: Click, host: Host) -> None:
    host.replies["kafka-topics"] = Reply(stdout=b"x" * 300_000)
    run = do("topic")
    assert run.output.count("x") == 256 * 1024
    assert run.output.endswith("it is longer than 256 KB.\n")


def test_hostile_bytes_can_be_kept(do: Click, host: Host) -> None:
    host.replies["kafka-topics"] = Reply(stdout=b"\0\xff<script>\xe2\x82", stderr=b"\xac")
    assert do("topic").output == "\u2400\ufffd<script>\ufffd\ufffd"


def test_a_run_that_is_delivered_twice_runs_once(click: Click, host: Host) -> None:
    run = click("topic")
    commands = meanwhile(
        host, "kafka-topics", lambda: runs.carry_out(run.pk), Reply(stdout=b"once\n")
    )
    runs.carry_out(run.pk)
    assert runs.carry_out(run.pk) is None
    run.refresh_from_db()
    assert (run.status, run.output, commands) == ("passed", "once\n", [0])


def test_a_run_that_run_all_queued_is_followed_by_the_next(ready: Session) -> None:
    first = steps.run_all(ready)
    assert first is not None
    following = runs.carry_out(first.pk)
    assert following is not None
    assert (following.step_id, following.status) == ("serve", "queued")


def test_a_run_by_a_click_is_followed_by_none(click: Click) -> None:
    assert runs.carry_out(click("topic").pk) is None


def test_the_task_queues_what_follows_on_the_sessions_host(ready: Session, host: Host) -> None:
    first = steps.run_all(ready)
    assert first is not None
    tasks.carry_out(first.pk)
    following = ready.runs.get(step_id="serve")
    assert host.queued == [(tasks.carry_out, (following.pk,))]


def test_calls_are_made_in_the_order_in_which_they_were_chosen(do: Click) -> None:
    do("topic")
    do("serve")
    run = do("call", command="1")
    assert run.status == "passed"
    assert run.output == (
        "$ docker-compose exec mids curl http://localhost:5000/purchase_a_sword\ndone\n"
    )


@pytest.mark.parametrize(("step_id", "kind"), [("extract", SparkOutcome), ("raw", Exchange)])
def test_what_a_step_gives_is_handed_on_once(do: Click, step_id: str, kind: type) -> None:
    heard: list[Any] = []

    def listen(**given: Any) -> None:
        heard.append((given["session"], given["run"], type(given["outcome"])))

    do("topic")
    step_output.connect(listen)
    try:
        run = do(step_id)
    finally:
        step_output.disconnect(listen)
    assert heard == [(run.session, run, kind)]
    assert run.status == "passed"


# Servers


def test_a_server_goes_on_serving(do: Click, ready: Session, host: Host) -> None:
    do("topic")
    run = do("serve")
    assert (run.status, run.finished_at, run.exit_status) == ("serving", None, None)
    process = host.runtime.observe(ready.pk).process("flask")
    assert process is not None
    assert process.is_running


def test_a_server_whose_port_is_taken_says_so(do: Click, host: Host) -> None:
    do("topic")
    meanwhile(host, "probe", list, Reply(status=0))
    run = do("serve")
    assert run.status == "failed"
    assert "already in use" in run.error


def test_control_c_stops_a_server_which_has_then_passed(
    do: Click, ready: Session, host: Host
) -> None:
    do("topic")
    run = do("serve")
    runs.stop_server(run.pk)
    runs.stop_server(run.pk)
    run.refresh_from_db()
    assert (run.status, run.exit_status) == ("passed", 0)
    assert run.finished_at is not None
    assert not host.serves()


def test_stopping_what_does_not_serve_changes_nothing(do: Click) -> None:
    run = do("topic")
    before = (run.status, run.finished_at)
    runs.stop_server(run.pk)
    run.refresh_from_db()
    assert (run.status, run.finished_at) == before


def test_a_server_takes_the_place_of_the_one_before(do: Click, ready: Session, host: Host) -> None:
    do("topic")
    first = do("serve")
    second = do("serve-more")
    first.refresh_from_db()
    assert (first.status, second.status) == ("passed", "serving")
    assert first.finished_at is not None
    assert host.serves()


def test_a_server_that_fails_to_start_has_still_ended_the_one_before(
    do: Click, ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a terminal: control-C first, then the next command."""
    do("topic")
    first = do("serve")
    start = host.runtime.start

    def start_badly(session: str, service: str, process: str, argv: tuple[str, ...]) -> None:
        start(session, service, process, argv)
        host.runtime.say(session, service, b"SyntaxError: no", process)
        host.runtime.end(session, process, 1)

    monkeypatch.setattr(host.runtime, "start", start_badly)
    second = do("serve-more")
    first.refresh_from_db()
    assert (first.status, second.status) == ("passed", "failed")
    assert not host.serves()


def test_the_step_that_presses_control_c_ends_the_servers_run(do: Click, host: Host) -> None:
    do("topic")
    serving = do("serve")
    stop = do("stop")
    serving.refresh_from_db()
    assert (serving.status, serving.exit_status, stop.status) == ("passed", 0, "passed")
    assert "flask ended with exit status 0" in stop.output


def test_control_c_where_nothing_runs_is_success(do: Click) -> None:
    do("topic")
    run = do("stop")
    assert (run.status, "was not running" in run.output) == ("passed", True)


# Files


def test_a_saved_file_is_written_into_the_cluster(ready: Session, host: Host) -> None:
    sessions.save_file(ready, "app/game.py", "mine")
    runs.put_files(ready.pk)
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"mine"
    sessions.reset_file(ready, "app/game.py")
    runs.put_files(ready.pk)
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"print('hello')"


def test_what_is_saved_while_files_are_put_is_put_too(
    ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker's newer text may have been put between the two: the newest has to win."""
    put_file, texts = host.runtime.put_file, ["newer"]

    def save_meanwhile(session: str, path: str, content: bytes, **options: Any) -> None:
        if texts:
            sessions.save_file(ready, "app/game.py", texts.pop())
            runs.put_files(session)
        put_file(session, path, content, **options)

    monkeypatch.setattr(host.runtime, "put_file", save_meanwhile)
    sessions.save_file(ready, "app/game.py", "old")
    runs.put_files(ready.pk)
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"newer"
    ready.refresh_from_db()
    assert ready.files_put == ready.files_saved == 2


@pytest.mark.parametrize("status", [each for each in SessionStatus if each != "ready"])
def test_a_file_saved_without_a_cluster_waits_for_the_next_launch(
    ready: Session, host: Host, status: str
) -> None:
    sessions.save_file(ready, "app/game.py", "new")
    Session.objects.filter(pk=ready.pk).update(status=status)
    host.runtime.down(ready.pk)
    runs.put_files(ready.pk)
    ready.refresh_from_db()
    assert ready.files_put < ready.files_saved
    assert sessions.files_of(ready)["app/game.py"] == b"new"


def others(person: Person, version: LabVersion, host: Host) -> Session:
    """Somebody else's session on the same host, whose cluster is up and has its topic."""
    made = sessions.launch(person("somebody").pk, version)[0]
    clusters.bring_up(made.pk)
    made.refresh_from_db()
    return made


def busy(session: Session, count: int) -> list[StepRun]:
    """So many steps of a session that run."""
    ids = [step.id for step in session.spec.steps][-count:]
    return [
        StepRun.objects.create(session=session, generation=1, step_id=each, status="running")
        for each in ids
    ]


def test_nobody_takes_more_than_a_share_of_the_worker(
    click: Click, ready: Session, host: Host, person: Person, version: LabVersion
) -> None:
    """What comes on top waits in its row, not in a thread; another person's step goes ahead."""
    busy(ready, 4)
    mine = click("topic")
    tasks.carry_out(mine.pk)
    mine.refresh_from_db()
    assert (mine.status, host.queued) == ("queued", [])

    their = others(person, version, host)
    run = steps.request(their, their.spec.step("topic"), {})[0]
    tasks.carry_out(run.pk)
    run.refresh_from_db()
    assert run.status == "passed"


def test_what_was_held_back_goes_on_as_soon_as_another_has_ended(
    click: Click, ready: Session, host: Host
) -> None:
    first, *_ = busy(ready, 4)
    mine = click("topic")
    tasks.carry_out(mine.pk)
    first.move(StepStatus.FAILED)
    tasks.carry_out(first.pk)  # As its worker does at its end.
    host.deliver()
    mine.refresh_from_db()
    assert mine.status == "passed"


def test_two_sessions_of_one_person_share_one_share(
    click: Click, ready: Session, host: Host
) -> None:
    second = make_session(ready.owner)
    Session.objects.filter(pk=second.pk).update(host=ready.host)
    busy(second, 4)
    mine = click("topic")
    tasks.carry_out(mine.pk)
    mine.refresh_from_db()
    assert mine.status == "queued"


def test_saving_again_and_again_takes_one_thread(
    ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks for later saves are over at once; the first sees what those have saved."""
    calls: list[str] = []
    real = host.runtime.put_file

    def put_file(session: str, path: str, content: bytes, **options: Any) -> None:
        calls.append(path)
        if len(calls) == 1:
            sessions.save_file(ready, "app/game.py", "newest")
            before = len(calls)
            tasks.put_files(ready.pk)
            assert len(calls) == before
        real(session, path, content, **options)

    monkeypatch.setattr(host.runtime, "put_file", put_file)
    sessions.save_file(ready, "app/game.py", "older")
    tasks.put_files(ready.pk)
    ready.refresh_from_db()
    assert ready.files_put == ready.files_saved
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"newest"
