"""A login that is there already is connected to what somebody is at an identity provider."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from portal.classroom.models import AuditEntry, Identity, User
from portal.classroom.services import make_person
from portal.classroom.tests.conftest import Entry, People, person_in, sign_in
from portal.classroom.tests.provider import Provider

pytestmark = pytest.mark.django_db
ACCOUNT = "/password/"
OWN = {"password": "x"}


def set_out(browser: Client) -> str:
    """Press Connect; where the page that comes sends the browser."""
    answer = browser.post("/login/oidc/connect/", OWN)
    assert answer.status_code == 200
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.content.decode())
    assert found is not None
    return unescape(found[1])


def come_back(browser: Client, back: str) -> str:
    """What the page that follows says."""
    answer = browser.get(f"/login/oidc/done/{back}", follow=True)
    return unescape(answer.content.decode())


def connect(provider: Provider, browser: Client, sub: str, **claims: Any) -> str:
    """Press Connect, be vouched for, and come back; what the page says then."""
    return come_back(browser, provider.vouch(set_out(browser), sub, **claims))


def deeds(name: str) -> list[str]:
    """What somebody did, oldest first."""
    return list(AuditEntry.objects.filter(actor=name).order_by("pk").values_list("verb", flat=True))


def test_it_is_not_offered_until_a_provider_is_set_up(people: People, enter: Entry) -> None:
    browser = enter(people["ada"])
    page = browser.get(ACCOUNT).content.decode()
    assert "Change password" in page
    assert "Sign in with" not in page
    for deed in ("connect", "disconnect"):
        assert browser.post(f"/login/oidc/{deed}/").status_code == 404


def test_a_connected_login_is_signed_in_to(
    provider: Provider, people: People, enter: Entry
) -> None:
    browser = enter(people["ada"])
    assert "Sign in with Example University" in browser.get(ACCOUNT).content.decode()
    page = connect(provider, browser, "1", preferred_username="ada.l")
    assert "Connected as <b>ada.l</b>" in page
    assert person_in(browser) == people["ada"]
    assert person_in(sign_in(provider, "1")) == people["ada"]
    assert Client().login(username="ada", password="x")
    assert User.objects.count() == len(people)
    assert deeds("ada") == ["connect", "sign in"]
    assert "ada.l" in AuditEntry.objects.get(verb="connect").detail


def test_the_name_is_what_the_provider_last_called_them(
    provider: Provider, people: People, enter: Entry
) -> None:
    browser = enter(people["ada"])
    assert "Connected as <b>a@b.c</b>" in connect(provider, browser, "1", email="a@b.c")
    sign_in(provider, "1", preferred_username="<ada>")
    assert "Connected as <b>&lt;ada&gt;</b>" in browser.get(ACCOUNT).content.decode()
    sign_in(provider, "1")
    assert "Connected as <b>1</b>" in browser.get(ACCOUNT).content.decode()


def test_connecting_twice_changes_nothing(provider: Provider, people: People, enter: Entry) -> None:
    browser = enter(people["ada"])
    first, second = set_out(browser), set_out(browser)
    for address in (first, second):
        assert "Connected as" in come_back(browser, provider.vouch(address, "1"))
    assert Identity.objects.get().user == people["ada"]


def test_a_login_has_one_identity_of_a_provider(
    provider: Provider, people: People, enter: Entry
) -> None:
    browser = enter(people["ada"])
    connect(provider, browser, "1", preferred_username="first")
    page = connect(provider, browser, "2", preferred_username="second")
    assert "connected to first already" in page
    assert Identity.objects.get().subject == "1"
    assert deeds("ada") == ["connect", "connect refused"]


def test_an_identity_that_is_taken_stays_where_it_is(
    provider: Provider, people: People, enter: Entry
) -> None:
    connect(provider, enter(people["bo"]), "1", preferred_username="one")
    browser = enter(people["ada"])
    page = connect(provider, browser, "1", preferred_username="one")
    assert "one already signs in to the login bo here" in page
    assert "Log in as bo and disconnect it there" in page
    assert person_in(browser) == people["ada"]
    assert Identity.objects.get().user == people["bo"]
    assert deeds("ada") == ["connect refused"]


def taken_off(user: User) -> dict[str, Any]:
    """The admin's form of somebody, whose identity is ticked to be deleted."""
    return {
        "username": user.username,
        "role": user.role,
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "identities-TOTAL_FORMS": 1,
        "identities-INITIAL_FORMS": 1,
        "identities-0-id": user.identities.get().pk,
        "identities-0-user": user.pk,
        "identities-0-DELETE": "on",
    }


