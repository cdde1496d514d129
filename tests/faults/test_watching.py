"""A worker that makes no progress is seen from outside, noted, and replaced by one that does."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.environment import ROOT
from tests.faults.processes import command_of, numbers, parent_of
from tests.faults.stand import AGAIN_SECONDS, Stand, standing, start_redis
from tests.faults.student import eventually

SLACK_SECONDS = 10.0
"""Another worker needs some seconds to import the portal, beside other tests more."""


@pytest.fixture
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A worker that waits for tasks, and takes four at once."""
    with standing(tmp_path_factory.mktemp("w")) as made:
        made.queue(0, "first")
        eventually(made.has("first.ended"), 40, "it works")
        yield made


def noted(stand: Stand) -> dict[str, Any]:
    """What is known of the worker."""
    socket = str(stand.folder / "run" / "redis.sock")
    argv = ["redis-cli", "-s", socket, "get", "worker:local"]
    found: dict[str, Any] = json.loads(
        subprocess.run(argv, capture_output=True).stdout.strip() or b"{}"
    )
    return found


def worker(stand: Stand) -> int:
    """The process number of the worker under its watch."""
    assert stand.worker is not None
    ours = [each for each in numbers() if parent_of(each) == stand.worker.pid]
    assert len(ours) == 1, [command_of(each) for each in ours]
    return ours[0]


def goes_on(stand: Stand) -> None:
    """Another task is done, by another worker."""
    stand.queue(0, "next")
    eventually(stand.has("next.ended"), AGAIN_SECONDS + SLACK_SECONDS, "another task is done")


@pytest.mark.parametrize(("task", "why"), [("seize", "stood-still"), ("die", "killed")])
def test_a_task_that_stops_its_worker_stops_nobody_else(stand: Stand, task: str, why: str) -> None:
    """By the interpreter's lock, or by a signal."""
    stand.queue(0, "bad", task)
    eventually(stand.has("bad.begun"), 60, "it begins")
    eventually(lambda: noted(stand).get("why") == why, AGAIN_SECONDS, "its end is noted")
    goes_on(stand)


def test_a_worker_that_is_stopped_is_replaced(stand: Stand) -> None:
    before = worker(stand)
    os.kill(before, signal.SIGSTOP)
    eventually(lambda: noted(stand).get("why") == "stood-still", AGAIN_SECONDS, "it is noted")
    goes_on(stand)
    assert worker(stand) != before


def test_it_shows_where_it_stood_still(stand: Stand) -> None:
    """In the log, for whoever has to mend that."""
    stand.queue(0, "bad", "seize")
    log = stand.folder / "worker.log"
    eventually(lambda: "in seize" in log.read_text(), AGAIN_SECONDS + 5, "the place is shown")


def test_a_worker_whose_threads_all_hang_is_replaced(stand: Stand) -> None:
    """Each has been at its task for longer than it may take."""
    for number in range(4):
        stand.queue(1, f"bad{number}", "hang")
    eventually(lambda: noted(stand).get("why") == "stood-still", 30, "it is noted")
    goes_on(stand)


def test_honest_long_work_is_not_taken_for_standing_still(stand: Stand) -> None:
    """Threads that reckon without a rest: the worker stays, and each comes to its end."""
    before = worker(stand)
    for number in range(3):
        stand.queue(20, f"long{number}", "work")
    for number in range(3):
        eventually(stand.has(f"long{number}.ended"), 80, "it ends")
    assert worker(stand) == before
    assert noted(stand)["ended_at"] == 0


def test_whoever_watched_may_be_killed_too(stand: Stand) -> None:
    """The worker ends with it, and the next to watch notes that."""
    assert stand.worker is not None
    before = worker(stand)
    stand.worker.kill()
    stand.worker.wait()
    eventually(lambda: not command_of(before), 60, "the worker has ended")
    stand.watch()
    eventually(lambda: noted(stand).get("why") == "killed", AGAIN_SECONDS, "it is noted")
    goes_on(stand)


def test_a_worker_that_is_told_to_stop_was_not_killed(stand: Stand) -> None:
    assert stand.worker is not None
    stand.worker.terminate()
    stand.worker.wait(30)
    assert noted(stand)["why"] == "stopped"
    assert noted(stand)["up_since"] == 0


def test_a_worker_that_cannot_start_keeps_nobody_from_stopping(tmp_path: Path) -> None:
    """It is tried again now and then; told to stop, all is over at once."""
    stand = Stand(tmp_path, start_redis(tmp_path))
    argv = [sys.executable, "-m", "portal.watching", "worker", "false"]
    watch = subprocess.Popen(argv, env=stand.env, cwd=ROOT, start_new_session=True)
    eventually(lambda: noted(stand).get("why") == "ended", 60, "its end is noted")
    watch.terminate()
    watch.wait(3)
    stand.redis.kill()
    stand.redis.wait()
