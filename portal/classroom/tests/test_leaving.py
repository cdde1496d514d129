"""Out of a class: asked first, said to whom, and undone."""

import re
from html import unescape

import pytest
from django.test import Client

from portal.classroom.models import Class, Membership
from portal.classroom.services import leaving
from portal.classroom.tests.conftest import Entry, People


def text_of(browser: Client, path: str) -> str:
    """A page as it is after redirects."""
    return browser.get(path, follow=True).content.decode()


def test_it_asks_and_names_who_would_go(people: People, klass: Class, enter: Entry) -> None:
    ada = people["ada"]
    type(ada).objects.filter(pk=ada.pk).update(first_name="Ada", last_name="Lovelace")
    page = text_of(enter(people["teacher"]), f"/classes/{klass.pk}/people/{ada.pk}/remove/")
    assert "Remove Ada Lovelace from" in page
    assert klass.memberships.filter(user=ada).exists()


def test_a_removal_is_undone_as_it_was(people: People, klass: Class, enter: Entry) -> None:
    ada = people["ada"]
    klass.memberships.filter(user=ada).update(origin=Membership.Origin.ROSTER, made_account=True)
    before = klass.memberships.get(user=ada)
    browser = enter(people["teacher"])
    answer = browser.post(f"/classes/{klass.pk}/people/{ada.pk}/remove/", follow=True)
    assert not klass.memberships.filter(user=ada).exists()
    page = answer.content.decode()
    assert f"ada is no longer in {klass.name}" in page
    told = unescape(re.findall(r'name="told"\s+value="([^"]+)"', page)[0])
    answer = browser.post(f"/classes/{klass.pk}/people/back/", {"told": told}, follow=True)
    assert "ada is in" in answer.content.decode()
    after = klass.memberships.get(user=ada)
    assert (after.origin, after.made_account, after.joined_at) == (
        before.origin,
        before.made_account,
        before.joined_at,
    )


def test_nobody_is_put_into_a_class_that_they_were_not_taken_out_of(
    people: People, klass: Class, enter: Entry
) -> None:
    other = Class.objects.create(name="Other")
    other.add_staff(people["teacher"])
    told = leaving.remove(klass.memberships.get(user=people["ada"]))
    browser = enter(people["teacher"])
    for text in (told, told[:-1], "", "nonsense"):
        browser.post(f"/classes/{other.pk}/people/back/", {"told": text})
    assert not other.memberships.exists()


def test_an_old_removal_is_not_undone(
    people: People, klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = leaving.remove(klass.memberships.get(user=people["ada"]))
    monkeypatch.setattr(leaving, "UNDO_SECONDS", -1)
    with pytest.raises(leaving.NotUndone, match="too long ago"):
        leaving.put_back(klass, told)


def test_who_has_come_back_stays_as_they_are(people: People, klass: Class) -> None:
    ada = people["ada"]
    told = leaving.remove(klass.memberships.get(user=ada))
    Membership.objects.create(klass=klass, user=ada, origin=Membership.Origin.CODE)
    assert leaving.put_back(klass, told) == [ada]
    assert klass.memberships.filter(user=ada).count() == 1


@pytest.mark.parametrize(
    ("path", "above"),
    [("/classes/new/", "/classes/"), ("/s/none/run/topic/", "/s/none/"), ("/launch/", "/")],
)
def test_an_address_that_takes_forms_says_so_and_where_its_page_is(
    people: People, enter: Entry, path: str, above: str
) -> None:
    browser = enter(people["ada"])
    answer = browser.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 405
    assert path in answer.content.decode()
    assert f'href="{above}"' in answer.content.decode()
    assert answer["Allow"] == "POST"
    assert browser.get(path, headers={"accept": "application/json"}).content == b""


def test_what_is_refused_says_what_it_was_and_for_whom(people: People, enter: Entry) -> None:
    answer = enter(people["ada"]).get("/hosts/")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "/hosts/" in page
    assert "for those who run this portal" in page
    assert "Sessions belong" not in page
    answer = enter(people["ada"]).post("/classes/new/", {"name": "Mine"})
    assert "only instructors make classes" in answer.content.decode()
