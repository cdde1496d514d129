"""Ways into a class, and those that are none."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.activities.models import Session
from portal.classroom.models import Class, JoinCode, User
from portal.classroom.models.classes import LINK_LENGTH
from portal.classroom.services import joining
from portal.classroom.tests.conftest import Entry, People


def test_a_code_lets_a_student_in_however_it_is_typed(
    people: People, klass: Class, enter: Entry
) -> None:
    code = joining.make_code(klass, hours=1)
    typed = f" {code.code[:4].lower()} {code.code[4:]} "
    answer = enter(people["stranger"]).post("/join/", {"code": typed})
    assert answer.status_code == 302
    assert klass.memberships.filter(user=people["stranger"]).exists()


def test_a_code_for_one_lets_one_in(people: People, klass: Class) -> None:
    code = joining.make_code(klass, hours=1, is_single_use=True)
    joining.join(people["stranger"], code.code)
    with pytest.raises(joining.NoEntry):
        joining.join(people["colleague"], code.code)
    code.refresh_from_db()
    assert code.state == "used"


def test_whoever_is_in_already_uses_nothing_up(people: People, klass: Class) -> None:
    code = joining.make_code(klass, hours=1, is_single_use=True)
    assert joining.join(people["ada"], code.code) == klass
    code.refresh_from_db()
    assert code.uses == 0


@pytest.mark.parametrize("change", [{"expires_at": timezone.now() - timedelta(1)}, "withdraw"])
def test_an_expired_or_withdrawn_code_admits_nobody(
    people: People, klass: Class, change: Any
) -> None:
    code = joining.make_code(klass, hours=1)
    if change == "withdraw":
        joining.withdraw(code)
    else:
        JoinCode.objects.filter(pk=code.pk).update(**change)
    with pytest.raises(joining.NoEntry):
        joining.join(people["stranger"], code.code)


def test_guessing_a_code_is_stopped(people: People, klass: Class, enter: Entry) -> None:
    code = joining.make_code(klass, hours=1)
    browser = enter(people["stranger"])
    answers = [browser.post("/join/", {"code": f"WRONG{n}"}).status_code for n in range(12)]
    assert answers == [200] * 10 + [429] * 2
    assert browser.post("/join/", {"code": code.code}).status_code == 429
    assert not klass.memberships.filter(user=people["stranger"]).exists()


def test_a_guest_comes_by_link_and_gets_a_session(
    klass: Class, client: Client, nothing_runs: list[tuple[str, str]]
) -> None:
    code = joining.make_code(klass, hours=1, is_for_guests=True)
    Class.objects.update(admits_guests=True)
    assert len(code.code) == LINK_LENGTH
    assert client.get(f"/guest/{code.code}/").status_code == 200
    assert not User.objects.filter(is_guest=True).exists()
    answer = client.post(f"/guest/{code.code}/")
    session = Session.objects.get(owner__is_guest=True)
    assert answer.headers["Location"] == f"/s/{session.pk}/"
    assert nothing_runs == [("bring_up", session.pk)]
    assert client.get(answer.headers["Location"]).status_code == 200


def test_no_guest_comes_where_the_class_allows_none(klass: Class, client: Client) -> None:
    code = joining.make_code(klass, hours=1, is_for_guests=True)
    assert client.post(f"/guest/{code.code}/").status_code == 404
    plain = joining.make_code(klass, hours=1)
    Class.objects.update(admits_guests=True)
    assert client.post(f"/guest/{plain.code}/").status_code == 404
    assert not User.objects.filter(is_guest=True).exists()


def test_a_guest_code_is_no_join_code(people: People, klass: Class) -> None:
    code = joining.make_code(klass, hours=1, is_for_guests=True)
    with pytest.raises(joining.NoEntry):
        joining.join(people["stranger"], code.code)


def test_a_new_password_comes_by_a_link_that_works_once(
    people: People, klass: Class, enter: Entry, client: Client
) -> None:
    klass.memberships.filter(user=people["ada"]).update(made_account=True)
    page = enter(people["teacher"]).post(f"/classes/{klass.pk}/people/{people['ada'].pk}/password/")
    found = re.search(r"http://testserver(/password/\S+?/)<", page.content.decode())
    assert found is not None
    link = found[1]
    form = client.get(link, follow=True)
    words = {"new_password1": "a-fine-Sluice-9", "new_password2": "a-fine-Sluice-9"}
    assert (
        client.post(form.redirect_chain[-1][0], words).headers["Location"] == "/password/renewed/"
    )
    assert client.login(username="ada", password="a-fine-Sluice-9")
    client.logout()
    assert "work any more" in client.get(link, follow=True).content.decode()


@pytest.mark.parametrize("name", ["ada", "boss"])
def test_an_instructor_renews_no_password_of_a_login_that_the_roster_did_not_make(
    people: People, klass: Class, enter: Entry, name: str
) -> None:
    member, _ = klass.memberships.get_or_create(user=people[name])
    if name == "boss":
        klass.memberships.filter(pk=member.pk).update(made_account=True)
    where = f"/classes/{klass.pk}/people/{people[name].pk}/password/"
    assert enter(people["teacher"]).post(where).status_code == 403
