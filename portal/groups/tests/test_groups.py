"""The panel of consumer groups: what it shows, for how long it has them read, and a reset."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.activities.models import Session
from portal.activities.tests.conftest import LAB, Person
from portal.activities.tests.host import Host
from portal.catalog.models import LabVersion
from portal.engine.runtimes.fake import Reply
from portal.engine.tests.test_groups import ACTIVE, TOLD
from portal.groups import reading, views
from portal.runner.relay import Watched, sources

BROKER = 'environment: {KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://kafka:29092"}'
FORM = {"group": "readers", "topic": "events", "to": "earliest", "value": ""}


@pytest.fixture
def ready(ready: Session) -> Session:
    """A session whose lab has a broker."""
    source = LAB.replace("command: [kafka-server]", f"command: [kafka-server], {BROKER}")
    LabVersion.objects.filter(pk=ready.version_id).update(source=source)
    return Session.objects.get(pk=ready.pk)


@pytest.fixture
def own(client: Client, ready: Session) -> Client:
    """The student's browser."""
    client.force_login(ready.owner)
    return client


@pytest.fixture
def errands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked is done at once, as a relay would do it."""

    def ask(session: Session, kind: str, **params: str) -> dict[str, Any]:
        assert kind == views.ERRAND
        return reading.reset(session, **params)

    monkeypatch.setattr(views, "ask", ask)


def test_groups_are_read_while_somebody_looks(own: Client, ready: Session, host: Host) -> None:
    assert "groups" not in [key[2] for key in sources(ready, set(), Watched.of([ready]))]
    page = reverse("groups:show", args=[ready.pk])
    assert "Asking Kafka" in own.get(page).content.decode()
    assert "groups" in [key[2] for key in sources(ready, set(), Watched.of([ready]))]
    told = json.dumps({"type": "groups", "groups": [{**TOLD, "name": "<b>readers"}]}).encode()
    host.replies["guest.groups"] = Reply(stdout=told + b"\n")
    assert list(reading.read_groups(ready, "", lambda: False)) == []
    shown = own.get(page).content.decode()
    assert "&lt;b&gt;readers" in shown
    assert "2 records behind" in " ".join(shown.split())
    assert "nobody" in shown


def test_a_reset_shows_its_command_and_what_kafka_says(
    own: Client, ready: Session, host: Host, errands: None
) -> None:
    host.replies["kafka-consumer-groups"] = Reply(stdout=b"readers events 0 <0>\n")
    said = own.post(reverse("groups:reset", args=[ready.pk]), FORM).content.decode()
    assert "$ docker-compose exec kafka kafka-consumer-groups" in said
    assert "readers events 0 &lt;0&gt;" in said
    assert "callout" not in said
    host.replies["kafka-consumer-groups"] = Reply(stdout=ACTIVE)
    said = own.post(reverse("groups:reset", args=[ready.pk]), FORM).content.decode()
    assert "The group still has members" in said


def test_a_reset_that_can_not_be_is_refused_in_words(own: Client, ready: Session) -> None:
    form = FORM | {"to": "offset", "value": "many"}
    said = own.post(reverse("groups:reset", args=[ready.pk]), form).content.decode()
    assert "Write the offset as a whole number" in said
    Session.objects.filter(pk=ready.pk).update(status="ended")
    said = own.post(reverse("groups:reset", args=[ready.pk]), FORM).content.decode()
    assert "The cluster is not running." in said
    page = own.get(reverse("groups:show", args=[ready.pk])).content.decode()
    assert "The cluster is gone" in page


def test_whoever_watches_sees_and_sets_nothing_back(ready: Session, person: Person) -> None:
    watcher = Client()
    watcher.force_login(person("instructor"))  # type: ignore[arg-type]
    assert watcher.get(reverse("groups:show", args=[ready.pk])).status_code == 200
    assert watcher.post(reverse("groups:reset", args=[ready.pk]), FORM).status_code == 404
