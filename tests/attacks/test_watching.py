"""Whoever watches over the portal is told the truth, and nobody else is told anything."""

import json
import logging
import re
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery import shared_task
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from portal import disk, health, tracing
from portal.activities import waiting
from portal.activities.models import Host
from portal.classroom.models import User
from portal.classroom.roles import grant
from portal.live.connection import connect
from portal.tracing import AsJson, Filter, Traced, trace
from tests.rows import make_run, make_session

AWAY = {"HTTP_HOST": "localhost", "REMOTE_ADDR": "192.0.2.9"}


@pytest.fixture
def host(db: None) -> Host:
    """A host whose processes are all at work."""
    made = Host.objects.create(name="watched", seen_at=timezone.now())
    with override_settings(HOST_NAME="watched"):
        health.beat("relay")
        health.beat("worker")
    waiting.forget("watched")
    return made


def ready() -> tuple[int, str]:
    """What /readyz says."""
    answer = Client().get("/readyz")
    return answer.status_code, answer.content.decode()


def test_all_is_well(host: Host) -> None:
    assert ready() == (200, "ok\n")
    assert Client().get("/livez").content == b"ok\n"


def test_without_a_runner_it_is_not_ready(db: None) -> None:
    assert ready() == (503, "No host has reported: is a relay running?\n")


@pytest.mark.parametrize("name", ["relay", "worker"])
def test_a_process_without_a_sign_of_life_is_named(host: Host, name: str) -> None:
    connect().hset(health.life_key("watched"), name, str(time.time() - 100))

    status, words = ready()

    assert status == 503
    assert words.startswith(f"The {name} of watched has given no sign of life for 1")


def test_a_process_that_never_was_there_is_named(host: Host) -> None:
    connect().delete(health.life_key("watched"))

    assert "The worker of watched has given no sign of life yet." in ready()[1]


def test_a_worker_that_takes_nothing_up_is_not_well_though_it_lives(host: Host) -> None:
    key, mark = waiting.key("watched"), waiting.field("a-task", (1,))
    connect().hset(key, mark, str(time.time() - 90))

    status, words = ready()

    assert status == 503
    assert words.startswith("The worker of watched takes up no tasks: the oldest waits for 9")


def test_a_full_disk_is_named(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "is_full", lambda: True)

    status, words = ready()

    assert status == 503
    assert words.startswith("The disk is full: make room")


def test_a_database_of_an_older_release_is_named(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "is_migrated", lambda: False)

    assert ready() == (503, "The database has an older schema: run manage.py migrate.\n")
    assert Client().get("/livez").status_code == 200


# Metrics


def test_sessions_failures_and_streams_are_counted(host: Host) -> None:
    session = make_session()
    run = make_run(session)
    run.status, run.error_part = "failed", "kafka"
    run.save()
    session.starting_at = timezone.now() - timedelta(seconds=4)
    session.ready_at = timezone.now()
    session.save()

    text = Client().get("/metrics").content.decode()

    assert 'sluice_sessions{state="queued"} 1.0' in text
    assert 'sluice_step_failures_total{part="kafka"} 1.0' in text
    assert 'sluice_launch_seconds_bucket{le="3.0"} 0.0' in text
    assert 'sluice_launch_seconds_bucket{le="5.0"} 1.0' in text
    assert "sluice_launch_seconds_count 1.0" in text
    for name in (
        "sluice_sockets",
        "sluice_stream_bytes",
        "sluice_stream_evictions_total",
        "sluice_redis_evictions_total",
        'sluice_queue_tasks{host="watched"}',
        'sluice_queue_oldest_seconds{host="watched"}',
    ):
        assert re.search(rf"^{re.escape(name)} [0-9.e+]+$", text, re.MULTILINE), name


