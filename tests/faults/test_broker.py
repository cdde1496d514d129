"""Redis can die, hang or forget with a task in flight: the worker takes up others' work again."""

import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.faults.stand import AGAIN_SECONDS, Stand, standing, start_redis
from tests.faults.student import eventually

NAP_SECONDS = 40.0


@pytest.fixture
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A worker that waits for tasks."""
    with standing(tmp_path_factory.mktemp("b")) as made:
        yield made


def kill(stand: Stand) -> None:
    """It is gone, and the worker knows."""
    stand.redis.kill()
    stand.redis.wait()
    log = stand.folder / "worker.log"
    eventually(lambda: "Connection to broker lost" in log.read_text(), 60, "the worker sees it")


def killed(stand: Stand) -> None:
    """It is started again with all that it had."""
    kill(stand)
    stand.redis = start_redis(stand.folder)


def killed_and_emptied(stand: Stand) -> None:
    """It is started again with nothing."""
    kill(stand)
    for each in sorted(stand.folder.glob("appendonlydir/*")):
        each.unlink()
    stand.redis = start_redis(stand.folder)


def hung(stand: Stand) -> None:
    """It stands still for a while."""
    stand.redis.send_signal(signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):
        assert stand.worker is not None
        stand.worker.wait(timeout=7)
    stand.redis.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("fault", [killed, killed_and_emptied, hung])
def test_others_work_goes_on_though_redis_fails_with_a_task_in_flight(
    stand: Stand, fault: Callable[[Stand], None]
) -> None:
    """The task that ran goes on to its end; the next one does not wait for that."""
    stand.queue(NAP_SECONDS, "long")
    eventually(stand.has("long.begun"), 30, "the long task begins")
    fault(stand)
    stand.queue(0, "short")
    eventually(stand.has("short.ended"), AGAIN_SECONDS, "another task is done")
    assert not stand.has("long.ended")()
    assert stand.worker is not None
    assert stand.worker.poll() is None


def test_a_task_that_outlived_its_connection_ends_in_peace(stand: Stand) -> None:
    """It can be acknowledged to nobody; the worker stays the same one."""
    stand.queue(6, "long")
    eventually(stand.has("long.begun"), 30, "the long task begins")
    killed(stand)
    eventually(stand.has("long.ended"), 60, "it ends")
    stand.queue(0, "short")
    eventually(stand.has("short.ended"), AGAIN_SECONDS, "another task is done")
    assert stand.worker is not None
    assert stand.worker.poll() is None
