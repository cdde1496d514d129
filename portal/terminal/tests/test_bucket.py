"""Recordings in a bucket: kept once each, handed out, gone with their session."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal import bucket as buckets
from portal.activities.models import Session
from portal.activities.signals import terminal_recorded
from portal.live.terminals import Terminal
from portal.terminal import casts, services
from portal.terminal.models import Recording
from tests.rows import make_session
from tests.s3 import Server, s3_server

pytestmark = pytest.mark.django_db(transaction=True)
CAST = b'{"version": 3}\n[0.1, "o", "hello"]\n'


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests here."""
    with s3_server() as made:
        yield made


@pytest.fixture(autouse=True)
def bucket(server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The portal has a bucket, and nobody has asked it for anything."""
    settings.STORAGES = server.storages()
    monkeypatch.setattr(casts, "_not_before", 0.0)
    monkeypatch.setattr(casts.sweeper, "unknown", set())
    yield server
    settings.STORAGES = server.storages()
    for each in server.objects():
        casts.remove(each)


@pytest.fixture
def session() -> Session:
    return make_session()


@pytest.fixture
def terminal(session: Session) -> Terminal:
    return Terminal(session.pk, 1, "mids")


def download(client: Client, session: Session) -> Any:
    """What its owner is given for the newest."""
    client.force_login(session.owner)
    (found, *_) = client.get(reverse("terminal:recordings", args=[session.pk])).json()["recordings"]
    return client.get(found["url"])


def test_it_is_kept_there_and_not_in_the_row(
    client: Client, session: Session, terminal: Terminal, bucket: Server
) -> None:
    services.keep_recording(session, terminal, "e1", CAST[:20])
    services.keep_recording(session, terminal, "e1", CAST)
    row = Recording.objects.get()
    assert (bytes(row.cast), row.size) == (b"", len(CAST))
    assert bucket.objects() == [row.store]
    assert download(client, session).content == CAST


def test_it_goes_with_its_session_and_to_make_room(
    session: Session, terminal: Terminal, bucket: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "KEPT_RECORDINGS", 2)
    for number in range(3):
        services.keep_recording(session, terminal, f"e{number}", CAST)
    assert len(bucket.objects()) == 2
    session.delete()
    assert bucket.objects() == []


def test_those_of_before_the_bucket_can_be_played(
    client: Client, session: Session, terminal: Terminal, settings: Any, bucket: Server
) -> None:
    settings.STORAGES = {**bucket.storages(), "lasting": settings.STORAGES["default"]}
    services.keep_recording(session, terminal, "e1", CAST)
    assert bytes(Recording.objects.get().cast) == CAST
    settings.STORAGES = bucket.storages()
    assert download(client, session).content == CAST


def test_a_bucket_that_is_away_is_told_and_asked_again_later(
    client: Client,
    session: Session,
    terminal: Terminal,
    bucket: Server,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    services.keep_recording(session, terminal, "e1", CAST[:20])
    settings.STORAGES = bucket.storages(SLUICE_S3_ENDPOINT="http://127.0.0.1:9")
    tell(session, terminal)
    assert "was not kept" in caplog.text
    answer = download(client, session)
    assert (answer.status_code, answer["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert casts.sweeper.sweep() == []
    settings.STORAGES = bucket.storages()
    tell(session, terminal)
    assert download(client, session).content == CAST[:20]
    monkeypatch.setattr(casts, "_not_before", 0.0)
    tell(session, terminal)
    assert download(client, session).content == CAST


def tell(session: Session, terminal: Terminal) -> None:
    """As the relay does."""
    terminal_recorded.send(Session, session=session, terminal=terminal, epoch="e1", cast=CAST)


def test_what_a_host_that_was_killed_left_is_swept_at_the_second_look(bucket: Server) -> None:
    there = buckets.bucket()
    assert there is not None
    name = casts.put(there, "nobody", CAST)
    assert casts.sweeper.sweep() == []
    assert casts.sweeper.sweep() == [name]
    assert bucket.objects() == []
