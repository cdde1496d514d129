"""A session on one line of time."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.activities import keys
from portal.activities.models import Session, SessionFileVersion
from portal.insights import moments
from portal.live import streams
from portal.results.models import Extraction
from portal.terminal.models import TypedCommand
from tests.insights.sessions import done
from tests.rows import make_session, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    """A session of week 10."""
    return make_session()


def told(session: Session, kind: str) -> list[tuple[str, str, str]]:
    """Source, text and tone of each moment of a kind."""
    found = moments.of(session).moments
    return [(each.source, each.text, each.tone) for each in found if each.kind == kind]


def later(seconds: float) -> float:
    """A time in seconds since the epoch."""
    return (timezone.now() + timedelta(seconds=seconds)).timestamp()


def test_each_kind_has_its_moments_in_order(session: Session) -> None:
    done(session, "prepare", "failed", error="no <host>")
    TypedCommand.objects.create(
        session=session,
        generation=1,
        service="mids",
        name="a",
        mark="1",
        line="ls",
        began_at=timezone.now(),
    )
    Extraction.objects.create(
        session=session, has_table=True, table_name="t", row_count=2, columns=[{"name": "a"}]
    )
    streams.append(
        keys.log_key(session, "kafka"), [(1, {"at": later(1), "process": "kafka", "text": "up"})]
    )
    record = {"partition": 0, "offset": 0, "at": later(2), "value": "bread"}
    streams.append(keys.topic_key(session, "events", 0), [(1, record)])
    title = session.spec.step("prepare").title
    assert told(session, "run") == [(title, "begins", ""), (title, "failed: no <host>", "bad")]
    assert told(session, "typed") == [("mids", "ls", "")]
    assert told(session, "table") == [("t", "2 rows: a", "")]
    assert told(session, "log") == [("kafka", "up", "")]
    assert told(session, "record") == [("events, partition 0, offset 0", "bread", "")]
    times = [each.at for each in moments.of(session).moments]
    assert times == sorted(times)


def test_the_code_is_the_labs_own_until_something_was_saved(session: Session) -> None:
    path = session.spec.files[0].path
    SessionFileVersion.objects.create(session=session, path=path, content="mine")
    texts = [text for source, text, _ in told(session, "code") if source == path]
    assert texts == [session.version.file_contents()[path].decode(), "mine"]


def test_a_time_at_which_there_was_no_session_does_not_stretch_the_line(session: Session) -> None:
    key = keys.topic_key(session, "events", 0)
    times = (-0.001, 0.0, later(1), later(10**9))
    entries = [
        (number, {"partition": 0, "offset": number - 1, "at": at, "is_null": True})
        for number, at in enumerate(times, 1)
    ]
    streams.append(key, entries)
    assert told(session, "record") == [("events, partition 0, offset 2", "no value", "")]
    assert moments.of(session).left_out == 3


def test_only_the_newest_are_told(session: Session) -> None:
    key = keys.log_key(session, "kafka")
    at = later(0)
    lines = [
        (n, {"at": at, "process": "kafka", "text": f"{n} " + "x" * 999}) for n in range(1, 900)
    ]
    streams.append(key, lines)
    found = told(session, "log")
    assert len(found) == moments.LINES
    assert found[-1][1].startswith("899 ")
    assert {len(text) for _, text, _ in found} == {moments.WORDS}


def test_the_page_carries_hostile_text_as_data(client: Client, session: Session) -> None:
    done(session, "prepare", "failed", error="</script><script>alert(1)</script>")
    client.force_login(session.owner)
    page = reverse("insights:scrub", args=[session.pk])
    html = client.get(page).content.decode()
    assert "<script>alert" not in html
    assert "\\u003C/script" in html
    client.force_login(make_user())
    assert client.get(page).status_code == 404
