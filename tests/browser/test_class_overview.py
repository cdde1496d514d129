"""An instructor runs a class from one page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, expect

from tests.browser.actions import (
    LAUNCH_MS,
    launch,
    log_in,
    open_step,
    run,
    status,
    step,
    tear_down,
)
from tests.portal_process import Portal

pytestmark = pytest.mark.browser


@pytest.fixture
def students(browser: Browser, portal: Portal) -> Iterator[list[Page]]:
    """Three browsers, for two who have logins and for a guest."""
    pages = [browser.new_context().new_page() for _ in range(3)]
    errors: list[str] = []
    for page in pages:
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
    yield pages
    for page in pages:
        page.context.close()
    assert errors == []


def cell(page: Page, row: str, step_index: int) -> Locator:
    """A student's cell of a step."""
    return page.get_by_test_id(f"row-{row}").locator(".cell").nth(step_index)


def test_an_instructor_watches_three_students_and_helps_one(
    page: Page, students: list[Page], portal: Portal
) -> None:
    """Rows move while they work; a hand is raised, answered by a hint, and put away."""
    ada, bo, guest = students
    log_in(page, portal, "instructor")
    page.get_by_role("link", name="Your classes").click()
    page.get_by_role("link", name="Demo class", exact=True).click()
    expect(page.locator("[data-live-status]")).to_have_attribute("data-state", "live")
    expect(page.get_by_test_id("row-student")).to_contain_text("not started")

    page.get_by_role("link", name="People and codes").click()
    form = page.get_by_test_id("code-form")
    form.get_by_label("Good").select_option("guest")
    form.get_by_role("button", name="Make a code").click()
    link = page.get_by_test_id("code").first.locator("code").inner_text()
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_test_id("broadcast")).to_be_visible()
    overview = page.url

    for student, name in ((ada, "student"), (bo, "student2")):
        log_in(student, portal, name)
        launch(student)
    guest.goto(link)
    guest.get_by_role("button", name="Start as a guest").click()
    expect(status(guest)).to_have_attribute("data-status", "ready", timeout=LAUNCH_MS)
    page.reload()  # A new member is a new row.
    guest_row = page.locator('tr[data-testid^="row-guest-"]')
    for row in (page.get_by_test_id("row-student"), page.get_by_test_id("row-student2"), guest_row):
        expect(row).to_have_attribute("data-status", "ready")

    run(ada, "topic")
    expect(cell(page, "student", 2)).to_have_attribute("data-state", "passed")
    run(guest, "topic")
    run(guest, "serve", state="serving")
    expect(guest_row.locator(".cell").nth(3)).to_have_attribute("data-state", "serving")
    expect(cell(page, "student2", 2)).to_have_attribute("data-state", "idle")

    open_step(bo, "serve")
    bo.get_by_label("Stuck?").fill("It says that I need a topic")
    bo.get_by_test_id("raise-hand").click()
    expect(bo.get_by_test_id("hand-up")).to_contain_text("Your hand is up")
    expect(page.get_by_test_id("row-student2").get_by_test_id("hand")).to_be_visible()
    page.get_by_label("Show", exact=True).select_option("hand")
    expect(page.get_by_test_id("row-student")).to_be_hidden()
    page.get_by_test_id("row-student2").get_by_role("link").click()

    expect(status(page)).to_contain_text("watching student2, read-only")
    expect(page.get_by_test_id("hand-up")).to_be_visible()
    expect(page.get_by_text("It says that I need a topic")).to_be_visible()
    page.get_by_test_id("hand-at").click()
    expect(page.locator("#step-title")).to_have_text("Run the game's API")
    page.get_by_label("Hint").fill("Step 2 makes the topic. Run it first.")
    page.get_by_test_id("leave-hint").click()
    expect(bo.get_by_test_id("hint")).to_contain_text("Step 2 makes the topic")
    expect(bo.get_by_test_id("hand-up")).to_be_hidden()
    run(bo, "topic")
    expect(step(page, "topic")).to_have_attribute("data-state", "passed")
    bo.get_by_role("button", name="Got it").click()
    expect(bo.get_by_test_id("hint")).to_have_count(0)
    expect(page.get_by_test_id("hint")).to_have_count(0)

    page.goto(f"{overview}?view=times")
    page.get_by_role("region", name="Bars and numbers of each step").press("End")
    expect(page.get_by_test_id("times-told")).to_contain_text("Tear down the cluster: 0 done.")
    page.goto(overview)
    say(page, "Ten minutes left")
    for student in students:
        expect(student.get_by_test_id("hint")).to_contain_text("Ten minutes left")
    stop(page, guest_row)
    expect(status(guest)).to_have_attribute("data-status", "ended", timeout=30_000)
    expect(status(guest)).to_contain_text("by your instructor")
    for student in (ada, bo):
        tear_down(student)
    expect(page.get_by_test_id("row-student")).to_have_attribute("data-status", "ended")
    assert portal.sandboxes() == []


def say(page: Page, words: str) -> None:
    """Broadcast, and confirm."""
    form = page.get_by_test_id("broadcast")
    form.get_by_role("textbox").fill(words)
    form.get_by_role("button", name="Broadcast").click()
    page.get_by_test_id("confirm-yes").click()
    expect(page.locator("#messages")).to_contain_text("Said in 3 live sessions")


def stop(page: Page, row: object) -> None:
    """Stop one session, and confirm."""
    row.get_by_role("checkbox").check()  # type: ignore[attr-defined]
    page.get_by_test_id("act-stop").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 student")
    page.get_by_test_id("confirm-yes").click()
    expect(page.locator("#messages")).to_contain_text("1 session torn down")


