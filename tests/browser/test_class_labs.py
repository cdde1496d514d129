"""An author drafts a lab, tries it and hands it in; an admin publishes it; a student runs it."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from portal.engine.tests import drawn
from tests.browser.actions import (
    LAUNCH_MS,
    in_portal,
    log_in,
    open_tab,
    run,
    status,
    step,
    tear_down,
)
from tests.browser.axe import problems
from tests.portal_process import Portal

pytestmark = pytest.mark.browser

LAB = """\
name: greeting
title: A greeting
summary: Write a word to a file and read it back.
tools: mids
services:
  - name: mids
    image: mids
files:
  - {path: greet.py, from: greet.py, editable: true}
steps:
  - id: cluster
    title: Start the cluster
    shows_command: docker-compose up -d
    run: {kind: up}
  - id: greet
    title: Greet
    text: Run the script and read what it **says**.
    shows_command: docker-compose exec mids python greet.py
    run: {kind: exec}
    needs: [cluster]
    check: {matches: ^hello$, message: Nobody was greeted.}
    hints: [Look at the script in the Code tab.]
  - id: down
    title: Tear down the cluster
    shows_command: docker-compose down
    run: {kind: down}
    needs: [cluster]
"""
SHOP = """    text: "![A grey shop](shop.png)"
    shows_command: docker-compose up -d"""
PASSWORD = "a long and lovely river"
AUTHOR = f"""
from portal.classroom.models import User
from portal.classroom.roles import grant
from portal.classroom.services import make_person

author = make_person("author", User.Role.STUDENT, "{PASSWORD}")
author.is_author = True
author.save()
grant(author, User.Role.STUDENT)
"""


def test_an_author_drafts_a_lab_that_a_student_runs(
    page: Page, browser: Browser, portal: Portal, tmp_path: Path
) -> None:
    """From a name, over two mistakes, two tabs and a test-run, to a student's passed step."""
    in_portal(portal, AUTHOR)
    portal.passwords["author"] = PASSWORD
    log_in(page, portal, "author")
    page.get_by_role("link", name="Write labs").click()
    page.get_by_label("Name").fill("greeting")
    page.get_by_role("button", name="Begin its first draft").click()
    write(page, "lab.yaml", LAB.replace("title: Greet\n", "titel: Greet\n"))
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_label("Path beside lab.yaml").fill("greet.py")
    page.get_by_role("button", name="Go on").click()
    write(page, "greet.py", "print('hello'\n")
    faults = page.get_by_test_id("lab-faults")
    expect(faults).to_contain_text("lab.yaml 16:5")
    expect(faults).to_contain_text("greet.py 1:6")

    write(page, "greet.py", "print('hello')\n")
    faults.get_by_role("button", name="lab.yaml 16:5").click()
    page.keyboard.press("Shift+End")  # The line goes, and comes back by what the schema has.
    page.keyboard.type("ti")
    page.keyboard.press("Control+Space")
    page.get_by_role("option", name="title").click()
    page.keyboard.type("Greet")
    expect(page.get_by_test_id("lab-verdict")).to_have_text("It can be launched")
    expect(page.get_by_test_id("lab-preview")).to_contain_text("read what it says")
    page.get_by_test_id("lab-save").click()
    expect(page.get_by_test_id("lab-told")).to_have_text("Saved")
    where = page.url
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert problems(page, where) == []

    other = page.context.new_page()
    other.goto(where)
    write(page, "lab.yaml", LAB + "# theirs\n")
    page.get_by_test_id("lab-save").click()
    expect(page.get_by_test_id("lab-told")).to_have_text("Saved")
    write(other, "lab.yaml", LAB + "# mine\n")
    expect(other.get_by_test_id("overtaken")).to_be_visible()
    expect(other.get_by_label("lab.yaml", exact=True)).to_have_value(LAB + "# mine\n")
    other.get_by_role("button", name="Take theirs").click()
    expect(other.get_by_label("lab.yaml", exact=True)).to_have_value(LAB + "# theirs\n")
    other.close()

    page.get_by_role("button", name="Test-run").click()
    expect(step(page, "greet")).to_have_attribute("data-state", "passed", timeout=LAUNCH_MS)
    expect(status(page)).to_have_attribute("data-status", "ended", timeout=LAUNCH_MS)
    page.goto(where)
    expect(page.get_by_test_id("tries")).to_contain_text("passed")
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_test_id("version-status")).to_have_text("handed in")
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)

    admin = browser.new_context().new_page()
    admin.set_default_timeout(20_000)
    log_in(admin, portal, "admin")
    admin.goto(where)
    admin.get_by_role("button", name="Publish").click()
    expect(admin.get_by_test_id("version-status")).to_have_text("published")
    admin.context.close()

    student = browser.new_context().new_page()
    student.set_default_timeout(20_000)
    log_in(student, portal, "student")
    card = student.get_by_role("article").filter(has_text="A greeting")
    card.get_by_role("button", name=re.compile("Launch")).click()
    expect(status(student)).to_have_attribute("data-status", "ready", timeout=LAUNCH_MS)
    run(student, "greet")
    expect(open_tab(student, "output")).to_contain_text("hello")
    tear_down(student)
    student.context.close()

    page.reload()
    expect(page.get_by_test_id("closed")).to_contain_text("A session has used this version")
    more(page).get_by_role("button", name="Copy to a draft").click()
    expect(page.get_by_test_id("version-status")).to_have_text("draft")
    write(page, "lab.yaml", LAB.replace("title: Greet\n", "title: Say hello\n"))
    expect(page.get_by_test_id("lab-told")).to_have_text("Saved")
    more(page).get_by_role("link", name="Changes", exact=True).click()
    expect(page.get_by_text("added: title: Say hello")).to_be_attached()
    page.get_by_role("link", name="Back", exact=True).click()
    with page.expect_download() as download:
        more(page).get_by_role("link", name="Export the definition").click()
    file = tmp_path / "greeting.zip"
    download.value.save_as(file)
    page.goto(f"{portal.address}/admin/catalog/lab/import/")
    page.get_by_label("Zip of the folder").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("greeting version 3, a draft", exact=False)).to_be_visible()


