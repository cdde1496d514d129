"""What curl or a script has sent is shown beside what was typed, once each."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.activities import captures
from portal.activities.captures import Capture
from portal.activities.models import Session
from portal.wire import captured
from portal.wire.models import Exchange
from portal.wire.tests.test_pages import GET, OK, made
from tests.rows import make_session

pytestmark = pytest.mark.django_db
AT = 1_800_000_000.0


def capture(number: int = 1, **changed: Any) -> Capture:
    """One of the server in mids."""
    fields: dict[str, Any] = {
        "number": number,
        "service": "mids",
        "id": "",
        "pid": 1,
        "peer": "127.0.0.1",
        "port": 40_000,
        "server_port": 5000,
        "at": AT,
        "first_in": AT + 0.001,
        "last_in": AT + 0.001,
        "first_out": AT + 0.01,
        "last_out": AT + 0.02,
        "ended_at": AT + 0.03,
        "request": GET,
        "request_size": len(GET),
        "response": OK,
        "response_size": len(OK),
        "method": "GET",
        "path": "/buy",
        "status": 200,
    }
    return Capture(**(fields | changed))


@pytest.fixture
def session(client: Client) -> Session:
    """A session, whose student is logged in."""
    made_ = make_session()
    client.force_login(made_.owner)
    return made_


@pytest.fixture
def have(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have these captured."""

    def these(*found: Capture) -> None:
        monkeypatch.setattr(captures, "of_service", lambda session, service: list(found))

    return these


def page(session: Session, client: Client, **query: Any) -> str:
    """The fragment."""
    return client.get(reverse("wire:exchanges", args=[session.pk]), query).content.decode()


def test_what_was_captured_is_shown_like_what_was_typed(
    session: Session, client: Client, have: Any
) -> None:
    have(capture(1), capture(2, response=b"\0\xff<b>"))
    text = page(session, client, exchange="mids.1")
    assert "· captured" in text
    assert "It answered 200 OK, 2 bytes of body." in text
    assert ">30.0 ms<" in text
    assert "<b>" not in page(session, client, exchange="mids.2", view="text")
    for key in ("mids.9", "kafka.1", "../mids.1", "mids."):
        assert page(session, client, exchange=key)


def test_it_can_be_kept(session: Session, client: Client, have: Any) -> None:
    have(capture(7))
    text = client.post(reverse("wire:keep", args=[session.pk, "mids.7"])).content.decode()
    row = Exchange.objects.get(session=session)
    assert (bytes(row.request), bytes(row.response), row.origin) == (GET, OK, "captured")
    assert "wire-again" in text
    gone = client.post(reverse("wire:keep", args=[session.pk, "mids.8"])).content.decode()
    assert "is gone" in gone


def test_what_was_typed_is_shown_once(session: Session, client: Client, have: Any) -> None:
    have(capture(1), capture(2, at=AT + 500), capture(3, request=b"", response=b""))
    row = made(session, created_at=datetime.fromtimestamp(AT, UTC))
    left = captured.others(captured.newest(session), [row])
    assert [each.key for each in left] == ["mids.2"]


def test_a_capture_that_was_cut_says_so(session: Session, have: Any) -> None:
    have(capture(1, response_size=100_000))
    (found,) = captured.newest(session)
    assert found.ended == "limit"
