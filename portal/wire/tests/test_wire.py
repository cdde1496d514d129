"""Exchanges are kept byte by byte, and shown so that nothing hides."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.activities.models import Session, StepRun
from portal.activities.signals import step_output
from portal.engine import http
from portal.engine.spark import SparkOutcome
from portal.wire import services
from portal.wire.models import ENDINGS, NO_CONNECTION, Exchange
from tests.rows import make_run, make_session, make_user

pytestmark = pytest.mark.django_db
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\xff"


def exchange(**changed: Any) -> http.Exchange:
    """An exchange with a server that answered."""
    fields: dict[str, Any] = {
        "host": "localhost",
        "port": 5000,
        "request": REQUEST,
        "response": RESPONSE,
        "connect_seconds": 0.0012,
        "first_byte_seconds": 0.0034,
        "total_seconds": 0.0056,
        "ended": "complete",
    }
    return http.Exchange(**(fields | changed))


@pytest.fixture
def session() -> Session:
    return make_session()


@pytest.fixture
def page(session: Session, client: Client) -> Any:
    """Ask for the fragment as the session's student."""
    client.force_login(session.owner)

    def ask(**query: Any) -> str:
        response = client.get(reverse("wire:exchanges", args=[session.pk]), query)
        assert response.status_code == 200
        return response.content.decode()

    return ask


def test_it_keeps_what_a_step_gives(session: Session) -> None:
    run = make_run(session, "telnet")
    step_output.send(sender=StepRun, session=session, run=run, outcome=exchange())
    kept = Exchange.objects.get(step_run=run)
    assert (bytes(kept.request), bytes(kept.response)) == (REQUEST, RESPONSE)
    assert kept.status_line == "HTTP/1.1 200 OK"


def test_it_leaves_other_outcomes_to_others(session: Session) -> None:
    outcome = SparkOutcome(True, None, None, None, 0)
    step_output.send(sender=StepRun, session=session, run=make_run(session), outcome=outcome)
    assert not Exchange.objects.exists()


def test_it_keeps_a_runs_exchange_once(session: Session) -> None:
    run = make_run(session, "telnet")
    first = services.keep(session, run, exchange())
    assert services.keep(session, run, exchange(response=b"other")) == first
    assert bytes(Exchange.objects.get().response) == RESPONSE


def test_it_keeps_the_newest_of_many(session: Session) -> None:
    for number in range(services.KEPT + 2):
        services.keep(session, None, exchange(port=number + 1))
    assert Exchange.objects.count() == services.KEPT
    assert not Exchange.objects.filter(port__lte=2).exists()


def test_the_page_says_what_to_do_where_there_is_nothing_yet(page: Any) -> None:
    assert "Nothing sent by hand yet" in page()


def test_the_page_shows_both_directions_with_the_ends_of_their_lines(
    session: Session, page: Any
) -> None:
    services.keep(session, None, exchange())
    text = page()
    assert 'GET / HTTP/1.1<span class="mark">\\r\\n</span>' in text
    assert 'Content-Length: 2<span class="mark">\\r\\n</span>' in text
    assert '<pre class="wire-bytes">\\xff</pre>' in text
    for moment in ("<span>connected</span> <strong>1.2 ms</strong>", ">3.4 ms<", ">5.6 ms<"):
        assert moment in text


def test_the_page_says_what_was_sent_exactly_and_what_it_lacks(session: Session, page: Any) -> None:
    services.keep(session, None, exchange(request=REQUEST[:-2], response=b"", ended="idle"))
    text = page()
    assert "25 bytes sent,\n    0 came back." in text
    assert "The server waits for the rest: no empty line has ended the headers." in text


def test_a_servers_markup_is_text(session: Session, page: Any) -> None:
    services.keep(session, None, exchange(response=b"HTTP/1.1 200 <b>\r\n\r\n<script>x</script>"))
    text = page()
    assert "<script>" not in text
    assert "<b>" not in text


@pytest.mark.parametrize("ended", ENDINGS)
def test_the_page_says_how_it_ended(session: Session, page: Any, ended: str) -> None:
    services.keep(session, None, exchange(ended=ended, response=b"", first_byte_seconds=None))
    text = page()
    assert ENDINGS[ended] in text
    assert ("The server said nothing." in text) == (ended not in NO_CONNECTION)
    assert ("Nothing was sent." in text) == (ended in NO_CONNECTION)


def test_the_page_shows_an_older_exchange_when_asked(session: Session, page: Any) -> None:
    older = services.keep(session, None, exchange(host="older.example"))
    services.keep(session, None, exchange(host="newer.example"))
    assert "to newer.example:5000" in page()
    assert "to older.example:5000" in page(exchange=older.pk)


def test_nobody_elses_exchanges_are_to_be_had(session: Session, client: Client) -> None:
    services.keep(session, None, exchange())
    client.force_login(make_user())
    assert client.get(reverse("wire:exchanges", args=[session.pk])).status_code == 404
