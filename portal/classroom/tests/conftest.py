"""A class with an instructor and two students, and somebody else's."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from portal.activities import orders
from portal.activities.models import Session, StepRun
from portal.activities.services import sessions
from portal.catalog import services as catalog
from portal.catalog.models import LabVersion
from portal.classroom import oidc
from portal.classroom.models import Class, Staff, User
from portal.classroom.services import make_person
from portal.classroom.tests.provider import CLIENT, Provider, running
from portal.live.connection import connect

Entry = Callable[[User], Client]
People = dict[str, User]


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Tasks are noted, not run: (task's name, session)."""
    noted: list[tuple[str, str]] = []

    def note(task: str, session: Session, *args: object) -> None:
        noted.append((task.rpartition(".")[2], session.pk))

    monkeypatch.setattr(orders, "enqueue", note)
    return noted


@pytest.fixture(autouse=True)
def nobody_tried() -> None:
    """No test counts another's tries."""
    if keys := list(connect().scan_iter("limit:*")):
        connect().delete(*keys)


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """By their names."""
    roles = {
        "ada": User.Role.STUDENT,
        "bo": User.Role.STUDENT,
        "stranger": User.Role.STUDENT,
        "teacher": User.Role.INSTRUCTOR,
        "colleague": User.Role.INSTRUCTOR,
        "boss": User.Role.ADMIN,
    }
    return {name: make_person(name, role, "x") for name, role in roles.items()}


@pytest.fixture
def version(db: None) -> LabVersion:
    """Week 10, published."""
    return catalog.store(catalog.read_folder(Path(settings.LABS_DIR) / "week10"))[0]


@pytest.fixture
def klass(people: dict[str, User], version: LabVersion) -> Class:
    """Taught by teacher; ada and bo are in it."""
    made = Class.objects.create(name="Monday", lab=version.lab)
    made.add_staff(people["teacher"], Staff.Role.OWNER)
    for name in ("ada", "bo"):
        made.memberships.create(user=people[name])
    return made


@pytest.fixture
def session(people: dict[str, User], version: LabVersion, klass: Class) -> Session:
    """Ada's, up and running as far as rows go."""
    made, _ = sessions.launch(people["ada"].pk, version)
    Session.objects.filter(pk=made.pk).update(status="ready")
    made.refresh_from_db()
    return made


@pytest.fixture
def enter() -> Entry:
    """A browser in which somebody is logged in."""

    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


@pytest.fixture(scope="session")
def started() -> Iterator[Provider]:
    """One for all tests: a key takes a while to make."""
    with running() as provider:
        yield provider


@pytest.fixture
def provider(started: Provider, settings: Settings) -> Provider:
    """The portal's identity provider."""
    settings.OIDC_ISSUER = started.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, "secret"
    settings.OIDC_NAME = "Example University"
    started.signs_with, started.says, started.moves_to = started.key, {}, ""
    oidc.make_client.cache_clear()
    return started


def sign_in(provider: Provider, sub: str, browser: Client | None = None, **claims: Any) -> Client:
    """Go to the provider and come back."""
    browser = browser or Client()
    sent = browser.get("/login/oidc/")
    assert sent.status_code == 302
    back = provider.vouch(sent.headers["Location"], sub, **claims)
    browser.answer = browser.get(f"/login/oidc/done/{back}")  # type: ignore[attr-defined]
    return browser


def person_in(browser: Client) -> User | None:
    """Who is logged in."""
    found = browser.session.get("_auth_user_id")
    return User.objects.get(pk=found) if found else None


def run_of(session: Session, step_id: str, status: str, error: str = "") -> StepRun:
    """A run of a step that took two seconds."""
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    return StepRun.objects.create(
        session=session,
        generation=session.generation,
        step_id=step_id,
        status=status,
        error=error,
        started_at=now - timedelta(seconds=2),
        finished_at=now if status in ("passed", "failed") else None,
    )