def test_the_second_login_that_a_sign_in_made_is_an_admins_to_release(
    provider: Provider, people: People, enter: Entry
) -> None:
    second = person_in(sign_in(provider, "1", preferred_username="ada"))
    assert second is not None
    browser, boss = enter(people["ada"]), enter(people["boss"])
    page = connect(provider, browser, "1", preferred_username="ada")
    assert "already signs in to the login ada-2 here" in page
    assert "ask the admin" in page
    answer = boss.post(f"/admin/classroom/user/{second.pk}/change/", taken_off(second))
    assert answer.status_code == 302
    assert User.objects.filter(pk=second.pk).exists()
    assert "ada-2" in AuditEntry.objects.get(verb="disconnect", actor="boss").detail
    assert "Connected as" in connect(provider, browser, "1")
    assert Identity.objects.get().user == people["ada"]


def test_disconnected_is_somebody_else_again(
    provider: Provider, people: People, enter: Entry
) -> None:
    browser = enter(people["ada"])
    connect(provider, browser, "1")
    assert "Disconnect" in browser.get(ACCOUNT).content.decode()
    answer = browser.post("/login/oidc/disconnect/", OWN, follow=True)
    assert "Connect with" in answer.content.decode()
    assert not Identity.objects.exists()
    browser.post("/login/oidc/disconnect/", OWN)  # A double click.
    assert deeds("ada") == ["connect", "disconnect"]
    assert person_in(sign_in(provider, "1")) not in (None, people["ada"])


def test_the_only_way_in_is_not_taken(provider: Provider) -> None:
    browser = sign_in(provider, "1", preferred_username="cy")
    page = browser.get(ACCOUNT).content.decode()
    assert "Connected as <b>cy</b>" in page
    assert "its only way in" in page
    assert "Disconnect</button>" not in page
    assert 'name="old_password"' not in page
    assert (
        "its only way in"
        in browser.post("/login/oidc/disconnect/", OWN, follow=True).content.decode()
    )
    assert person_in(sign_in(provider, "1")) == person_in(browser)
    assert deeds("cy") == ["sign in", "sign in"]


def test_a_guest_stays_one(provider: Provider) -> None:
    guest = make_person("guest-1", User.Role.STUDENT, None)
    User.objects.filter(pk=guest.pk).update(is_guest=True)
    browser = Client()
    browser.force_login(guest)
    assert "Sign in with" not in browser.get(ACCOUNT).content.decode()
    assert browser.post("/login/oidc/connect/").status_code == 403


def test_a_callback_works_once(provider: Provider, people: People, enter: Entry) -> None:
    browser = enter(people["ada"])
    back = provider.vouch(set_out(browser), "1")
    come_back(browser, back)
    browser.post("/login/oidc/disconnect/", OWN)
    assert "begun in another browser, or too long ago" in come_back(browser, back)
    assert not Identity.objects.exists()


def test_a_callback_of_another_browser_connects_nobody(
    provider: Provider, people: People, enter: Entry
) -> None:
    back = provider.vouch(set_out(enter(people["stranger"])), "1")
    for browser in (enter(people["ada"]), enter(people["stranger"]), Client()):
        before = person_in(browser)
        assert "begun in another browser" in come_back(browser, back)
        assert person_in(browser) == before
    assert not Identity.objects.exists()


