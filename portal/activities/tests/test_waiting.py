"""What is known of tasks that wait in a host's queue."""

from typing import Any

import pytest
from celery import signals
from redis.exceptions import ConnectionError as RedisGone

from portal.activities import tasks, waiting
from portal.live.connection import connect

ARGS = ("abc", 1)


@pytest.fixture(autouse=True)
def no_marks() -> None:
    """No test's marks are another's."""
    connect().delete(waiting.key("local"), waiting.key("other"))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put into queues."""
    found: list[Any] = []

    def apply(args: Any, queue: str) -> None:
        found.append((queue, *args))

    monkeypatch.setattr(tasks.bring_down, "apply_async_on_commit", apply)
    return found


def test_a_task_is_asked_for_again_only_once_a_worker_has_begun_it(sent: list[Any]) -> None:
    tasks.enqueue_on("local", tasks.bring_down, "abc")
    for _ in range(3):
        tasks.enqueue_again("local", tasks.bring_down, "abc")
    assert sent == [("host.local", "abc")]
    signals.task_prerun.send(sender=tasks.bring_down, task=tasks.bring_down, args=["abc"])
    tasks.enqueue_again("local", tasks.bring_down, "abc")
    assert len(sent) == 2


def test_a_worker_that_starts_anew_has_lost_what_the_one_before_had_taken(
    sent: list[Any],
) -> None:
    tasks.enqueue_on("local", tasks.bring_down, "abc")
    signals.worker_ready.send(sender=None)
    tasks.enqueue_again("local", tasks.bring_down, "abc")
    assert len(sent) == 2


def test_a_mark_is_of_one_task_with_its_arguments_on_one_host() -> None:
    waiting.note("local", "put", ARGS)
    assert waiting.waits("local", "put", ARGS)
    assert not waiting.waits("other", "put", ARGS)
    assert not waiting.waits("local", "stop", ARGS)
    assert not waiting.waits("local", "put", ("abc", 2))


def test_a_mark_that_is_left_over_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.note("local", "put", ARGS)
    monkeypatch.setattr(waiting, "GIVEN_UP_SECONDS", 0)
    assert not waiting.waits("local", "put", ARGS)


def test_a_redis_that_is_away_costs_a_mark_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise RedisGone

    monkeypatch.setattr(waiting, "connect", away)
    waiting.note("local", "put", ARGS)
    waiting.begun("local", "put", ARGS)
    waiting.forget("local")
