"""From a Canvas export to the grades that go back there. Clusters are made up."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Download, FilePayload, Page, expect

from tests.browser.actions import in_portal, log_in
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
HEADER = "Student,ID,SIS User ID,SIS Login ID,Section,Week 10 (4711)\n"
WORK = """
from datetime import datetime, timedelta
from django.utils import timezone
from portal.activities.models import Attempt, Session
from portal.catalog.queries import latest_version
from portal.classroom.models import User

version = latest_version("week10")
every = [step.id for step in version.spec.steps if step.run.kind != "down"]
every += [step.id for step in version.spec.steps if step.run.kind == "down"]

def work(name, steps, ago):
    at = timezone.now() - ago
    session = Session.objects.create(
        owner=User.objects.get(username=name), version=version, runtime="sandbox", host="elsewhere",
        status="ended", ended_at=at, created_at=at, expires_at=at,
    )
    attempt = session.attempt()
    for step in steps:
        attempt.take(step)
    Attempt.objects.filter(session=session).update(
        done_at={step: at.isoformat() for step in steps}, began_at=at
    )

work("s01", every, timedelta(days=3))
work("s01", every[:2], timedelta(hours=1))
work("s02", every[:3], timedelta(days=3))
work("s02", every, timedelta(hours=1))
work("s03", every, timedelta(hours=1))
"""
"""s01 is done in time and relaunches; s02 and s03 are late, s03 with an extension."""


HAND = """
from datetime import timedelta
from django.utils import timezone
from portal.activities.models import Session
from portal.catalog.queries import latest_version
from portal.classroom.models import User
from portal.classroom.services import helping

now = timezone.now()
session = Session.objects.create(
    owner=User.objects.get(username="s05"), version=latest_version("week10"), runtime="sandbox",
    host="elsewhere", status="ready", ready_at=now, expires_at=now + timedelta(hours=1),
)
helping.raise_hand(session, "Which port do I curl?", "call")
"""
NO_HAND = """
from datetime import timedelta
from django.utils import timezone
from portal.activities.models import Session

Session.objects.filter(host="elsewhere").update(status="ended", ended_at=timezone.now())
"""


@pytest.fixture
def student(browser: Browser) -> Iterator[Page]:
    """A student's own browser, far from the class's clock."""
    context = browser.new_context(timezone_id="Asia/Kolkata")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def canvas_export() -> FilePayload:
    """Sixty students in Windows' own encoding, one of them in two sections, and Canvas's extras."""
    lines = [HEADER, "    Points Possible,,,,,10\n"]
    for number in range(1, 61):
        section = "Monday and Tuesday" if number == 7 else ("Monday", "Tuesday")[number % 2]
        lines.append(
            f'"Müller, Student {number}",{1000 + number},U{number},s{number:02},{section},\n'
        )
    lines.append('"Student, Test",9999,,,Monday,\n')
    data = "".join(lines).encode("cp1252")
    return {"name": "export.csv", "mimeType": "text/csv", "buffer": data}


def download(page: Page, name: str) -> list[list[str]]:
    """A file of the gradebook's menu, as a program reads it."""
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    return table(waiting.value)


