"""The results page: explored, asked with SQL, traced back, and mended with the line it offers."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import launch, log_in, open_tab, run, tear_down
from tests.browser.axe import as_it_is
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
WARNS = """
import sys, warnings
for number in ("one", "two"):
    print("24/11/26 10:00:00 WARN Somewhere:", number, file=sys.stderr)

warnings.warn("<b>careful</b>")
"""


def test_a_mixed_topic_is_explored_and_its_dropped_columns_come_back(
    page: Page, portal: Portal
) -> None:
    """Sort, filter, SQL, origin, Parquet; then the line that keeps every column."""
    log_in(page, portal, "student")
    launch(page)
    run(page, "topic")
    run(page, "serve", state="serving")
    run(page, "call", button="call-0")
    run(page, "serve-extended", state="serving")
    run(page, "call-extended", button="call-1")
    run(page, "extract", seconds=120)
    results = open_tab(page, "results")
    dropped = results.get_by_test_id("dropped")
    expect(dropped.locator(".callout-title")).to_contain_text("User-Agent")
    expect(results.get_by_test_id("origin-of").first).to_be_in_viewport()
    with page.expect_popup() as opened:
        results.get_by_role("link", name="Open as a page").click()
    expect_row_beside_row(opened.value)
    opened.value.close()

    union = results.get_by_test_id("union-table")
    union.get_by_test_id("sort").first.click()
    expect(union.locator("th[aria-sort=ascending]")).to_contain_text("event_type")
    union.get_by_test_id("bars").get_by_role("link", name="purchase_sword").click()
    expect(union.get_by_test_id("filter")).to_contain_text("purchase_sword")
    expect(union.get_by_test_id("origin-of")).to_have_count(1)
    union.get_by_test_id("origin-of").click()
    origin = union.get_by_test_id("origin")
    expect(origin).to_contain_text("curl http://localhost:5000/purchase_a_sword")
    expect(origin).to_contain_text('"GET /purchase_a_sword HTTP/1.1" 200')
    expect(origin).to_contain_text("offset 1")

    follow_the_purchase(page)
    records = results.get_by_role("slider", name="Records by time")
    told = results.get_by_test_id("time-told")
    expect(told).to_contain_text("2 records, at most 1 in")
    records.focus()
    records.press("End")
    moment = r"\d\d:\d\d:\d\d(\.\d{3})?"  # Fine where bars are less than a second.
    expect(told).to_have_text(re.compile(rf"^1 record in the [\d.]+ m?s from {moment}$"))
    expect(records).to_have_attribute("aria-valuetext", told.inner_text())
    results.get_by_test_id("sql-text").fill("SELECT count(*) AS n FROM events")
    results.get_by_test_id("sql-run").click()
    expect(results.get_by_test_id("sql-answer")).to_contain_text("2")
    with page.expect_download() as download:
        results.get_by_test_id("export-parquet").click()
    assert download.value.path().read_bytes().startswith(b"PAR1")

    dropped.get_by_test_id("dropped-more").click()
    results.get_by_test_id("use-fix").first.click()
    code = page.get_by_test_id("code").locator("form:visible")
    expect(code.locator("code-editor")).to_contain_text("spark.read.json")
    lines = code.locator("textarea[name=code]")
    lines.evaluate("(area, more) => { area.value += more; }", WARNS)
    run(page, "extract", seconds=120)
    expect(page.get_by_test_id("own-lines")).to_be_visible()
    output = open_tab(page, "output")
    for fold, line in (
        ("2 warnings", "WARN Somewhere: two"),
        ("1 warning", "UserWarning: <b>careful</b>"),
    ):
        expect(output.get_by_text(line)).to_have_count(0)
        output.get_by_text(fold, exact=True).click()
        expect(output.get_by_text(line)).to_be_visible()
    results = open_tab(page, "results")
    expect(results.get_by_test_id("own-table")).to_contain_text("User-Agent")
    expect(results.get_by_test_id("dropped")).to_have_count(0)

    results.get_by_test_id("compare").click()
    comparison = page.get_by_test_id("comparison")
    columns = comparison.get_by_role("row").filter(has_text="columns in the table")
    expect(columns.get_by_role("cell")).to_have_text(["1", "4"])
    expect(comparison.locator("[data-sign='+']")).to_contain_text(["spark.read.json"])
    left, right = (comparison.get_by_label(side) for side in ("Left", "Right"))
    expect(left).not_to_have_value(right.input_value())
    left.select_option(right.input_value())
    comparison.get_by_role("button", name="Compare").click()
    expect(comparison).to_contain_text("The same lines.")
    page.go_back()
    page.go_back()
    tear_down(page)


def expect_row_beside_row(page: Page) -> None:
    """Where there is room, a row of the narrow table stands beside its record with all keys."""
    own, union = (
        page.get_by_test_id(each).get_by_test_id("origin-of").first
        for each in ("own-table", "union-table")
    )
    expect(union).to_be_visible()
    left, right = own.bounding_box(), union.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] < right["x"]
    assert abs(left["y"] - right["y"]) < 4


def follow_the_purchase(page: Page) -> None:
    """From curl by its line and its record to its row, and from each of them back."""
    trace = open_tab(page, "trace")
    trace.get_by_role("button", name="GET /purchase_a_sword", exact=True).click()
    chain = trace.get_by_test_id("trace-chain")
    expect(chain).to_contain_text("curl http://localhost:5000/purchase_a_sword")
    chain.get_by_test_id("trace-exchange").click()
    expect(chain.get_by_test_id("trace-request")).to_contain_text("GET /purchase_a_sword HTTP/1.1")
    expect(trace.locator(".trace-request.is-chosen")).to_have_count(1)

    chain.get_by_test_id("trace-line").click()
    line = page.get_by_test_id("log").locator(".line.is-target")
    expect(line).to_contain_text('"GET /purchase_a_sword HTTP/1.1" 200')
    line.get_by_role("link", name="trace").click()
    expect(chain).to_be_visible()

    chain.get_by_test_id("trace-record").click()
    record = page.get_by_test_id("events").locator(".event[data-offset='1']")
    expect(record).to_contain_text("purchase_sword")
    record.locator("summary").click()
    expect(record.get_by_text("traceparent")).to_have_count(0)
    record.get_by_role("link", name="Its trace").click()
    expect(chain).to_be_visible()

    chain.get_by_test_id("trace-row").click()
    origin = page.get_by_test_id("own-table").get_by_test_id("origin")
    expect(origin).to_contain_text("offset 1")
    origin.get_by_test_id("row-trace").click()
    expect(chain).to_contain_text("Row 2 of your table")

    picture = trace.get_by_role("group", name="Space-time diagram")
    picture.press("Home")
    expect(chain).to_contain_text("http://localhost:5000/")
    picture.press("Enter")
    expect(picture.locator(".trace-request")).to_have_count(1)
    open_tab(page, "results")
    assert as_it_is(page) == []

    # The same request as bytes, as its server had them.
    http = open_tab(page, "http")
    captured = http.get_by_test_id("wire-exchanges").get_by_role("link")
    captured.filter(has_text="GET /purchase_a_sword").first.click()
    expect(http.get_by_test_id("wire-turns")).to_contain_text("It answered 200 OK")
    assert as_it_is(page) == []
    open_tab(page, "results")
