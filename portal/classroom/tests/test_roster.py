"""A roster is previewed, and imported only as a whole."""

from typing import Any

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
        (b"username\n" + b"".join(b"u%d\n" % n for n in range(10_001)), "more than 10000"),
        (b"username\n" + b"x" * 4_000_000, "larger than"),
        (b"\xff\xfe\x00", "no text"),
        (b"username\n\x81\n", "no text"),
        (b"", "empty"),
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


CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Week 10 (4711),Final Score
    Points Possible,,,,,10,(read only)
"Lovelace, Ada",11,U1,ada@uni.example,Monday,,
"Ñandú, José",12,U2,jose,"Monday and Tuesday",7,70
"Öz, Ay\u015fe",13,U3,ayse,Tuesday,,
"Student, Test",99,,,Monday,,
"""


def test_a_canvas_export_comes_as_it_is_and_goes_back_as_it_came(
    klass: Class, people: People, enter: Entry
) -> None:
    browser, where = enter(people["teacher"]), f"/classes/{klass.pk}/roster/"
    file = SimpleUploadedFile("c.csv", CANVAS.encode("utf-8-sig"))
    page = browser.post(where, {"file": file})
    assert "Read as Canvas columns: 3 new login" in " ".join(page.content.decode().split())
    browser.post(where, {"text": page.context["roster"].text, "confirm": "1"})
    jose = klass.memberships.get(user__username="jose")
    assert (jose.user.first_name, jose.user.last_name) == ("José", "Ñandú")
    assert [each.name for each in jose.sections.all()] == ["Monday", "Tuesday"]
    assert User.objects.get(username="ada@uni.example").email == "ada@uni.example"
    back = browser.get(f"/classes/{klass.pk}/grades/canvas.csv").content.decode("utf-8-sig")
    rows = [line.split(",Week")[0] for line in back.splitlines()]
    assert rows[0] == "Student,ID,SIS User ID,SIS Login ID,Section"
    assert '"Ñandú, José",12,U2,jose,Monday and Tuesday' in rows
    assert '"Lovelace, Ada",11,U1,ada@uni.example,Monday' in rows
    again = browser.post(where, {"file": SimpleUploadedFile("c.csv", back.encode("utf-8-sig"))})
    # Who came by a code is no one whom Canvas has a number for, but has a login.
    assert again.context["roster"].count("stays") == 5
    assert again.context["roster"].is_good


MOODLE = (
    "First name,Last name,ID number,Email address,Groups\n"
    'Ada,Lovelace,M1,ada@uni.example,"Lab A, Lab B"\n'
)
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Availability"\n'
    '"Lovelace"\t"Ada"\t"alovelace"\t"B1"\t"Yes"\n'
)


@pytest.mark.parametrize(
    ("data", "username", "sections", "lms"),
    [
        (
            MOODLE.encode(),
            "ada@uni.example",
            ["Lab A", "Lab B"],
            {"moodle": {"id_number": "M1", "username": "", "email": "ada@uni.example"}},
        ),
        (
            BLACKBOARD.encode("utf-16"),
            "alovelace",
            [],
            {"blackboard": {"username": "alovelace", "student_id": "B1"}},
        ),
    ],
)
def test_other_systems_exports_come_as_they_are(
    klass: Class, data: bytes, username: str, sections: list[str], lms: object
) -> None:
    line = read(roster.decode(data), klass).lines[0]
    assert line.person["username"] == username
    assert (line.person["first_name"], line.person["last_name"]) == ("Ada", "Lovelace")
    assert (line.sections, line.lms) == (sections, lms)


def test_moodle_gets_back_whom_it_knows(klass: Class) -> None:
    roster.import_roster(read(MOODLE, klass), klass)
    from portal.classroom import gradebook, lms

    back = lms.as_csv(gradebook.book_of(klass), "moodle")
    assert "Ada,Lovelace,M1,ada@uni.example,ada@uni.example" in back


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_spreadsheets_own_encodings_do(klass: Class, encoding: str) -> None:
    text = "username;first_name;last_name\njose;José;Müller\n"
    line = read(roster.decode(text.encode(encoding)), klass).lines[0]
    assert (line.person["first_name"], line.person["last_name"]) == ("José", "Müller")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("eva,Eva,M,CLEO@example.org", "the same e-mail address as in line 2"),
        ("eva,Eva,M,eva@example.org,too,many", "2 cells more than the header"),
        ("eva,Eva,M,here@example.org", "another login has this e-mail address"),
    ],
)
def test_what_is_given_twice_and_what_is_too_much_is_told(
    klass: Class, people: People, line: str, words: str
) -> None:
    User.objects.filter(username="stranger").update(email="Here@example.org")
    judged = read(GOOD + line + "\n", klass)
    assert [each.number for each in judged.faults] == [4]
    assert words in judged.faults[0].problems[0]


def test_faults_come_first_with_their_count(klass: Class, people: People, enter: Entry) -> None:
    many = "username\n" + "".join(f"u{n}\n" for n in range(300)) + "not a name!\n"
    page = enter(people["teacher"]).post(f"/classes/{klass.pk}/roster/", {"text": many})
    shown = page.content.decode()
    assert "1 of\n  301 lines has a fault" in shown
    assert shown.index("not a name!") < shown.index("<td>u0</td>")
    assert "101 more lines are not shown" in shown


def test_somebody_in_two_sections_may_have_two_lines(klass: Class) -> None:
    text = "username,last_name,section\ncleo,K,Monday\ndan,L,Tuesday\ncleo,K,Tuesday\n"
    judged = read(text, klass)
    assert judged.is_good
    roster.import_roster(judged, klass)
    cleo = klass.memberships.get(user__username="cleo")
    assert [each.name for each in cleo.sections.all()] == ["Monday", "Tuesday"]
    assert not read(text + "cleo,Other,Monday\n", klass).is_good


def test_ten_thousand_come_in_a_bounded_number_of_statements(
    klass: Class, django_assert_max_num_queries: Any
) -> None:
    lines = (f"u{n},F{n},L{n},u{n}@example.org,S{n % 20}\n" for n in range(10_000))
    text = "username,first_name,last_name,email,section\n" + "".join(lines)
    with django_assert_max_num_queries(10):
        judged = read(text, klass)
    assert len(judged.text) < 2_500_000  # As much as a form may have.
    with django_assert_max_num_queries(600):
        assert roster.import_roster(judged, klass) == 10_000
    assert klass.sections.get(name="S7").memberships.count() == 500
