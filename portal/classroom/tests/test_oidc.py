"""Signing in at a real, small identity provider: who one is there, and who one becomes here."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from joserfc.jwk import RSAKey
from pytest_django import Settings

from portal.classroom import checks, oidc
from portal.classroom.models import AuditEntry, Identity, User
from portal.classroom.roles import grant
from portal.classroom.services import make_person
from portal.classroom.tests.conftest import person_in, sign_in
from portal.classroom.tests.provider import Provider

pytestmark = pytest.mark.django_db


def words(browser: Client) -> str:
    """What the login page says."""
    return browser.get("/login/").content.decode()


def test_it_is_off_until_it_is_set_up() -> None:
    browser = Client()
    assert browser.get("/login/oidc/").status_code == 404
    assert browser.get("/login/oidc/done/").status_code == 404
    assert "Sign in with" not in words(browser)


def test_the_login_page_names_the_provider(provider: Provider) -> None:
    page = Client().get("/login/?next=/sessions/").content.decode()
    assert "Sign in with Example University" in page
    assert "/login/oidc/?next=/sessions/" in page


def test_a_first_login_makes_a_student_and_a_second_finds_them(provider: Provider) -> None:
    ada = person_in(
        sign_in(
            provider,
            "1",
            preferred_username="ada",
            given_name="Ada",
            family_name="L",
            email="a@b.c",
        )
    )
    assert ada is not None
    assert (ada.username, ada.role, ada.get_full_name(), ada.email) == (
        "ada",
        "student",
        "Ada L",
        "a@b.c",
    )
    assert not ada.has_usable_password()
    assert list(ada.groups.values_list("name", flat=True)) == ["Student"]
    again = person_in(sign_in(provider, "1", preferred_username="renamed"))
    assert again == ada
    assert Identity.objects.count() == 1
    assert AuditEntry.objects.filter(verb="sign in", actor="ada").count() == 2


def test_a_name_or_an_address_that_is_taken_makes_nobody_its_owner(provider: Provider) -> None:
    boss = make_person("boss", User.Role.ADMIN, "x")
    User.objects.filter(pk=boss.pk).update(email="boss@example.org")
    told = {"email": "boss@example.org", "email_verified": True}
    found = person_in(sign_in(provider, "2", None, preferred_username="BOSS", **told))
    assert found is not None
    assert (found.username, found.role, found.is_staff) == ("BOSS-2", "student", False)


def test_another_issuers_subject_is_somebody_else(provider: Provider) -> None:
    boss = make_person("boss", User.Role.ADMIN, "x")
    Identity.objects.create(user=boss, issuer="https://other.example", subject="3")
    found = person_in(sign_in(provider, "3"))
    assert found is not None
    assert (found.username, found.role) == ("3", "student")


@pytest.mark.parametrize(
    ("groups", "role"),
    [(["staff", "x"], "instructor"), ("it", "admin"), ([], "student"), (None, "student")],
)
def test_a_claim_gives_the_role(
    provider: Provider, settings: Settings, groups: object, role: str
) -> None:
    settings.OIDC_ROLE_CLAIM = "realm.groups"
    settings.OIDC_ROLES = {"admin": ["it"], "instructor": ["staff"]}
    found = person_in(sign_in(provider, "4", realm={"groups": groups}))
    assert found is not None
    assert (found.role, found.is_superuser) == (role, role == "admin")
    # What the provider takes back is gone at the next login.
    assert person_in(sign_in(provider, "4")) == found
    found.refresh_from_db()
    assert (found.role, found.is_superuser) == ("student", False)


def test_without_a_claim_roles_are_given_here(provider: Provider) -> None:
    found = person_in(sign_in(provider, "5"))
    assert found is not None
    grant(found, User.Role.INSTRUCTOR)
    sign_in(provider, "5", groups=["staff"])
    found.refresh_from_db()
    assert found.role == "instructor"


def test_a_state_of_another_browser_lets_nobody_in(provider: Provider) -> None:
    back = provider.vouch(Client().get("/login/oidc/").headers["Location"], "6")
    browser = Client()
    assert browser.get(f"/login/oidc/done/{back}").headers["Location"] == "/login/"
    assert person_in(browser) is None
    assert "begun in another browser" in words(browser)
    assert not Identity.objects.exists()


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "other"}, {"iss": "https://evil.example"}, {"aud": "other"}, {"exp": 1}],
    ids=lambda claims: next(iter(claims)),
)
def test_a_token_that_is_not_for_this_login_lets_nobody_in(
    provider: Provider, claims: dict[str, Any]
) -> None:
    browser = sign_in(provider, "7", **claims)
    assert person_in(browser) is None
    assert "could not be trusted" in words(browser)


def test_a_token_that_somebody_else_has_signed_lets_nobody_in(provider: Provider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    browser = sign_in(provider, "8")
    assert person_in(browser) is None
    assert "could not be trusted" in words(browser)


def test_a_provider_that_calls_itself_another_lets_nobody_in(provider: Provider) -> None:
    provider.says = {"issuer": "https://evil.example"}
    browser = Client()
    assert browser.get("/login/oidc/").headers["Location"] == "/login/"
    assert "could not be trusted" in words(browser)
    provider.says = {}
    assert person_in(sign_in(provider, "12")) is not None


def test_a_provider_that_sends_the_portal_elsewhere_is_not_followed(provider: Provider) -> None:
    provider.moves_to = f"{provider.issuer}/elsewhere"
    assert Client().get("/login/oidc/").headers["Location"] == "/login/"


def test_only_the_providers_own_key_signs(provider: Provider) -> None:
    provider.says = {"id_token_signing_alg_values_supported": ["none", "HS256"]}
    browser = Client()
    assert browser.get("/login/oidc/").headers["Location"] == "/login/"
    assert "could not be trusted" in words(browser)
    provider.says = {"id_token_signing_alg_values_supported": ["none", "RS256"]}
    assert oidc.client().load_server_metadata()[oidc.SIGNED_BY] == ["RS256"]


def test_another_site_signs_nobody_in(provider: Provider) -> None:
    """It leads to the login page, where somebody says so themselves."""
    sent = Client(headers={"Sec-Fetch-Site": "cross-site"}).get("/login/oidc/?next=/classes/")
    assert sent.headers["Location"] == "/login/?next=%2Fclasses%2F"


def test_a_code_works_once(provider: Provider) -> None:
    browser = Client()
    back = provider.vouch(browser.get("/login/oidc/").headers["Location"], "9")
    browser.get(f"/login/oidc/done/{back}")
    browser.post("/logout/")
    browser.get(f"/login/oidc/done/{back}")
    assert person_in(browser) is None


def test_a_provider_that_is_away_is_told_in_words(settings: Settings) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    settings.OIDC_CLIENT_ID = settings.OIDC_CLIENT_SECRET = "x"
    settings.OIDC_NAME = "Example University"
    browser = Client()
    assert browser.get("/login/oidc/").headers["Location"] == "/login/"
    assert "Example University does not answer" in words(browser)


def test_a_refusal_is_told_in_words(provider: Provider) -> None:
    browser = Client()
    browser.get("/login/oidc/done/?error=access_denied&state=x")
    assert "did not let you in" in words(browser)


def test_a_login_that_is_switched_off_stays_off(provider: Provider) -> None:
    found = person_in(sign_in(provider, "10"))
    assert found is not None
    User.objects.filter(pk=found.pk).update(is_active=False)
    browser = sign_in(provider, "10")
    assert person_in(browser) is None
    assert "switched off" in words(browser)


@pytest.mark.parametrize(
    ("wish", "where"), [("/sessions/", "/sessions/"), ("https://evil.example/", "/"), ("", "/")]
)
def test_it_goes_on_to_a_page_of_the_portal_alone(
    provider: Provider, wish: str, where: str
) -> None:
    browser = Client()
    sent = browser.get("/login/oidc/", {"next": wish}).headers["Location"]
    assert parse_qs(urlsplit(sent).query)["code_challenge_method"] == ["S256"]
    back = provider.vouch(sent, "11")
    assert browser.get(f"/login/oidc/done/{back}").headers["Location"] == where


@pytest.mark.parametrize(
    ("set_up", "found"),
    [
        ({}, []),
        ({"OIDC_ISSUER": "https://id.example"}, ["classroom.E001"]),
        ({"OIDC_CLIENT_SECRET": "x"}, ["classroom.E001"]),
        ({"OIDC_ISSUER": "http://id.example"}, ["classroom.E001", "classroom.E002"]),
        ({"OIDC_ROLE_CLAIM": "groups"}, ["classroom.E003"]),
        ({"OIDC_ROLES": {"admin": ["it"]}}, ["classroom.E003"]),
        ({"OIDC_ROLES": {"admin": ["it"]}, "OIDC_ROLE_CLAIM": "groups"}, []),
    ],
)
def test_what_is_half_set_up_is_told_at_boot(
    settings: Settings, set_up: dict[str, Any], found: list[str]
) -> None:
    for name, value in set_up.items():
        setattr(settings, name, value)
    rules = (checks.provider_is_complete, checks.provider_is_private, checks.roles_have_their_claim)
    assert [each.id for rule in rules for each in rule(None)] == found
