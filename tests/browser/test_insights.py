"""The gap meter names the hop that lost something; transcripts go home; the board groups errors."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import (
    LAUNCH_MS,
    choose,
    log_in,
    open_step,
    open_tab,
    run,
    save_file,
    status,
    step,
    tear_down,
)
from tests.portal_process import ROOT, Portal, environment

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]
SCRIPT = "flask-with-kafka-and-spark/game_api_with_json_events.py"
NO_TABLE = "\u2013"
SEND = 'log_to_kafka("events", {"event_type": "purchase_sword"})'


def launch(page: Page) -> None:
    """Launch week 10, and wait until its cluster is ready."""
    page.get_by_role("button", name="Launch Transforming streaming data", exact=True).click()
    expect(status(page)).to_have_attribute("data-status", "ready", timeout=LAUNCH_MS)


@pytest.fixture
def session(page: Page, portal: Portal) -> Iterator[Page]:
    """A cluster with a topic."""
    log_in(page, portal, "student")
    launch(page)
    run(page, "topic")
    yield page
    tear_down(page)


def counts(page: Page, sent: int, answered: int, records: int, rows: str) -> None:
    """Wait until the meter counts so much."""
    expect(page.get_by_test_id("gap-sent")).to_have_text(str(sent))
    expect(page.get_by_test_id("gap-answered")).to_have_text(str(answered))
    expect(page.get_by_test_id("gap-records")).to_have_text(str(records))
    expect(page.get_by_test_id("gap-rows")).to_have_text(rows)


def serve(page: Page, text: str) -> None:
    """Run the API with another script."""
    save_file(page, SCRIPT, text)
    open_step(page, "serve")
    if step(page, "serve").get_attribute("data-state") == "serving":
        page.get_by_test_id("stop").click()
        expect(step(page, "serve")).to_have_attribute("data-state", "passed")
    run(page, "serve", state="serving")


def call(page: Page, button: str, times: int = 1) -> None:
    """Make a call some times; what comes of it is the meter's business."""
    open_step(page, "call")
    for _ in range(times):
        before = int(page.get_by_test_id("gap-sent").inner_text())
        page.get_by_test_id(button).click()
        expect(page.get_by_test_id("gap-sent")).to_have_text(str(before + 1))


def test_the_meter_names_the_hop_of_every_planted_loss(session: Page) -> None:
    page = session
    says = page.get_by_test_id("gap-says")
    words = page.get_by_test_id("gap-words")
    original = page.get_by_test_id("panel-code").get_by_label(SCRIPT).input_value()
    run(page, "serve", state="serving")
    call(page, "call-0", 2)
    counts(page, 2, 2, 2, NO_TABLE)
    expect(says).to_have_text("nothing lost")

    # A curl after the extraction.
    run(page, "extract", seconds=90)
    counts(page, 2, 2, 2, "2")
    expect(says).to_have_text("nothing lost")
    call(page, "call-1")
    counts(page, 3, 3, 3, "2")
    expect(says).to_contain_text("1 record came after the extraction")
    says.click()
    expect(words).to_contain_text("toDF() ran before the last curl")
    run(page, "extract", seconds=90)
    counts(page, 3, 3, 3, "3")
    expect(says).to_have_text("nothing lost")
    expect(words).to_contain_text("purchase_sword 1")

    # A script that answers without sending.
    serve(page, original.replace(SEND, "pass"))
    call(page, "call-1")
    counts(page, 4, 4, 3, "3")
    expect(says).to_contain_text("1 good answer left no record in the topic")
    expect(page.locator(".gap-hop[data-lost]")).to_have_attribute("data-hop", "kafka")

    # A 500: the request that was lost before stays lost.
    serve(page, original.replace(SEND, "raise ValueError(1)"))
    call(page, "call-1")
    counts(page, 5, 4, 3, "3")
    expect(says).to_contain_text("1 request ended in a 500")
    line = original[: original.index(SEND)].count("\n") + 1
    got = f"The call (GET /purchase_a_sword) got a 500 at line {line} of your script"
    expect(words).to_contain_text(f"{got}: nothing was sent.")

    # A record that is not JSON.
    serve(page, original.replace("json.dumps(event).encode()", "b'no json'"))
    call(page, "call-0")
    counts(page, 6, 5, 4, "3")
    run(page, "extract", state="failed", seconds=90)
    expect(words).to_contain_text("1 record of the topic is no JSON object")
    expect(words).to_contain_text("1 not JSON")


