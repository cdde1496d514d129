"""Nobody gets in by trying, and nobody who may come in is kept out for good."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory

from portal.classroom import doors
from portal.classroom.models import AuditEntry, Identity, User
from portal.classroom.roles import grant
from portal.live.connection import connect

RIGHT = "a-fine-Sluice-9"
ADDRESSES = (f"198.51.{a}.{b}" for a, b in itertools.product(range(250), range(250)))
WAIT = "tried too often"


@pytest.fixture
def address() -> str:
    """A place that no other test has been at."""
    return next(ADDRESSES)


@pytest.fixture
def ada(db: None) -> User:
    for key in connect().scan_iter("limit:login*"):
        connect().delete(key)
    user = User.objects.create_user("ada", password=RIGHT)
    grant(user, User.Role.ADMIN)
    return user


def log_in(address: str, password: str, username: str = "ada", client: Client | None = None) -> Any:
    """Fill in the form."""
    fields = {"username": username, "password": password}
    return (client or Client()).post("/login/", fields, REMOTE_ADDR=address)


def is_in(answer: Any) -> bool:
    """Whether somebody was let in."""
    return bool(answer.status_code == 302)


def test_after_ten_wrong_passwords_the_right_one_is_not_looked_at(ada: User, address: str) -> None:
    wrong = [log_in(address, f"wrong {n}") for n in range(60)]
    right = log_in(address, RIGHT)

    assert [each.status_code for each in wrong[:10]] == [200] * 10
    assert {each.status_code for each in wrong[10:]} == {429}
    assert not is_in(right)
    assert WAIT in right.content.decode()


def test_many_tries_at_once_are_not_more(ada: User, address: str) -> None:
    request = RequestFactory().post("/login/", REMOTE_ADDR=address)
    tried = doors.door(request, "ada")

    with ThreadPoolExecutor(16) as pool:
        let_through = list(pool.map(lambda _: tried.knock(), range(100)))

    assert sum(let_through) == doors.PAIR.most


def test_the_admin_has_no_door_of_its_own(ada: User, address: str) -> None:
    client = Client()
    fields = {"username": "ada", "password": RIGHT, "next": "/admin/"}
    answer = client.post("/admin/login/", fields, REMOTE_ADDR=address)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=")
    assert "_auth_user_id" not in client.session
    landed = client.get("/admin/", follow=True, REMOTE_ADDR=address)
    assert landed.redirect_chain[-1][0] == "/login/?next=%2Fadmin%2F"


def test_whoever_is_in_and_may_not_go_to_the_admin_is_told_so(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("eve"))

    assert client.get("/admin/", follow=True).status_code == 403


def test_whatever_asks_for_a_login_is_held_to_the_same_count(ada: User, address: str) -> None:
    for n in range(10):
        log_in(address, f"wrong {n}")
    request = RequestFactory().post("/anything/", REMOTE_ADDR=address)

    assert authenticate(request, username="ada", password=RIGHT) is None


def test_many_logins_from_one_address_are_too_many(ada: User, address: str) -> None:
    for n in range(doors.ADDRESS.most):
        assert log_in(address, "wrong", f"nobody{n}").status_code == 200

    assert log_in(address, RIGHT).status_code == 429


def test_one_login_from_many_addresses_is_too_many(ada: User, address: str) -> None:
    for n in range(doors.LOGIN.most):
        assert log_in(next(ADDRESSES), f"wrong {n}").status_code == 200

    assert log_in(address, RIGHT).status_code == 429


@pytest.mark.parametrize("is_same_room", [True, False])
def test_nobody_is_kept_out_of_their_own_browser(
    ada: User, address: str, is_same_room: bool
) -> None:
    browser = Client()
    assert is_in(log_in(address, RIGHT, client=browser))
    browser.post("/logout/")
    for n in range(80):
        log_in(address if is_same_room else next(ADDRESSES), f"wrong {n}")

    assert is_in(log_in(address, RIGHT, client=browser))


def test_a_browser_that_was_in_has_only_so_many_tries_itself(ada: User, address: str) -> None:
    browser = Client()
    log_in(address, RIGHT, client=browser)
    browser.post("/logout/")
    for n in range(10):
        log_in(next(ADDRESSES), f"wrong {n}", client=browser)

    assert log_in(address, RIGHT, client=browser).status_code == 429


@pytest.mark.parametrize("forged", ["", "x", "1:2:3"])
def test_a_forged_or_foreign_mark_of_a_browser_is_worth_nothing(
    ada: User, address: str, forged: str
) -> None:
    browser = Client()
    User.objects.create_user("eve", password=RIGHT)
    log_in(address, RIGHT, "eve", client=browser)
    browser.post("/logout/")
    if forged:
        browser.cookies[doors.COOKIE] = forged
    for n in range(10):
        log_in(address, f"wrong {n}", client=browser)

    assert log_in(address, RIGHT, client=browser).status_code == 429


def test_typing_errors_before_the_right_password_are_forgotten(ada: User, address: str) -> None:
    for _ in range(3):
        for n in range(9):
            log_in(address, f"wrong {n}")
        assert is_in(log_in(address, RIGHT))


def test_the_door_opens_again_by_itself(ada: User, address: str) -> None:
    for n in range(30):
        log_in(address, f"wrong {n}")

    counted = list(connect().scan_iter("limit:login*"))
    assert counted
    assert all(0 < int(connect().ttl(key)) <= doors.WINDOW for key in counted)


def test_refusals_are_in_the_audit_once_a_window(ada: User, address: str) -> None:
    for n in range(40):
        log_in(address, f"wrong {n}")

    entry = AuditEntry.objects.get(verb="login refused")
    assert "ada" in entry.detail
    assert address in entry.detail


def test_an_open_session_is_no_place_to_guess_its_password(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    fields = {"new_password1": "another-Sluice-10", "new_password2": "another-Sluice-10"}
    for n in range(20):
        client.post("/password/", {**fields, "old_password": f"wrong {n}"})

    client.post("/password/", {**fields, "old_password": RIGHT})

    ada.refresh_from_db()
    assert ada.check_password(RIGHT)
    assert AuditEntry.objects.filter(verb="password refused").exists()


@pytest.mark.parametrize(
    ("path", "verb", "tries"),
    [("/join/", "join refused", 15), ("/guest/NONESUCH/", "guest refused", 45)],
)
def test_codes_that_are_tried_are_refused_and_the_audit_says_so_once(
    ada: User, address: str, path: str, verb: str, tries: int
) -> None:
    client = Client(REMOTE_ADDR=address)
    if path == "/join/":
        connect().delete(f"limit:join:{ada.pk}")
        client.force_login(ada)

    statuses = [client.post(path, {"code": "NONESUCH"}).status_code for _ in range(tries)]

    assert statuses.count(429) == 5
    assert AuditEntry.objects.filter(verb=verb).count() == 1


# A session and its sign-in


def test_a_session_is_another_one_after_the_sign_in(ada: User, address: str) -> None:
    client = Client()
    client.get("/login/oidc/")
    session = client.session
    session["something"] = 1
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    before = session.session_key

    log_in(address, RIGHT, client=client)

    assert client.session.session_key != before


def test_sessions_end_with_the_password_they_began_with(ada: User) -> None:
    client = Client()
    client.force_login(ada)

    ada.set_password("another-Sluice-10")
    ada.save()

    assert client.get("/classes/").status_code == 302


def test_sessions_end_with_the_identity_that_was_taken_off(ada: User) -> None:
    identity = Identity.objects.create(user=ada, issuer="https://idp.example", subject="1")
    client = Client()
    client.force_login(ada)
    assert client.get("/classes/").status_code == 200

    identity.delete()

    assert client.get("/classes/").status_code == 302
    again = Client()
    ada.refresh_from_db()
    again.force_login(ada)
    assert again.get("/classes/").status_code == 200
