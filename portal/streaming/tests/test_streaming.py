"""The panel of streaming queries: what it shows, for how long it has them read, and an end."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.activities.models import Session
from portal.activities.tests.conftest import Person
from portal.activities.tests.host import Host
from portal.engine import streaming as engine
from portal.engine.runtimes.fake import Reply
from portal.engine.spark import PROCESS
from portal.engine.tests.test_streaming import RUN, TOLD
from portal.runner.relay import Watched, sources
from portal.runner.runtimes import get_runtime
from portal.streaming import reading, views

FORM = {"name": "counts", "run": RUN}


@pytest.fixture
def own(client: Client, ready: Session, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The student's browser; whatever it asks of the cluster is done at once."""

    def ask(session: Session, kind: str, **params: str) -> dict[str, Any]:
        assert kind == views.ERRAND
        return reading.stop(session, **params)

    monkeypatch.setattr(views, "ask", ask)
    client.force_login(ready.owner)
    return client


def look(client: Client, session: Session) -> str:
    """What the panel shows."""
    page = client.get(reverse("streaming:show", args=[session.pk])).content.decode()
    return " ".join(page.split())


def read_once(session: Session) -> None:
    """Read as a relay does, until the cluster has told all that it has."""
    looks = iter([False, True])
    for _ in reading.read_queries(session, "", lambda: next(looks, True)):
        pass


def tell(host: Host, *queries: dict[str, Any]) -> None:
    """Have the cluster tell of these."""
    told = json.dumps({"type": "queries", "queries": queries}).encode()
    host.replies["guest.streaming"] = Reply(stdout=told + b"\n")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two looks."""
    monkeypatch.setattr(engine, "PAUSE_SECONDS", 0.0)


def test_queries_are_read_while_somebody_looks(own: Client, ready: Session, host: Host) -> None:
    assert "streaming" not in [key[2] for key in sources(ready, set(), Watched.of([ready]))]
    assert "Asking pyspark" in look(own, ready)
    assert "streaming" in [key[2] for key in sources(ready, set(), Watched.of([ready]))]
    tell(host)
    read_once(ready)
    assert "No streaming query yet" in look(own, ready)
    get_runtime(ready.runtime).interrupt(ready.cluster, PROCESS)
    read_once(ready)
    assert "No pyspark runs" in look(own, ready)


def test_a_query_is_shown_batch_by_batch(own: Client, ready: Session, host: Host) -> None:
    tell(host, {**TOLD, "name": "<b>counts", "late_rows": 2})
    read_once(ready)
    shown = look(own, ready)
    assert "&lt;b&gt;counts" in shown
    for words in ("3.5", "14.0", "KafkaV2[Subscribe[events]]", "MemorySink", "2 late rows dropped"):
        assert words in shown
    assert 'data-testid="stop-query"' in shown


def test_what_failed_says_why(own: Client, ready: Session, host: Host) -> None:
    tell(host, {**TOLD, "is_active": False, "error": "no topic <events>"})
    read_once(ready)
    shown = look(own, ready)
    assert "no topic &lt;events&gt;" in shown
    assert "failed" in shown
    assert "stop-query" not in shown


def test_a_query_is_ended_and_the_line_that_does_it_is_shown(
    own: Client, ready: Session, host: Host
) -> None:
    page = reverse("streaming:stop", args=[ready.pk])
    host.replies["guest.streaming"] = Reply(stdout=b'{"type": "stopped", "said": ""}\n')
    said = own.post(page, FORM).content.decode()
    assert "spark.streams.active if q.name == &#x27;counts&#x27;" in said
    assert "callout" not in said
    assert "Choose one of the queries" in own.post(page, FORM | {"run": "x"}).content.decode()
    get_runtime(ready.runtime).interrupt(ready.cluster, PROCESS)
    assert engine.NO_PYSPARK in own.post(page, FORM).content.decode()


def test_whoever_watches_sees_and_ends_nothing(ready: Session, person: Person, host: Host) -> None:
    tell(host, TOLD)
    read_once(ready)
    watcher = Client()
    watcher.force_login(person("instructor"))  # type: ignore[arg-type]
    shown = look(watcher, ready)
    assert "counts" in shown
    assert "stop-query" not in shown
    assert watcher.post(reverse("streaming:stop", args=[ready.pk]), FORM).status_code == 404