def test_a_transcript_is_annotated_and_taken_home(session: Page, tmp_path: Path) -> None:
    page = session
    choose(page, "transcript")
    topic = page.locator('.entry[data-step="topic"]')
    expect(topic).to_contain_text("kafka-topics --create --topic events")
    expect(topic).to_contain_text("Created topic events")
    topic.get_by_text("Add a note").click()
    topic.get_by_role("textbox").fill("One *partition*.")
    topic.get_by_role("button", name="Save the note").click()
    expect(topic.locator("em")).to_have_text("partition")
    for name in ("as-markdown", "as-script", "take-home"):
        with page.expect_download() as download:
            page.get_by_test_id(name).click()
        download.value.save_as(tmp_path / name)
    assert "> One *partition*." in (tmp_path / "as-markdown").read_text()
    subprocess.run(["bash", "-n", tmp_path / "as-script"], check=True)
    assert "docker-compose exec -T kafka kafka-topics" in (tmp_path / "as-script").read_text()
    with zipfile.ZipFile(tmp_path / "take-home") as folder:
        assert "week10/docker-compose.yml" in folder.namelist()
    page.go_back()


def ask_for_hints(page: Page) -> None:
    """One after the other, by keyboard; a screen reader hears each."""
    hints = page.get_by_test_id("step-hints")
    button = hints.get_by_role("button", name="Show a hint")
    button.focus()
    page.keyboard.press("Enter")
    expect(hints.get_by_role("listitem")).to_have_count(1)
    expect(hints.locator("[aria-live=polite]")).to_contain_text("Hint 1 of")
    expect(hints.get_by_role("button", name="Show another hint")).to_be_focused()
    page.keyboard.press("Enter")
    expect(hints.get_by_role("listitem")).to_have_count(2)


MAKE_STUDENT = """
from portal.classroom.models import Membership, User
from portal.classroom.services.people import make_person
made = make_person("student3", User.Role.STUDENT, "{password}")
Membership.objects.create(klass=Membership.objects.get(user__username="student").klass, user=made)
"""


def test_three_students_with_one_error_are_one_group_and_get_one_hint(
    browser: Browser, page: Page, portal: Portal
) -> None:
    """The same mistake in three scripts, at three ports, is one line on the board."""
    portal.passwords["student3"] = portal.passwords["student"]
    code = MAKE_STUDENT.format(password=portal.passwords["student3"])
    argv = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    subprocess.run(argv, cwd=ROOT, env=environment(portal.var, 0), check=True, timeout=60)
    students = [browser.new_context().new_page() for _ in range(3)]
    for number, student in enumerate(students):
        log_in(student, portal, f"student{number + 1}" if number else "student")
        launch(student)
        run(student, "topic")
        panel = open_tab(student, "code")
        script = panel.get_by_label(SCRIPT).input_value()
        mistake = f'2909{number + 5}", bootstrap_timeout_ms=1500'
        save_file(student, SCRIPT, script.replace('29092"', mistake))
        run(student, "serve", state="failed", seconds=60)
    ask_for_hints(students[0])
    log_in(page, portal, "instructor")
    page.get_by_role("link", name="Classes", exact=True).click()
    page.get_by_role("link", name="Demo class", exact=True).click()
    group = page.get_by_test_id("group")
    expect(group).to_have_count(1)
    expect(group).to_contain_text("3 \u00d7 KafkaTimeoutError")
    expect(page.get_by_test_id("row-student").locator(".cell-hints")).to_have_text("2")
    page.get_by_test_id("tab-pipelines").click()
    expect(page.get_by_test_id("board-row")).to_have_count(3)
    row = page.get_by_test_id("board-row").first
    expect(row.locator('[data-light="kafka"]')).to_have_attribute("data-state", "on")
    expect(row.locator('[data-light="flask"]')).to_have_attribute("data-state", "bad")
    page.get_by_test_id("groups").locator("summary").click()
    # The page goes on while somebody writes, and leaves what they write alone.
    group.get_by_role("textbox").fill("Kafka is at kafka:29092.")
    students[2].get_by_test_id("raise-hand").click()
    expect(page.get_by_test_id("totals").locator("[data-warn=true]")).to_contain_text("1")
    group.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Said to 3 students.")).to_be_visible()
    for student in students:
        expect(student.get_by_test_id("hint")).to_contain_text("Kafka is at kafka:29092.")
    # One of them mends it: the board follows by itself.
    expect(page.get_by_test_id("board-row")).to_have_count(3)
    save_file(students[0], SCRIPT, script)
    run(students[0], "serve", state="serving")
    expect(page.get_by_test_id("group")).to_contain_text("2 \u00d7 KafkaTimeoutError")
    expect(page.locator('[data-light="flask"][data-state="on"]')).to_have_count(1)
    page.goto(f"{portal.address}/board/")
    expect(page.get_by_test_id("board-row")).to_have_count(3)
    for student in students:
        tear_down(student)
        student.context.close()
