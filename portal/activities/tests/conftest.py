"""A small lab of every kind of step, its people, and a host whose clusters are in memory."""

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Permission
from django.utils import timezone
from pytest_django import Settings

from portal.activities import orders
from portal.activities.models import Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.tests.host import Host, runtimes_of
from portal.catalog.models import Lab, LabVersion
from portal.engine.kinds import job
from portal.runner.services import clusters, runs

LAB = """\
name: small
title: Small lab
summary: Every kind of step.
tools: mids
topics: [events]
time: {expires: 180, warn_before: 5, extend: 60, idle: 60, orphaned: 20}
services:
  - {name: kafka, image: kafka, command: [kafka-server]}
  - {name: mids, image: mids}
files:
  - {path: app/game.py, content: "print('hello')", editable: true}
  - {path: notes.txt, content: "read only"}
steps:
  - {id: prepare, title: Make room, shows_command: docker ps, run: {kind: prepare}}
  - id: cluster
    title: Start the cluster
    shows_command: docker-compose up -d
    run: {kind: up}
    check: {run: docker-compose exec mids kafkacat -L, matches: done, message: No broker there.}
  - id: topic
    title: Create the topic
    shows_command: docker-compose exec kafka kafka-topics --create
    run: {kind: exec}
    needs: [cluster]
    hints: ["Is kafka up?", "Look at its log."]
  - id: serve
    title: Run the API
    shows_command: docker-compose exec mids flask run
    run: {kind: server, process: flask, port: 5000}
    needs: [topic]
  - id: call
    title: Call the API
    shows_command: docker-compose exec mids curl http://localhost:5000/
    run:
      kind: call
      times: 4
      buttons:
        - {label: Look, command: "docker-compose exec mids curl http://localhost:5000/"}
        - {label: Buy, command: "docker-compose exec mids curl http://localhost:5000/purchase_a_sword"}
    needs: [topic, serve]
  - id: serve-more
    title: Run the API that says more
    shows_command: docker-compose exec mids flask run --more
    run: {kind: server, process: flask, port: 5000}
    needs: [topic]
  - id: extract
    title: Extract the events
    shows_command: print(1)
    run: {kind: spark, service: mids}
    needs: [topic]
  - id: raw
    title: Speak HTTP
    shows_command: docker-compose exec mids telnet localhost 5000
    run: {kind: http, service: mids, port: 5000, request: "GET / HTTP/1.1\\r\\n\\r\\n"}
    needs: [topic]
    look_at: http
  - id: stop
    title: Leave
    shows_command: control-C
    run: {kind: stop, process: flask}
    needs: [topic]
  - {id: down, title: Tear down, shows_command: docker-compose down, run: {kind: down}}
"""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Host:
    """A host whose clusters are in memory, and whose tasks wait to be delivered."""
    made = Host()
    settings.SLUICE_RUNTIMES = runtimes_of(made, "sandbox")
    monkeypatch.setattr(orders, "enqueue", made.enqueue)
    monkeypatch.setattr(orders, "enqueue_again", made.enqueue_again)
    monkeypatch.setattr(job, "LOG_SECONDS", 0.0)
    return made


@pytest.fixture
def version(db: None) -> LabVersion:
    """The small lab, published."""
    lab = Lab.objects.create(name="small", title="Small lab")
    return LabVersion.objects.create(lab=lab, number=1, source=LAB, published_at=timezone.now())


Person = Callable[[str], AbstractUser]


@pytest.fixture
def person(db: None) -> Person:
    """Makes somebody with a login. An `instructor` may watch all; an `admin` may do anything."""

    def make(name: str) -> AbstractUser:
        user = get_user_model().objects.create_user(username=name)
        if name == "instructor":
            user.user_permissions.add(Permission.objects.get(codename="watch_session"))
        if name == "admin":
            get_user_model().objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
        return user

    return make


@pytest.fixture
def student(person: Person) -> AbstractUser:
    """Whose session it is."""
    return person("student")


@pytest.fixture
def session(student: AbstractUser, version: LabVersion) -> Session:
    """Just launched: it waits for its cluster."""
    return sessions.launch(student.pk, version)[0]


@pytest.fixture
def ready(session: Session, host: Host) -> Session:
    """A session whose cluster is up."""
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    assert session.status == "ready"
    return session


Click = Callable[..., StepRun]


@pytest.fixture
def click(ready: Session) -> Click:
    """Queues a step of the session that is ready, as a click on it does."""

    def request(step_id: str, **chosen: str) -> StepRun:
        ready.refresh_from_db()
        return steps.request(ready, ready.spec.step(step_id), chosen)[0]

    return request


@pytest.fixture
def do(click: Click, host: Host) -> Click:
    """Does a step from click to end."""

    def carry_out(step_id: str, **chosen: str) -> StepRun:
        run = click(step_id, **chosen)
        runs.carry_out(run.pk)
        run.refresh_from_db()
        return run

    return carry_out
