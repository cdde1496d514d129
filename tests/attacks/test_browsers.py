"""What a browser is told, keeps and may come back with."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.asgi import application
from portal.classroom import lasting
from portal.classroom.models import User
from portal.secret import Environ
from tests.attacks.asgi import COOKIE, Request

DAY = 24 * 3600
STRICT = "frame-ancestors 'none'"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password="a-fine-Sluice-9")


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_in(client: Client, **headers: Any) -> bool:
    """Whether a page of one's own is shown."""
    return bool(client.get("/classes/", headers=headers).status_code == 200)


def age(client: Client, seconds: int, *names: str) -> None:
    """Have a login have begun, or been used, so much earlier."""
    session = client.session
    for name in names:
        session[name] -= seconds
    session.save()


def test_a_login_ends_some_time_after_it_began_whatever_is_done_with_it(
    ada: User, settings: Settings
) -> None:
    client = browser_of(ada)
    age(client, settings.LOGIN_SECONDS - 60, lasting.BEGAN)
    assert is_in(client)
    age(client, 60, lasting.BEGAN)
    assert not is_in(client)
    assert "_auth_user_id" not in client.session


def test_a_login_that_nobody_uses_ends(ada: User, settings: Settings) -> None:
    client = browser_of(ada)
    assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE == DAY
    Session.objects.update(expire_date=timezone.now())
    assert not is_in(client)


@pytest.mark.parametrize(("mode", "counts"), [("navigate", True), ("cors", False)])
def test_a_page_that_is_merely_open_is_no_use(ada: User, mode: str, counts: bool) -> None:
    client = browser_of(ada)
    age(client, lasting.EVERY_SECONDS, lasting.USED)
    before = client.session[lasting.USED]

    assert is_in(client, sec_fetch_mode=mode)

    assert (client.session[lasting.USED] > before) is counts


def test_a_guests_login_rests_as_long_as_it_lasts(ada: User, settings: Settings) -> None:
    ada.is_guest = True
    ada.save()
    assert browser_of(ada).session.get_expiry_age() == settings.LOGIN_SECONDS


def test_a_login_of_a_release_that_did_not_count_lasts_from_now_on(ada: User) -> None:
    client = browser_of(ada)
    session = client.session
    del session[lasting.BEGAN], session[lasting.USED]
    session.save()
    assert is_in(client)
    assert client.session[lasting.BEGAN] == pytest.approx(time.time(), abs=60)


def test_no_browser_keeps_pages_of_who_is_logged_in(ada: User) -> None:
    assert browser_of(ada).get("/classes/")["Cache-Control"] == "private, no-store"
    assert browser_of(ada).get("/nonesuch/")["Cache-Control"] == "private, no-store"


def test_files_of_the_pages_have_the_policy_too(db: None) -> None:
    answer = Client().get("/static/icon.svg")
    assert answer.status_code == 200
    assert STRICT in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("is_strict", [True, False])
async def test_what_is_refused_at_the_gate_has_a_policy_too(
    settings: Settings, is_strict: bool
) -> None:
    settings.SECURE_HSTS_SECONDS = 3600 * is_strict
    request = await Request(headers=[(b"content-length", b"400000000"), COOKIE]).to(application)
    told = dict(request.sent[0]["headers"])
    assert STRICT in told[b"content-security-policy"].decode()
    assert told[b"x-content-type-options"] == b"nosniff"
    assert (b"strict-transport-security" in told) is is_strict


async def test_nobody_gets_a_request_back_as_it_arrived() -> None:
    request = Request("/login/")
    request.scope["method"] = "TRACE"
    assert (await request.to(application)).status == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_text_says_how_it_is_written(db: None, path: str) -> None:
    assert Client().get(path)["Content-Type"] == "text/plain; charset=utf-8"


def test_a_secret_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("of-the-vault\n")
    monkeypatch.setenv("SLUICE_SECRET_KEY", "of-the-environment")
    monkeypatch.setenv("SLUICE_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert Environ()["SLUICE_SECRET_KEY"] == "of-the-vault"
