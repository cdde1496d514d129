"""A step that asks for HTTP by hand is done by what was typed in the tab, too."""

from typing import Any

import pytest

from portal.activities.models import Session, StepRun
from portal.activities.status import SessionStatus
from portal.engine.wire.tests.local import LOCAL
from portal.wire import passing
from portal.wire.models import Exchange
from portal.wire.tests.test_pages import OK, made
from tests.rows import make_run, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    """One in which the server runs."""
    found = make_session()
    Session.objects.update(status=SessionStatus.READY, generation=1)
    make_run(found, "serve")
    found.refresh_from_db()
    return found


def considered(session: Session, **changed: Any) -> tuple[Exchange, list[StepRun]]:
    """What comes of an exchange: its row, and the runs of the step."""
    row = made(session, **changed)
    passing.consider(session, row, LOCAL)
    row.refresh_from_db()
    return row, list(session.runs.filter(step_id="telnet"))


def test_a_reply_does_the_step(session: Session) -> None:
    row, (run,) = considered(session)
    assert (run.status, row.step_run) == ("passed", run)
    assert run.params == {"request": "GET /buy?a=1 HTTP/1.1\r\nHost: x\r\n\r\n"}
    assert run.output == OK.decode()
    assert considered(session)[1] == [run]


@pytest.mark.parametrize(
    "changed",
    [{"response": b"no HTTP"}, {"response": b""}, {"port": 29092}, {"host": "kafka"}],
    ids=str,
)
def test_nothing_else_does_or_turns_it_red(session: Session, changed: dict[str, Any]) -> None:
    assert considered(session, **changed)[1] == []


def test_a_step_whose_needs_are_missing_is_left(session: Session) -> None:
    session.runs.all().delete()
    assert considered(session)[1] == []


def test_a_session_that_has_ended_is_left(session: Session) -> None:
    Session.objects.update(status=SessionStatus.ENDED)
    assert considered(session)[1] == []


def test_bytes_that_are_no_text_are_kept_as_text(session: Session) -> None:
    _, (run,) = considered(session, request=b"\0\xff", response=OK + b"\0\xff")
    assert run.params == {"request": "\u2400\ufffd"}
