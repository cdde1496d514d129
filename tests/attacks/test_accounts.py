"""Somebody's account: what changes its ways in, who learns of it, and what no password is."""

import logging

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from portal.classroom.models import AuditEntry, User
from portal.classroom.roles import grant

RIGHT = "a-fine-Sluice-9"
ACCOUNT = "/password/"


@pytest.fixture
def ada(db: None) -> User:
    user = User.objects.create_user("ada", password=RIGHT)
    grant(user, User.Role.STUDENT)
    return user


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/classes/").status_code == 200)


def verbs() -> list[str]:
    """What the audit has, oldest first."""
    return list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))


def test_each_log_in_is_in_the_audit_and_on_ones_own_page(ada: User) -> None:
    client = Client(REMOTE_ADDR="203.0.113.41")
    client.post("/login/", {"username": "ada", "password": RIGHT})
    assert verbs() == ["log in"]
    assert "with the password" in client.get(ACCOUNT).content.decode()


@pytest.mark.parametrize(("name", "told"), [("ada", "ada"), ("my-secret", "not there")])
def test_a_wrong_password_is_logged_and_what_is_no_login_is_not(
    ada: User, name: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "portal.classroom.backends"):
        Client(REMOTE_ADDR="203.0.113.42").post("/login/", {"username": name, "password": "no"})
    (line,) = [each.getMessage() for each in caplog.records if "wrong password" in each.message]
    assert told in line
    assert "203.0.113.42" in line
    assert "my-secret" not in line


def test_a_new_password_is_in_the_audit(ada: User) -> None:
    fields = {
        "old_password": RIGHT,
        "new_password1": "tall-Ships-77",
        "new_password2": "tall-Ships-77",
    }
    assert browser_of(ada).post(ACCOUNT, fields).status_code == 302
    assert verbs() == ["change password"]


def test_somebody_logs_out_everywhere_else(ada: User) -> None:
    here, elsewhere = browser_of(ada), browser_of(ada)
    assert here.post("/me/elsewhere/").status_code == 302
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert verbs() == ["log out elsewhere"]


def test_an_admin_logs_somebody_out_everywhere(ada: User) -> None:
    boss = User.objects.create_user("boss", password=RIGHT)
    grant(boss, User.Role.ADMIN)
    theirs = browser_of(ada)
    fields = {"action": "log_out", "_selected_action": [str(ada.pk)]}
    assert browser_of(boss).post("/admin/classroom/user/", fields).status_code == 302
    assert not is_in(theirs)
    assert "log out" in verbs()


@pytest.mark.parametrize(
    "text", ["kafka-spark-24", "5luice.P0rtal", "SparkStreaming1", "week10kafka"]
)
def test_a_password_of_the_portals_own_words_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="anybody would try"):
        validate_password(text)


@pytest.mark.parametrize("text", [RIGHT, "labyrinth", "x" * 120 + "yz", "ünïcode wörds"])
def test_any_other_password_is_taken(text: str, ada: User) -> None:
    validate_password(text, ada)
    ada.set_password(text)
    assert ada.check_password(text)


def test_who_may_not_is_logged(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "portal.classroom.reads"):
        browser_of(ada).get("/s/nobodys/")
    assert f"{ada.pk} may not GET /s/nobodys/" in caplog.messages
