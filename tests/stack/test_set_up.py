"""`set_up` makes a database ready once, and says what is wrong before anything is changed."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from portal.catalog.models import LabVersion
from portal.classroom.models import User
from portal.management.commands import set_up

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests' settings are not fit for the public, as `check --deploy` would say."""
    monkeypatch.setattr(set_up, "call_command", without_checks)
    monkeypatch.delenv("SLUICE_ADMIN", raising=False)
    monkeypatch.delenv("SLUICE_ADMIN_PASSWORD", raising=False)


def without_checks(name: str, *arguments: str, **options: object) -> None:
    if name != "check":
        call_command(name, *arguments, **options)


def run() -> str:
    said = io.StringIO()
    call_command("set_up", stdout=said)
    return said.getvalue()


def test_it_loads_labs_and_makes_the_first_admin_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_ADMIN", "head")
    monkeypatch.setenv("SLUICE_ADMIN_PASSWORD", PASSWORD)
    assert "The first admin is head." in run()
    admin = User.objects.get()
    assert admin.check_password(PASSWORD)
    assert (admin.role, admin.is_superuser) == (User.Role.ADMIN, True)
    assert LabVersion.objects.filter(lab__name="week10").exists()

    monkeypatch.setenv("SLUICE_ADMIN_PASSWORD", "another-horse-battery")
    assert "first admin" not in run()
    admin.refresh_from_db()
    assert admin.check_password(PASSWORD)


def test_there_is_no_default_password() -> None:
    with pytest.raises(CommandError, match="Set SLUICE_ADMIN_PASSWORD"):
        run()
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["short", "password1234", "2819301923012"])
def test_a_password_that_is_easily_guessed_is_refused(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("SLUICE_ADMIN_PASSWORD", password)
    with pytest.raises(CommandError, match="SLUICE_ADMIN_PASSWORD: This password"):
        run()
    assert not User.objects.exists()


def test_nobody_elses_login_becomes_the_admins(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user(username="admin")
    monkeypatch.setenv("SLUICE_ADMIN_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="somebody else's login"):
        run()


def test_a_later_releases_schema_is_left_alone() -> None:
    MigrationRecorder(connection).record_applied("wire", "0099_from_the_future")
    with pytest.raises(CommandError, match=r"doesn't know wire\.0099_from_the_future"):
        run()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ('password authentication failed for user "sluice"', "refuses the password"),
        ("connection refused", "can't be used: connection refused"),
    ],
)
def test_a_database_that_lets_nobody_in_is_told(
    monkeypatch: pytest.MonkeyPatch, error: str, words: str
) -> None:
    def fail() -> None:
        raise OperationalError(error)

    monkeypatch.setattr(connection, "ensure_connection", fail)
    with pytest.raises(CommandError, match=words):
        set_up.reach()


def test_who_waits_goes_on_when_another_has_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(["starting", "older", "ours"])

    def look() -> bool:
        if (found := next(looks)) == "starting":
            raise OperationalError(found)
        return found == "ours"

    monkeypatch.setattr(set_up, "is_migrated", look)
    monkeypatch.setattr(set_up, "PAUSE_SECONDS", 0.0)
    call_command("set_up", "--wait")
    assert list(looks) == []
    assert not User.objects.exists()


def test_who_waits_in_vain_is_told_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_up, "is_migrated", lambda: False)
    monkeypatch.setattr(set_up, "WAIT_SECONDS", 0.0)
    with pytest.raises(CommandError, match="Nobody has set the database up"):
        call_command("set_up", "--wait")


def test_nobody_waits_for_a_later_releases_schema_to_go_away() -> None:
    MigrationRecorder(connection).record_applied("wire", "0099_from_the_future")
    with pytest.raises(CommandError, match="A later release has been here"):
        call_command("set_up", "--wait")
