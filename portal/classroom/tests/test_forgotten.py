"""A new password by mail: for whoever owns the address, and nothing to learn for anybody else."""

import re
from collections.abc import Iterator

import pytest
from celery import current_app
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from portal.classroom import checks
from portal.classroom.models import User
from portal.classroom.tests.conftest import People
from portal.classroom.views import signing

ADDRESS = "ada@example.org"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture(autouse=True)
def worker() -> Iterator[None]:
    """Works at once."""
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


@pytest.fixture
def ada(people: People) -> User:
    """Has a login with a password and an address."""
    User.objects.filter(username="ada").update(email=ADDRESS)
    return User.objects.get(username="ada")


def ask(callbacks: DjangoCaptureOnCommitCallbacks, address: str) -> Client:
    """Fill the form in."""
    browser = Client()
    with callbacks(execute=True):
        answer = browser.post("/password/forgotten/", {"email": address})
    assert answer.headers["Location"] == "/password/forgotten/sent/"
    return browser


def test_a_link_comes_by_mail_and_works_once(
    ada: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    assert "Forgotten your password?" in Client().get("/login/").content.decode()
    browser = ask(django_capture_on_commit_callbacks, ADDRESS.upper())
    sent = mail.outbox[0]
    assert sent.to == [ADDRESS]
    assert "login ada" in sent.body
    link = re.search(r"http://localhost:8000(/password/\S+)", str(sent.body))
    assert link is not None
    page = browser.get(link[1], follow=True)
    where = page.redirect_chain[-1][0]
    new = "a long enough one 17"
    assert browser.post(where, {"new_password1": new, "new_password2": new}).status_code == 302
    assert browser.login(username="ada", password=new)
    assert "work" in Client().get(link[1], follow=True).content.decode()
    assert not Client().login(username="ada", password="x")


def test_nobody_learns_who_has_a_login(
    ada: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    User.objects.create_user("elsewhere", "elsewhere@example.org")  # Signs in elsewhere.
    known = ask(django_capture_on_commit_callbacks, ADDRESS)
    for address in ("nobody@example.org", "elsewhere@example.org"):
        other = ask(django_capture_on_commit_callbacks, address)
        pages = [each.get("/password/forgotten/sent/").content.decode() for each in (known, other)]
        assert re.sub(r"\w{64}", "", pages[0]) == re.sub(r"\w{64}", "", pages[1])
    assert len(mail.outbox) == 1


def test_one_address_gets_few_mails(
    ada: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for _ in range(signing.MAILS + 3):
        ask(django_capture_on_commit_callbacks, ADDRESS)
    assert len(mail.outbox) == signing.MAILS


def test_one_place_asks_a_few_times_only(ada: User) -> None:
    for number in range(signing.TRIES):
        Client().post("/password/forgotten/", {"email": f"{number}@example.org"})
    answer = Client().post("/password/forgotten/", {"email": ADDRESS})
    assert answer.status_code == 429
    assert "Wait ten minutes" in answer.content.decode()
    assert mail.outbox == []


def test_without_a_mail_server_nothing_is_offered(ada: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = CONSOLE
    assert "Forgotten" not in Client().get("/login/").content.decode()
    assert Client().get("/password/forgotten/").status_code == 404
    assert [each.id for each in checks.mail_goes_out(None)] == ["classroom.W001"]
    assert checks.mail_has_a_sender(None) == []
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert checks.mail_goes_out(None) == []
    assert [each.id for each in checks.mail_has_a_sender(None)] == ["classroom.W002"]
