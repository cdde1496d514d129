"""Whoever writes labs drafts, test-runs and hands in; what students see is others' to decide."""

import pytest

from portal.activities.models import Session
from portal.catalog import drafts
from portal.catalog.models import LabVersion
from portal.classroom.models import User
from portal.classroom.roles import grant
from portal.classroom.tests.conftest import Entry, People

JSON = "application/json"


@pytest.fixture
def author(people: People) -> User:
    """A student who writes labs as well."""
    user = people["stranger"]
    user.is_author = True
    user.save()
    grant(user, User.Role.STUDENT)
    return user


def test_an_author_drafts_test_runs_and_hands_in_a_lab(
    author: User, version: LabVersion, people: People, enter: Entry
) -> None:
    browser = enter(author)
    assert "Write labs" in browser.get("/").content.decode()
    answer = browser.post("/labs/drafts/", {"name": "mine"})
    draft = LabVersion.objects.get(lab__name="mine")
    assert answer.headers["Location"] == f"/labs/versions/{draft.pk}/edit/"
    where = f"/admin/catalog/labversion/{draft.pk}/"
    source = version.source.replace("name: week10\n", "name: mine\n")
    files = {"lab.yaml": source, **version.files}
    sent = {"base": drafts.base_of(draft), "files": files}
    assert browser.post(f"/labs/versions/{draft.pk}/save/", sent, JSON).status_code == 200
    page = browser.get(f"/labs/versions/{draft.pk}/edit/").content.decode()
    assert "Hand in" in page
    assert "Publish<" not in page
    browser.post(f"/labs/versions/{draft.pk}/try/")
    assert Session.objects.get(version=draft).is_rehearsal
    assert browser.post(f"{where}do/publish/").status_code == 403
    browser.post(f"{where}do/hand-in/")
    draft.refresh_from_db()
    assert draft.status == "handed in"
    assert not draft.is_published
    boss = enter(people["boss"])
    assert "handed in" in boss.get("/admin/catalog/labversion/").content.decode()
    boss.post(f"{where}do/publish/")
    draft.refresh_from_db()
    assert draft.is_published


def test_what_students_are_offered_no_author_changes(
    author: User, version: LabVersion, enter: Entry
) -> None:
    """A version that is published and not yet used could still be changed by who may publish."""
    browser, where = enter(author), f"/admin/catalog/labversion/{version.pk}/"
    assert browser.post(f"{where}do/retire/").status_code == 403
    sent = {"base": drafts.base_of(version), "files": {"lab.yaml": "name: x"}}
    assert browser.post(f"/labs/versions/{version.pk}/save/", sent, JSON).status_code == 422
    assert browser.post(f"{where}delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "retire", "_selected_action": [version.pk]}
    browser.post("/admin/catalog/labversion/", chosen)
    version.refresh_from_db()
    assert version.is_published
    for place in ("/admin/classroom/user/", "/admin/classroom/auditentry/", "/hosts/"):
        assert browser.get(place).status_code == 403
    browser.post(f"{where}copy/")
    assert LabVersion.objects.get(number=2).status == "draft"


def test_the_right_to_publish_is_one_of_its_own_and_both_can_be_taken(
    author: User, version: LabVersion, enter: Entry
) -> None:
    author.may_publish = True
    author.save()
    grant(author, User.Role.STUDENT)
    where = f"/admin/catalog/labversion/{version.pk}/"
    assert enter(author).post(f"{where}do/retire/").status_code == 302
    author.is_author = author.may_publish = False
    author.save()
    grant(author, User.Role.STUDENT)
    assert enter(author).get("/admin/").status_code == 302
    assert not User.objects.get(pk=author.pk).has_perm("catalog.publish_labversion")
