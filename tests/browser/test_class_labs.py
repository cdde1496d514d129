"""An admin makes a lab in the browser, tries it, and publishes it; a student runs it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import LAUNCH_MS, log_in, open_tab, run, status, step, tear_down
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


def test_an_admin_makes_and_publishes_a_lab_that_a_student_runs(
    page: Page, browser: Browser, portal: Portal, tmp_path: Path
) -> None:
    """From an empty form, over two mistakes and a test-run, to a student's passed step."""
    log_in(page, portal, "admin")
    page.goto(f"{portal.address}/admin/catalog/lab/add/")
    page.get_by_label("Name").fill("greeting")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{portal.address}/admin/catalog/labversion/add/")
    page.get_by_label("Lab:").select_option("greeting")
    page.get_by_label("Source").fill(LAB.replace("title: Greet\n", "titel: Greet\n"))
    page.locator("[name=files-0-path]").fill("greet.py")
    page.locator("[name=files-0-text]").fill("print('hello'\n")
    save(page)
    expect(page.get_by_text(re.compile(r"Line 16, column 5: steps\[1\]\.titel"))).to_be_visible()
    expect(page.get_by_text("greet.py: Line 1, column 6")).to_be_visible()

    page.get_by_label("Source").fill(LAB)
    page.locator("[name=files-0-text]").fill("print('hello')\n")
    save(page)
    expect(page.get_by_test_id("version-status")).to_have_text("draft")
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_test_id("preview-greet")).to_contain_text("read what it says")
    page.get_by_role("link", name="Back to editing").click()

    page.get_by_role("button", name="Test-run on a real cluster").click()
    expect(step(page, "greet")).to_have_attribute("data-state", "passed", timeout=LAUNCH_MS)
    expect(status(page)).to_have_attribute("data-status", "ended", timeout=LAUNCH_MS)
    page.goto(f"{portal.address}/admin/catalog/labversion/")
    page.get_by_role("link", name="greeting version 1").click()
    expect(page.get_by_test_id("tries")).to_contain_text("passed")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_test_id("version-status")).to_have_text("published")

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
    expect(page.get_by_text("A session has used this version")).to_be_visible()
    page.get_by_role("button", name="Copy to a draft").click()
    expect(page.get_by_test_id("version-status")).to_have_text("draft")
    page.get_by_label("Source").fill(LAB.replace("title: Greet\n", "title: Say hello\n"))
    save(page)
    page.get_by_role("link", name="Changes", exact=True).click()
    expect(page.get_by_text("added: title: Say hello")).to_be_attached()
    page.get_by_role("link", name="Back", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export the definition").click()
    file = tmp_path / "greeting.zip"
    download.value.save_as(file)
    page.goto(f"{portal.address}/admin/catalog/lab/import/")
    page.get_by_label("Zip of the folder").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("greeting version 3, a draft", exact=False)).to_be_visible()


def save(page: Page) -> None:
    """Save, and stay on the form."""
    page.get_by_role("button", name="Save and continue editing").click()
