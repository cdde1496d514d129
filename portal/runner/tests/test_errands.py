"""Questions to a cluster that a page waits for."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from portal.activities import errands, streams_pages
from portal.activities.errands import NoAnswer, ask
from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.engine.errors import ClusterGone
from portal.engine.topics import NoWord, Refused
from portal.live.connection import connect
from portal.runner import errands as runner_errands
from portal.runner import topic_errands
from portal.runner.errands import WAITING_EACH, Errands
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
    deadline = time.monotonic() + 60
    while connect().llen(errands.queue_key(session.host)):
        assert time.monotonic() < deadline
    late.stop()
    late.thread.join(5)
    assert not done.is_set()


def test_an_answer_may_take_longer_than_redis_own_limit(
    session: Session, relay: Errands, monkeypatch: Any
) -> None:
    """How long is waited is the question's own matter, not its connection's."""
    monkeypatch.setattr(topic_errands, "produce", lambda *_, **__: after(6, {"offset": 1}))
    assert ask(session, "produce") == {"offset": 1}


def test_a_record_that_may_have_been_sent_is_not_said_to_be_unsent(
    session: Session, relay: Errands, monkeypatch: Any
) -> None:
    monkeypatch.setattr(errands, "PATIENCE_SECONDS", 0.5)
    ended = threading.Event()
    monkeypatch.setattr(topic_errands, "produce", lambda *_, **__: ended.wait(10) or {})
    with pytest.raises(NoAnswer, match="not known whether the record was sent"):
        ask(session, "produce")
    ended.set()


@pytest.mark.parametrize(
    ("error", "is_known"),
    [
        (Refused("There is no partition 7 of that topic."), True),
        (NoWord("Kafka did not answer in time."), False),
        (ClusterGone("The cluster is gone."), False),
        (ZeroDivisionError(), False),
    ],
)
def test_what_went_wrong_says_whether_the_record_was_sent(
    session: Session, relay: Errands, monkeypatch: Any, error: Exception, is_known: bool
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(topic_errands, "produce", fail)
    with pytest.raises(NoAnswer) as caught:
        ask(session, "produce")
    assert ("not known" in str(caught.value)) is not is_known


def test_redis_that_is_away_is_said_in_words(session: Session, monkeypatch: Any) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(redis.Redis, "execute_command", refuse)
    with pytest.raises(NoAnswer, match="can't reach Redis"):
        ask(session, "page")


def test_one_sessions_questions_hold_up_no_others(
    session: Session, relay: Errands, monkeypatch: Any
) -> None:
    """One of them is asked at a time; too many are sent away, and another session's go first."""
    other = make_session()
    Session.objects.filter(pk=other.pk).update(status=SessionStatus.READY, host=session.host)
    other.refresh_from_db()
    ended, at_once, most = threading.Event(), 0, 0

    def page(found: Session, **_: Any) -> dict[str, Any]:
        nonlocal at_once, most
        if found.pk == session.pk:
            at_once += 1
            most = max(most, at_once)
            ended.wait(120)
            at_once -= 1
        return {"of": found.pk}

    monkeypatch.setattr(topic_errands, "page", page)
    said: list[str] = []
    crowd = [
        threading.Thread(target=in_words, args=(session, said)) for _ in range(3 * WAITING_EACH)
    ]
    for each in crowd:
        each.start()
    deadline = time.monotonic() + 60
    while len(said) < 2 * WAITING_EACH - 1:
        assert time.monotonic() < deadline, said
    # Theirs hang for longer than it would wait for one of them.
    assert ask(other, "page") == {"of": other.pk}
    ended.set()
    for each in crowd:
        each.join(20)
    assert most == 1
    assert said.count("done") == WAITING_EACH + 1
    assert all("Much is asked" in each for each in said if each != "done")


def in_words(session: Session, said: list[str]) -> None:
    """What comes of a question."""
    try:
        ask(session, "page")
        said.append("done")
    except NoAnswer as error:
        said.append(str(error))


def test_an_errand_that_is_delivered_twice_is_done_once(
    session: Session, relay: Errands, monkeypatch: Any
) -> None:
    done: list[str] = []

    def produce(*_: Any, **__: Any) -> dict[str, Any]:
        done.append("x")
        return {}

    monkeypatch.setattr(topic_errands, "produce", produce)
    asked = {
        "session": session.pk,
        "generation": session.generation,
        "kind": "produce",
        "params": {},
        "answer": "errand:twice",
        "until": time.time() + 10,
    }
    for _ in range(3):
        connect().rpush(errands.queue_key(session.host), json.dumps(asked))
    ask(session, "produce")
    assert done == ["x", "x"]


def after(seconds: float, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer that takes its time."""
    threading.Event().wait(seconds)
    return answer


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


def test_it_carries_out_what_an_app_has_added(
    session: Session, relay: Errands, monkeypatch: Any
) -> None:
    monkeypatch.setitem(runner_errands._more, "greet", lambda found, word: {"said": word})
    assert ask(session, "greet", word="hello") == {"said": "hello"}