def test_a_callback_that_a_refusal_ended_connects_nobody(
    provider: Provider, people: People, enter: Entry
) -> None:
    browser = enter(people["ada"])
    back = provider.vouch(set_out(browser), "1")
    state = back.partition("state=")[2]
    assert "did not let you in" in come_back(browser, f"?error=access_denied&state={state}")
    assert "begun in another browser" in come_back(browser, back)
    assert not Identity.objects.exists()


def test_a_sign_in_does_not_become_a_link(provider: Provider, people: People) -> None:
    browser = Client()
    back = provider.vouch(browser.get("/login/oidc/").headers["Location"], "1")
    assert browser.login(username="ada", password="x")
    come_back(browser, back)
    assert not people["ada"].identities.exists()
    assert person_in(browser) == Identity.objects.get().user


def test_a_link_does_not_become_a_sign_in(provider: Provider, people: People, enter: Entry) -> None:
    connect(provider, enter(people["bo"]), "1")
    browser = enter(people["ada"])
    back = provider.vouch(set_out(browser), "1")
    browser.post("/logout/")
    assert "begun in another browser" in come_back(browser, back)
    assert person_in(browser) is None


def test_a_link_is_for_the_login_that_asked(
    provider: Provider, people: People, enter: Entry
) -> None:
    browser = enter(people["ada"])
    back = provider.vouch(set_out(browser), "1")
    # Django empties a session in which somebody else logs in; here it did not.
    kept = browser.session
    kept["_auth_user_id"] = str(people["bo"].pk)
    kept["_auth_user_hash"] = people["bo"].get_session_auth_hash()
    kept.save()
    assert "for another login" in come_back(browser, back)
    assert person_in(browser) == people["bo"]
    assert not Identity.objects.exists()


def test_what_is_not_for_this_connecting_is_not_believed(
    provider: Provider, people: People, enter: Entry
) -> None:
    browser = enter(people["ada"])
    for claims in ({"nonce": "other"}, {"iss": "https://evil.example"}, {"exp": 1}):
        assert "could not be trusted" in connect(provider, browser, "1", **claims)
    assert not Identity.objects.exists()


def test_another_site_connects_nobody(provider: Provider, people: People) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["ada"])
    for deed in ("connect", "disconnect"):
        assert browser.get(f"/login/oidc/{deed}/").status_code == 405
        assert browser.post(f"/login/oidc/{deed}/").status_code == 403


def test_a_provider_that_is_away_is_told_in_words(
    provider: Provider, people: People, enter: Entry, settings: Settings
) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    answer = enter(people["ada"]).post("/login/oidc/connect/", OWN, follow=True)
    assert answer.redirect_chain[-1][0] == ACCOUNT
    assert "does not answer" in answer.content.decode()


def test_a_role_that_the_provider_will_change_is_told(
    provider: Provider, people: People, enter: Entry, settings: Settings
) -> None:
    settings.OIDC_ROLE_CLAIM = "groups"
    settings.OIDC_ROLES = {"admin": ["it"], "instructor": ["staff"]}
    page = connect(provider, enter(people["boss"]), "1", groups=["staff"])
    assert "makes you an instructor" in page
    people["boss"].refresh_from_db()
    assert people["boss"].role == "admin"
    page = connect(provider, enter(people["teacher"]), "2", groups=["staff"])
    assert "makes you" not in page


def test_an_open_session_is_no_place_to_change_its_ways_in(
    provider: Provider, people: People, enter: Entry
) -> None:
    browser = enter(people["ada"])
    answer = browser.post("/login/oidc/connect/", {"password": "wrong"}, follow=True)
    assert "not this login's password" in unescape(answer.content.decode())
    connect(provider, browser, "1")
    answer = browser.post("/login/oidc/disconnect/", follow=True)
    assert "not this login's password" in unescape(answer.content.decode())
    assert Identity.objects.exists()
