"""A full disk is named wherever it matters, and what runs can be read on."""

import errno
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import ResponseError

from portal import disk, logs
from portal.activities import orders
from portal.activities.models import Session
from portal.catalog.models import LabVersion
from portal.runner.services import runs
from tests.rows import make_session, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No room is left."""
    disk._looked.clear()
    monkeypatch.setattr(disk, "has_no_room", lambda folder: True)
    yield
    disk._looked.clear()


@pytest.fixture
def session() -> Session:
    return make_session()


@pytest.fixture
def browser(session: Session, client: Client) -> Client:
    """The session's student."""
    client.force_login(session.owner)
    return client


def test_health_names_it(full: None, client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "disk is full" in answer.content.decode()


def test_pages_say_so_and_can_be_read(full: None, session: Session, browser: Client) -> None:
    answer = browser.get(f"/s/{session.pk}/")
    assert answer.status_code == 200
    assert 'data-testid="disk-is-full"' in answer.content.decode()


def test_nothing_new_is_launched(full: None, session: Session, client: Client) -> None:
    LabVersion.objects.update(published_at=timezone.now())
    client.force_login(make_user())
    answer = client.post("/launch/", {"version": session.version_id}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Nothing was launched: the portal&#x27;s disk is full." in answer.content.decode()
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("database or disk is full"),
        OperationalError("could not extend file: No space left on device"),
        ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
)
def test_what_cannot_be_written_is_answered_in_words(
    session: Session, browser: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """And not by a page that says that the portal broke."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(orders, "run_step", fail)
    answer = browser.post(reverse("activities:run_step", args=[session.pk, "topic"]))
    assert answer.status_code == 507
    assert "disk is full" in answer.content.decode()


def test_another_error_stays_one(
    session: Session, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr(orders, "run_step", fail)
    with pytest.raises(OperationalError):
        browser.post(reverse("activities:run_step", args=[session.pk, "topic"]))


def test_who_looks_at_a_page_is_noted_only_where_that_can_be(
    session: Session, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's own small writes are left out; the page is shown."""
    real = Session.objects.filter

    def refuse(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        monkeypatch.setattr(found, "update", fail)
        return found

    tried = []

    def fail(**fields: Any) -> None:
        tried.append(fields)
        raise OperationalError("database or disk is full")

    from portal.activities.services import sessions

    monkeypatch.setattr(Session.objects, "filter", refuse)
    sessions.touch(session)
    assert tried


def test_a_run_does_not_stay_running_because_its_end_could_not_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is written as soon as there is room."""
    monkeypatch.setattr(runs, "NOTING_PAUSE", 0.0)
    tries: list[int] = []

    def write() -> None:
        tries.append(1)
        if len(tries) < 5:
            raise OperationalError("database or disk is full")

    runs.persistently(write)
    assert len(tries) == 5


def test_a_small_disk_is_full_only_when_it_is(tmp_path: Path) -> None:
    assert not disk.has_no_room("/nowhere/at/all")
    assert not disk.has_no_room(str(tmp_path))


def test_the_same_trouble_is_logged_a_few_times_and_then_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another one is not kept back by it."""
    told: list[str] = []
    handler = logging.Handler()
    handler.addFilter(logs.Repeats())
    monkeypatch.setattr(handler, "emit", lambda record: told.append(record.getMessage()))
    logger = logging.Logger("one")
    logger.addHandler(handler)
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for number in range(1000):
        logger.warning("try %d failed", number)
    assert len(told) == logs.TOLD
    logger.warning("something else")
    logger.info("as usual")
    assert told[-2:] == ["something else", "as usual"]
    now += logs.WINDOW_SECONDS + 1
    logger.warning("try %d failed", 1000)
    assert told[-1] == "try 1000 failed (and 997 times more in the minute before)"