def table(file: Download) -> list[list[str]]:
    """A file of cells."""
    text = file.path().read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def make_class(page: Page, portal: Portal) -> None:
    """A class of sixty from Canvas's export, with week 10 that was due yesterday."""
    log_in(page, portal, "instructor")
    page.goto(f"{portal.address}/classes/")
    page.locator("summary", has_text="New class").click()
    page.get_by_label("Name").fill("Streams that count")
    page.get_by_role("button", name="Make the class").click()
    chosen = page.get_by_label("CSV file")
    chosen.set_input_files(FilePayload(name="all.csv", mimeType="text/csv", buffer=b"," * 2**22))
    words = "all.csv is larger than 3 MB: choose another."
    expect(chosen).to_have_js_property("validationMessage", words)
    chosen.set_input_files(canvas_export())
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Read as Canvas columns: 60 new login")).to_be_visible()
    page.get_by_role("button", name="Import 60 people").click()
    expect(page.get_by_text("60 people are in the class now.")).to_be_visible()
    page.get_by_role("link", name="Labs and deadlines").click()
    page.get_by_label("Add", exact=True).select_option("week10")
    page.get_by_role("button", name="Add the lab").click()
    due = datetime.now(UTC) - timedelta(days=1, hours=-3)  # The first day late goes on.
    page.get_by_label("Due", exact=True).fill(due.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Late: percent a day").fill("20")
    page.get_by_label("Worth, points").fill("10")
    page.get_by_label("Column in Canvas").fill("Week 10 (4711)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("lab-week10")).to_contain_text("Late: 20")


def test_from_a_canvas_export_to_the_grades_that_go_back(
    page: Page, student: Page, portal: Portal
) -> None:
    """In time, late, and late with more time; a relaunch takes nothing away."""
    make_class(page, portal)
    page.get_by_role("link", name="Grades", exact=True).click()
    page.get_by_test_id("grades-s03").locator(".score a").click()
    later = datetime.now(UTC) + timedelta(days=1)
    form = page.get_by_test_id("extend-form")
    form.get_by_label("Due for them").fill(later.strftime("%Y-%m-%dT%H:%M"))
    form.get_by_label("Why").fill("ill")
    form.get_by_role("button", name="Extend for").click()
    expect(page.get_by_text("has more time.")).to_be_visible()

    in_portal(portal, WORK)
    page.get_by_role("link", name="Back to the grades").click()
    for name, points, mark in (("s01", "10", ""), ("s02", "8", "late"), ("s03", "10", "more time")):
        cell = page.get_by_test_id(f"grades-{name}").locator(".score")
        expect(cell).to_have_text(re.compile(rf"^{points}\s*{mark}\s*$"))
    expect(page.get_by_test_id("grades-s04").locator(".score")).to_have_text("\u2013")
    rows = download(page, "For Canvas")
    assert rows[0] == HEADER.strip().split(",")
    assert rows[1] == ["Points Possible", "", "", "", "", "10"]
    told = {row[3]: row for row in rows[2:]}
    assert len(told) == 60
    assert told["s01"] == ["Müller, Student 1", "1001", "U1", "s01", "Tuesday", "10"]
    assert [told[name][5] for name in ("s02", "s03", "s04")] == ["8", "10", ""]
    assert told["s07"][4] == "Monday and Tuesday"

    page.get_by_test_id("grades-s02").locator(".score a").click()
    expect(page.get_by_test_id("score")).to_contain_text("8 of")
    form = page.get_by_test_id("grade-form")
    form.get_by_label("Points instead").fill("9.5")
    form.get_by_label("Why").fill("explained it at the board")
    form.get_by_label("Comment").fill("Well explained.")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("score")).to_contain_text("9.5 of")

    page.goto(page.url.partition("grades/")[0] + "people/")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download first links").click()
    links = {row[0]: row[2] for row in table(waiting.value)[1:]}
    take_and_erase(student, portal, links["s02"])
    page.get_by_role("link", name="Grades", exact=True).click()
    expect(page.get_by_test_id("grades-s01")).to_be_visible()
    expect(page.get_by_test_id("grades-s02")).to_have_count(0)
    help_from_queue(page, student, portal)


def help_from_queue(page: Page, assistant: Page, portal: Portal) -> None:
    """An assistant, who is a student elsewhere, takes on a hand; grades are none of theirs."""
    page.get_by_role("link", name="Settings").click()
    form = page.get_by_test_id("appoint")
    form.get_by_label("Username").fill("student2")
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_test_id("staff-student2")).to_contain_text("assistant")
    in_portal(portal, HAND)
    log_in(assistant, portal, "student2")
    assistant.goto(f"{portal.address}/help/")
    hand = assistant.get_by_test_id("hand-s05")
    expect(hand).to_contain_text("Which port do I curl?")
    hand.get_by_role("button", name=re.compile("ll help")).click()
    assistant.get_by_label("Hint").fill("Flask says it when it starts.")
    assistant.get_by_test_id("leave-hint").click()
    expect(assistant.get_by_test_id("hint")).to_contain_text("Flask says it")
    assistant.goto(f"{portal.address}/help/")
    expect(assistant.get_by_text("Nobody waits")).to_be_visible()
    assistant.goto(page.url.partition("settings/")[0])
    expect(assistant.get_by_role("link", name="Grades", exact=True)).to_have_count(0)
    in_portal(portal, NO_HAND)


def take_and_erase(student: Page, portal: Portal, link: str) -> None:
    """A student chooses a password, reads their grade, takes their data along and is forgotten."""
    password = "a long and lovely river"
    student.goto(link)
    for field in student.locator("input[type=password]").all():
        field.fill(password)
    student.locator("main").get_by_role("button").click()
    portal.passwords["s02"] = password
    log_in(student, portal, "s02")
    expect(student.get_by_test_id("deadline")).to_contain_text("IST")
    student.goto(f"{portal.address}/grades/")
    expect(student.get_by_test_id("mine-week10")).to_contain_text("9.5")
    expect(student.get_by_test_id("mine-week10")).to_contain_text("Well explained.")
    student.goto(f"{portal.address}/me/data/")
    with student.expect_download() as waiting:
        student.get_by_test_id("my-data").click()
    assert waiting.value.path().read_bytes().startswith(b"PK")
    student.get_by_role("link", name="Erase my data").click()
    student.get_by_label("Type your username").fill("s02")
    student.get_by_label("Your password").fill(password)
    student.get_by_test_id("erase-confirm").click()
    expect(student.get_by_text("You are forgotten here.")).to_be_visible()
