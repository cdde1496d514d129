"""What is known of tasks that wait in a host's queue."""

from typing import Any

import pytest
import redis
from celery import current_app, signals
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisGone

from portal.activities import orders, waiting
from portal.live.connection import connect
from portal.runner import tasks

ARGS = ("abc", 1)


@pytest.fixture(autouse=True)
def no_marks() -> None:
    """No test's marks are another's."""
    connect().delete(waiting.key("local"), waiting.key("other"))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put into queues."""
    found: list[Any] = []

    def apply(task: str, *, args: Any, queue: str) -> None:
        found.append((queue, *args))

    monkeypatch.setattr(orders, "send", apply)
    return found


def test_a_task_is_asked_for_again_only_once_a_worker_has_begun_it(sent: list[Any]) -> None:
    orders.enqueue_on("local", orders.BRING_DOWN, "abc")
    for _ in range(3):
        orders.enqueue_again("local", orders.BRING_DOWN, "abc")
    assert sent == [("host.local", "abc")]
    signals.task_prerun.send(sender=tasks.bring_down, task=tasks.bring_down, args=["abc"])
    orders.enqueue_again("local", orders.BRING_DOWN, "abc")
    assert len(sent) == 2


def test_a_worker_that_starts_anew_has_lost_what_the_one_before_had_taken(
    sent: list[Any],
) -> None:
    orders.enqueue_on("local", orders.BRING_DOWN, "abc")
    signals.worker_ready.send(sender=None)
    orders.enqueue_again("local", orders.BRING_DOWN, "abc")
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
    asked = []

    def away() -> None:
        asked.append("redis")
        raise RedisGone

    monkeypatch.setattr(waiting, "connect", away)
    waiting.note("local", "put", ARGS)
    waiting.begun("local", "put", ARGS)
    waiting.forget("local")
    assert len(asked) == 3


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(orders, "put", lambda *args: queued.append(args))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        orders.enqueue_on("local", orders.BRING_UP, "abc")
        raise ZeroDivisionError
    assert queued == []
    orders.enqueue_on("local", orders.BRING_UP, "abc")
    assert len(queued) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "error", [OperationalError("gone"), redis.ConnectionError("gone"), OSError("gone")]
)
def test_a_queue_that_is_away_after_the_commit_loses_no_wish(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The click is answered, and the reconciler may ask again at once."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("portal.activities.orders.current_app.send_task", fail)
    orders.enqueue_on("away", orders.BRING_UP, "abc")
    assert not waiting.waits("away", orders.BRING_UP, ("abc",))


def test_the_first_order_finds_its_connection_open() -> None:
    assert orders.get_ready()
    with current_app.producer_or_acquire() as producer:
        assert producer.connection.connected


@pytest.mark.parametrize(
    "error", [OperationalError("gone"), redis.ConnectionError("gone"), OSError("gone")]
)
def test_a_broker_that_is_away_is_no_trouble_yet(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def away() -> None:
        raise error

    monkeypatch.setattr(current_app, "producer_or_acquire", away)
    assert not orders.get_ready()