@pytest.mark.parametrize(
    "headers",
    [
        AWAY,
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {**AWAY, "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {**AWAY, "HTTP_AUTHORIZATION": "Bearer "},
        {**AWAY, "HTTP_AUTHORIZATION": "Bearer wrong"},
    ],
)
def test_metrics_are_nobody_elses_business(db: None, headers: dict[str, Any]) -> None:
    assert Client().get("/metrics", **headers).status_code == 404
    with override_settings(METRICS_TOKEN="right"):
        assert Client().get("/metrics", **headers).status_code == 404


def test_metrics_are_for_a_token_and_for_admins(db: None) -> None:
    with override_settings(METRICS_TOKEN="right"):
        answer = Client().get("/metrics", HTTP_AUTHORIZATION="Bearer right", **AWAY)  # type: ignore[arg-type]
        assert answer.status_code == 200
    for role, status in ((User.Role.ADMIN, 200), (User.Role.STUDENT, 404)):
        user = User.objects.create_user(f"a-{role}")
        grant(user, role)
        client = Client()
        client.force_login(user)
        assert client.get("/metrics", **AWAY).status_code == status  # type: ignore[arg-type]


# One id from request to task


@shared_task(name="tests.attacks.says_its_trace")
def says_its_trace() -> str:
    """What a task's lines are marked with."""
    return trace.get()


async def answers_its_trace(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": trace.get().encode()})


async def asked(app: Any, *headers: tuple[bytes, bytes]) -> tuple[str, str]:
    """The id in an answer's header, and the one that the application saw."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "headers": list(headers)}, None, send)
    return dict(sent[0]["headers"])[b"x-request-id"].decode(), sent[1]["body"].decode()


async def test_each_request_has_an_id_and_its_answer_says_it() -> None:
    before = trace.get()
    app = Traced(answers_its_trace)
    first, second = await asked(app), await asked(app)

    assert first[0] == first[1]
    assert first != second
    assert trace.get() == before


async def test_only_a_trusted_proxy_chooses_the_id() -> None:
    given = (b"x-request-id", b"chosen-by-somebody")

    assert (await asked(Traced(answers_its_trace), given))[0] != "chosen-by-somebody"
    behind = Traced(answers_its_trace, is_behind_proxy=True)
    assert await asked(behind, given) == ("chosen-by-somebody", "chosen-by-somebody")
    assert (await asked(behind, (b"x-request-id", b"a\nb")))[0] != "a\nb"


def test_a_task_s_lines_are_marked_as_the_request_that_queued_it() -> None:
    headers: dict[str, Any] = {}
    token = trace.set("of-a-request")
    tracing.send_along(headers=headers)
    trace.reset(token)
    task: Any = SimpleNamespace(name="portal.carry_out", request=SimpleNamespace(**headers))

    tracing.take_up(task=task, args=(17,))

    record = logging.makeLogRecord({"msg": "at work", "levelname": "INFO"})
    Filter().filter(record)
    tracing.lay_down()
    said = json.loads(AsJson().format(record))
    assert (said["trace"], said["task"]) == ("of-a-request", "carry_out 17")
    assert (trace.get(), tracing.about.get()) == ("", "")


def test_a_real_message_carries_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.celery import app

    connect().delete("host.traced")
    token = trace.set("of-a-request")
    with app.connection_for_write() as connection:
        says_its_trace.apply_async(queue="host.traced", connection=connection)  # type: ignore[call-arg]
    trace.reset(token)

    message = json.loads(connect().lpop("host.traced"))  # type: ignore[arg-type]
    assert message["headers"][tracing.HEADER] == "of-a-request"


def test_a_line_of_json_is_one_line_whatever_it_says() -> None:
    try:
        raise ValueError("a\nb")
    except ValueError:
        import sys

        record = logging.makeLogRecord({"msg": "x\ny", "exc_info": sys.exc_info()})
    line = AsJson().format(record)

    assert "\n" not in line
    assert "ValueError: a\nb" in json.loads(line)["error"]


def test_a_line_says_in_which_zone_its_time_is() -> None:
    formatters: Any = settings.LOGGING["formatters"]
    said = formatters["line"]
    line = logging.Formatter(said["format"], said["datefmt"])
    at = line.formatTime(logging.makeLogRecord({}), said["datefmt"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", at)
