"""Hosts go by the database's clock, whatever their own says."""

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from portal import clock
from portal.activities.models import Host as HostRow
from portal.activities.models import Session
from portal.activities.tests.host import Host
from portal.runner import reconciler
from portal.runner.services import reporting

pytestmark = pytest.mark.django_db
HOUR = 3600.0


class Server:
    """A PostgreSQL whose clock is an hour behind ours, or that is away."""

    vendor = "postgresql"
    is_away = False
    asked = 0

    @contextmanager
    def cursor(self) -> Any:
        yield self

    def execute(self, _: str) -> None:
        self.asked += 1
        if self.is_away:
            raise OperationalError("gone")

    def fetchone(self) -> tuple[float]:
        return (time.time() - HOUR,)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """Nobody has asked it yet."""
    made = Server()
    monkeypatch.setattr(clock, "connection", made)
    monkeypatch.setattr(clock, "_base", None)
    monkeypatch.setattr(clock, "_ask_at", 0.0)
    return made


def test_time_is_the_databases_and_it_is_asked_now_and_then(server: Server) -> None:
    assert clock.ahead() == pytest.approx(HOUR, abs=30)
    assert timezone.now() - clock.now() > timedelta(minutes=59)
    assert server.asked == 1


def test_a_clock_that_is_set_meanwhile_changes_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = clock.time()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 7200)
    assert clock.time() == pytest.approx(before, abs=30)
    assert clock.ahead() == pytest.approx(HOUR + 7200, abs=30)


def test_while_the_database_is_away_the_last_word_holds(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = clock.time()
    server.is_away = True
    monkeypatch.setattr(clock, "_ask_at", 0.0)
    assert clock.time() == pytest.approx(before, abs=30)
    monkeypatch.setattr(clock, "_base", None)
    assert clock.time() == pytest.approx(time.time(), abs=30)


def test_a_host_that_is_ahead_reports_so_and_ends_no_session_early(
    server: Server, ready: Session, host: Host
) -> None:
    reporting.beat("local")
    row = HostRow.objects.get(pk="local")
    assert row.clock_ahead == pytest.approx(HOUR, abs=30)
    assert row.has_wrong_clock
    assert not row.is_silent
    ready.change(expires_at=clock.now() + timedelta(minutes=30))
    Session.objects.filter(pk=ready.pk).update(
        last_active_at=clock.now(), last_watched_at=clock.now()
    )
    ready.refresh_from_db()
    reconciler.look_at_clock(ready)
    ready.refresh_from_db()
    assert (ready.status, ready.desired) == ("ready", "up")
