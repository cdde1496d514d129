"""A roster is previewed, and imported only as a whole."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.classroom.models import Class, User
from portal.classroom.services import roster
from portal.classroom.services.roster import Roster
from portal.classroom.tests.conftest import Entry, People

GOOD = "username,first_name,last_name,email\ncleo,Cleo,K,cleo@example.org\ndan,Dan,L,\n"


def read(text: str, klass: Class, takes_anybody: bool = False) -> Roster:
    return roster.read(text, klass, takes_anybody=takes_anybody)


def test_a_preview_changes_nothing_and_a_confirmation_does(
    klass: Class, people: People, enter: Entry
) -> None:
    browser = enter(people["teacher"])
    where = f"/classes/{klass.pk}/roster/"
    page = browser.post(where, {"file": SimpleUploadedFile("r.csv", GOOD.encode())})
    assert "Import 2 people" in page.content.decode()
    assert not User.objects.filter(username="cleo").exists()
    browser.post(where, {"text": GOOD, "confirm": "1"})
    cleo = User.objects.get(username="cleo")
    assert not cleo.has_usable_password()
    assert klass.memberships.get(user=cleo).made_account
    links = browser.post(f"/classes/{klass.pk}/links.csv").content.decode().splitlines()
    assert [line.split(",")[0] for line in links] == ["username", "cleo", "dan"]


def test_a_bad_roster_is_never_imported(klass: Class, people: People, enter: Entry) -> None:
    bad = GOOD + "not a name!,,,\n"
    page = enter(people["teacher"]).post(
        f"/classes/{klass.pk}/roster/", {"text": bad, "confirm": "1"}
    )
    assert "letters, digits" in page.content.decode()
    assert not User.objects.filter(username="cleo").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cleo,,,", "the same username as in line 2"),
        ("CLEO,,,", "the same username as in line 2"),
        (",Eva,,", "no username"),
        ("eva,,,not-an-address", "e-mail"),
        ("x" * 151 + ",,,", "longer than 150"),
        ("stranger,,,", "exists already"),
    ],
)
def test_each_mistake_is_told_at_its_line(
    klass: Class, people: People, line: str, words: str
) -> None:
    judged = read(GOOD + line + "\n", klass)
    assert not judged.is_good
    assert words in "; ".join(judged.lines[-1].problems)
    assert judged.lines[-1].number == 4


def test_an_admin_may_add_anybody(klass: Class, people: People) -> None:
    judged = read(GOOD + "stranger,,,\n", klass, takes_anybody=True)
    assert judged.is_good
    assert roster.import_roster(judged, klass) == 3
    assert not klass.memberships.get(user=people["stranger"]).made_account


def test_members_stay_as_they_are(klass: Class, people: People) -> None:
    judged = read(GOOD + "ada,,,\n", klass)
    assert judged.is_good
    assert judged.lines[-1].plan == "stays"
    assert roster.import_roster(judged, klass) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"username\n" + b"".join(b"u%d\n" % n for n in range(10_000)), "more than 1000"),
        (b"username\n" + b"x" * 300_000, "larger than"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"name,mail\nx,y\n", "must name the columns"),
        (b"username\n\0\n", "NUL"),
    ],
)
def test_what_is_no_roster_is_refused_in_words(klass: Class, data: bytes, words: str) -> None:
    with pytest.raises(roster.RosterUnreadable, match=words):
        read(roster.decode(data), klass)


def test_semicolons_and_a_byte_order_mark_do(klass: Class) -> None:
    judged = read(roster.decode(b"\xef\xbb\xbfUsername;First name\r\ncleo;Cleo\r\n"), klass)
    assert judged.lines[0].person["first_name"] == "Cleo"
    assert judged.is_good
