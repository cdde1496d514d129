"""`/healthz` says whether pages can be served, to anybody who asks, and no more."""

from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from portal import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has looked at the schema yet."""
    monkeypatch.setitem(health._seen, "schema", False)


def told(client: Client) -> tuple[int, str]:
    answer = client.get("/healthz")
    return answer.status_code, answer.content.decode().strip()


def test_it_is_well_without_a_login(client: Client) -> None:
    assert told(client) == (200, "ok")


def test_an_older_schema_is_told(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("wire", "0002_connections")
    status, text = told(client)
    assert status == 503
    assert text == "The database has an older schema: run manage.py migrate."
    recorder.record_applied("wire", "0002_connections")
    assert told(client) == (200, "ok")


def test_a_database_that_is_away_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("secret details")

    monkeypatch.setattr(connection, "ensure_connection", fail)
    assert told(client) == (503, "The database does not answer.")


def test_redis_that_is_away_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis(unix_socket_path="/nowhere.sock")
    monkeypatch.setattr(health, "connect", lambda: nowhere)
    assert told(client) == (503, "Redis does not answer.")


def test_redis_that_refuses_for_want_of_disk_is_the_disks_trouble(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refuses:
        def ping(self) -> None:
            raise redis.ResponseError("MISCONF Errors writing to the AOF file: No space left")

    monkeypatch.setattr(health, "connect", Refuses)
    assert told(client) == (503, health.FULL)


def test_a_beat_is_a_files_date(settings: Any, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path / "run"
    health.beat("relay")
    assert (tmp_path / "run" / "relay.alive").exists()