def test_a_student_joins_by_a_code_and_another_class_stays_closed(
    page: Page, browser: Browser, portal: Portal
) -> None:
    """A code on the blackboard, typed in small letters."""
    log_in(page, portal, "instructor")
    page.goto(f"{portal.address}/classes/")
    page.get_by_text("New class").click()
    page.get_by_label("Name").fill("Evening class")
    page.get_by_role("button", name="Make the class").click()
    page.get_by_test_id("code-form").get_by_role("button").click()
    code = page.get_by_test_id("code").first.locator("code").inner_text()
    where = page.url.split("/people/")[0]

    student = browser.new_context().new_page()
    log_in(student, portal, "student2")
    answer = student.goto(f"{where}/")
    assert answer is not None
    assert answer.status == 404
    student.goto(f"{portal.address}/join/")
    student.get_by_label("Join code").fill("WRONG")
    student.get_by_role("button", name="Join").click()
    expect(student.get_by_text(re.compile("does not work"))).to_be_visible()
    student.get_by_label("Join code").fill(code.lower())
    student.get_by_role("button", name="Join").click()
    expect(student.locator("#messages")).to_contain_text("You are in Evening class")
    student.context.close()
    page.reload()
    expect(page.get_by_test_id("member-student2")).to_be_visible()


def test_only_who_is_shown_is_acted_on(page: Page, students: list[Page], portal: Portal) -> None:
    """A filter after everybody was chosen; the question names as many as are shown."""
    ada, bo, _ = students
    for student, name in ((ada, "student"), (bo, "student2")):
        log_in(student, portal, name)
        launch(student)
    log_in(page, portal, "instructor")
    page.goto(f"{portal.address}/classes/")
    page.get_by_role("link", name="Demo class", exact=True).click()
    expect(page.locator("[data-live-status]")).to_have_attribute("data-state", "live")
    for name in ("student", "student2"):
        expect(page.get_by_test_id(f"row-{name}")).to_have_attribute("data-status", "ready")
    page.get_by_role("button", name="Choose all shown").click()
    page.get_by_label("Find", exact=True).fill("STÚDENT2")
    expect(page.get_by_test_id("row-student")).to_be_hidden()
    page.get_by_test_id("act-stop").click()
    expect(page.get_by_role("dialog")).to_contain_text("Tear 1 student down?")
    page.get_by_test_id("confirm-yes").click()
    expect(page.locator("#messages")).to_contain_text("1 session torn down")
    expect(status(bo)).to_have_attribute("data-status", "ended", timeout=30_000)
    expect(status(ada)).to_have_attribute("data-status", "ready")
    tear_down(ada)


def test_what_is_pressed_before_its_script_is_there_is_done_after(
    page: Page, portal: Portal
) -> None:
    """The second press sorts; what asks first has asked nobody, and has done nothing."""
    log_in(page, portal, "instructor")
    page.goto(f"{portal.address}/classes/")
    address = page.get_by_role("link", name="Demo class", exact=True).get_attribute("href")
    held: list[Route] = []
    page.route("**/class-overview*.js", lambda route: held.append(route))
    page.goto(f"{portal.address}{address}", wait_until="commit")
    page.locator("button[data-sort=name]").click()
    page.get_by_test_id("act-stop").click()
    assert held != []
    names = page.locator("#rows tr")
    before = names.evaluate_all("rows => rows.map((row) => row.id)")
    for route in held:
        route.continue_()
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("[data-shown]")).to_contain_text("Choose somebody first")
    assert names.evaluate_all("rows => rows.map((row) => row.id)") == before[::-1]


def test_a_student_who_was_removed_is_put_back(page: Page, portal: Portal) -> None:
    """It asks, and names who; Undo stands in what says that it is done. Names have accents."""
    log_in(page, portal, "instructor")
    page.goto(f"{portal.address}/classes/")
    page.get_by_text("New class").click()
    page.get_by_label("Name").fill("Morning class")
    page.get_by_role("button", name="Make the class").click()
    people = "username,first_name,last_name,email\njm,Jürgen,Müller,\nal,Ada,Lovelace,\n"
    file = FilePayload(name="people.csv", mimeType="text/csv", buffer=people.encode())
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name=re.compile("^Import 2")).click()
    expect(page.get_by_test_id("member-jm")).to_be_visible()
    overview = page.get_by_role("link", name="Overview", exact=True)
    overview.click()
    first = page.locator("#rows tr").first
    expect(first).to_have_attribute("data-testid", "row-al")
    page.locator("button[data-sort=name]").click()
    expect(first).to_have_attribute("data-testid", "row-jm")
    page.get_by_label("Find", exact=True).fill("muller")
    expect(page.get_by_test_id("row-jm")).to_be_visible()
    expect(page.get_by_test_id("row-al")).to_be_hidden()
    page.get_by_role("link", name="People and codes").click()
    page.get_by_test_id("member-jm").get_by_role("link", name="Remove").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Remove Jürgen Müller")
    page.get_by_test_id("remove-confirm").click()
    expect(page.get_by_test_id("member-jm")).to_have_count(0)
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("member-jm")).to_be_visible()


def test_the_first_students_are_in_the_first_sight_of_a_phone(page: Page, portal: Portal) -> None:
    """What leads to other labs, pages and filters leaves them room."""
    page.set_viewport_size({"width": 360, "height": 740})
    log_in(page, portal, "instructor")
    page.goto(f"{portal.address}/classes/1/")
    expect(page.locator("#rows th").first).to_be_in_viewport(ratio=1)
    expect(page.get_by_test_id("act-stop")).to_be_in_viewport(ratio=1)
    page.goto(f"{portal.address}/classes/1/settings/")
    expect(page.get_by_role("link", name="Settings", exact=True)).to_be_in_viewport(ratio=1)