def test_a_picture_is_shown_and_what_is_none_is_refused_by_name(
    browser: Browser, portal: Portal, tmp_path: Path
) -> None:
    """A good one, one of 50 MB, an SVG with a script, also under another name; as a zip, too."""
    (tmp_path / "shop.png").write_bytes(drawn.png(64, 12))
    (tmp_path / "notes.txt").write_text("words")
    for name in ("drawn.svg", "disguised.png"):
        (tmp_path / name).write_bytes(drawn.SVG)
    for name in ("huge.png", "huge.zip"):
        (tmp_path / name).write_bytes(drawn.png())
        os.truncate(tmp_path / name, 50 * 2**20)
    page = browser.new_context().new_page()
    page.set_default_timeout(20_000)
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    log_in(page, portal, "admin")
    page.goto(f"{portal.address}/labs/drafts/")
    page.get_by_label("Name").fill("pictured")
    page.get_by_role("button", name="Begin its first draft").click()
    expect(page.get_by_test_id("lab-verdict")).to_have_text("It can be launched")
    where = page.url
    names = ("huge.png", "drawn.svg", "shop.png", "disguised.png", "notes.txt")
    page.get_by_label("Files to upload").set_input_files([tmp_path / each for each in names])
    refused = page.get_by_test_id("lab-refused")
    expect(refused).to_contain_text("huge.png is larger than 512 KB. It was not taken.")
    for name in ("drawn.svg", "disguised.png"):
        expect(refused).to_contain_text(
            f"{name} is an SVG, which can hold scripts: save it as PNG."
        )
    expect(page.locator("[data-files] button")).to_have_text(["lab.yaml", "shop.png", "notes.txt"])

    shown = LAB.replace("name: greeting", "name: pictured")
    shown = shown.replace("from: greet.py", "content: print('hello')")
    write(page, "lab.yaml", shown.replace("    shows_command: docker-compose up -d", SHOP))
    picture = page.get_by_test_id("lab-preview").get_by_role("img", name="A grey shop")
    expect(picture).to_have_js_property("naturalWidth", 64)
    page.get_by_test_id("lab-save").click()
    expect(page.get_by_test_id("lab-told")).to_have_text("Saved")
    page.goto(f"{portal.address}/admin/catalog/lab/import/")
    zipped = page.get_by_label("Zip of the folder")
    zipped.set_input_files(tmp_path / "huge.zip")
    words = "huge.zip is larger than 4 MB: choose another."
    expect(zipped).to_have_js_property("validationMessage", words)
    page.get_by_role("button", name="Import").click()
    expect(page).to_have_url(re.compile("/import/$"))
    zipped.set_input_files(tmp_path / "notes.txt")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_test_id("problems")).to_contain_text("zip")
    page.goto(where)
    expect(page.get_by_test_id("version-status")).to_have_text("draft")
    page.context.close()
    assert asked == []


def write(page: Page, path: str, text: str) -> None:
    """Give a file of the draft another text."""
    page.get_by_role("navigation", name="Files").get_by_role("button", name=path).click()
    page.get_by_label(path, exact=True).fill(text)


def more(page: Page) -> Locator:
    """The menu of what is seldom done with a version."""
    page.locator("summary", has_text="More").click()
    return page.locator(".menu-items").filter(has_text="Preview")
