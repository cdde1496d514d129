"""Questions to a cluster that a page waits for."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from portal.activities import errands, streams_pages, topic_errands
from portal.activities.errands import Errands, NoAnswer, ask
from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.engine.errors import ClusterGone
from portal.live.connection import connect
from tests.rows import make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session() -> Session:
    """A session whose cluster is said to run."""
    made = make_session()
    Session.objects.filter(pk=made.pk).update(status=SessionStatus.READY, host=f"h-{made.pk}")
    made.refresh_from_db()
    return made


@pytest.fixture
def relay(session: Session) -> Iterator[Errands]:
    """The host's relay, as far as errands go."""
    made = Errands(session.host)
    made.start()
    yield made
    made.stop()
    made.thread.join(5)


def test_it_answers(session: Session, relay: Errands, monkeypatch: Any) -> None:
    monkeypatch.setattr(topic_errands, "page", lambda found, **params: {"said": params})
    assert ask(session, "page", topic="events", partition=0) == {
        "said": {"topic": "events", "partition": 0}
    }


def test_it_says_what_went_wrong(session: Session, relay: Errands, monkeypatch: Any) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ClusterGone("The cluster is gone.")

    monkeypatch.setattr(topic_errands, "produce", fail)
    with pytest.raises(NoAnswer, match="The cluster is gone"):
        ask(session, "produce", topic="events")


def test_it_keeps_a_mistake_of_its_own_to_itself(
    session: Session, relay: Errands, monkeypatch: Any
) -> None:
    monkeypatch.setattr(topic_errands, "page", lambda *_, **__: 1 / 0)
    with pytest.raises(NoAnswer, match="the portal's side"):
        ask(session, "page")


def test_a_question_about_a_cluster_that_was_replaced_is_not_asked_of_the_next(
    session: Session, relay: Errands
) -> None:
    session.generation += 1
    with pytest.raises(NoAnswer, match="replaced"):
        ask(session, "page")


def test_nobody_asks_a_cluster_that_does_not_run(session: Session) -> None:
    session.status = SessionStatus.ENDED
    with pytest.raises(NoAnswer, match="not running"):
        ask(session, "page")


def test_a_question_that_nobody_takes_up_lapses(session: Session, monkeypatch: Any) -> None:
    """And a relay that comes back later does not do it any more."""
    monkeypatch.setattr(errands, "PATIENCE_SECONDS", 0.3)
    done = threading.Event()
    monkeypatch.setattr(topic_errands, "produce", lambda *_, **__: done.set())
    with pytest.raises(NoAnswer, match="in time"):
        ask(session, "produce")
    late = Errands(session.host)
    late.start()
    deadline = time.monotonic() + 5
    while connect().llen(errands.queue_key(session.host)):
        assert time.monotonic() < deadline
    late.stop()
    late.thread.join(5)
    assert not done.is_set()


def test_a_crowd_is_sent_away(session: Session) -> None:
    key = errands.queue_key(session.host)
    connect().rpush(key, *[json.dumps({})] * errands.WAITING)
    with pytest.raises(NoAnswer, match="busy"):
        ask(session, "page")
    connect().delete(key)


def test_headers_are_written_one_a_line() -> None:
    assert streams_pages.headers("a: b\n\n c :d: e\n") == [("a", "b"), ("c", "d: e")]
    with pytest.raises(ValueError, match="name: content"):
        streams_pages.headers("no colon")


def test_pages_of_streams_are_the_owners(session: Session, client: Any) -> None:
    """Somebody else finds nothing there, and who may only watch can't send."""
    from tests.rows import make_user

    client.force_login(make_user())
    for path in ("topics/", "topics/events/records/", "download/log:mids/"):
        assert client.get(f"/s/{session.pk}/{path}").status_code == 404
    assert client.post(f"/s/{session.pk}/topics/events/produce/").status_code == 404
    client.force_login(session.owner)
    assert client.get(f"/s/{session.pk}/topics/").status_code == 200
    assert client.get(f"/s/{session.pk}/topics/nope/records/").status_code == 404
    assert client.get(f"/s/{session.pk}/topics/events/records/?offset=-1").status_code == 404
    assert client.get(f"/s/{session.pk}/download/log:nope/").status_code == 404
    answer = client.get(f"/s/{session.pk}/download/log:mids/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mids.log"'
