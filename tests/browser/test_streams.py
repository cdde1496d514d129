"""The Log and Events tabs in a real browser: floods, places, filters, files, hostile text.

One cluster serves them all; each test has a page, lines and a topic of its own.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from portal.catalog.images import operator_images
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.browser.actions import LAUNCH_MS, log_in, open_tab, run, status, tear_down
from tests.contract.cluster import Cluster
from tests.contract.drivers import VENV
from tests.engine.topics import do, new_topic
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
MOST_NODES = 3000
MOST_HEAP_MB = 100
A_ROW_IS_THERE = """(place) => {
  const { left, top, width, height } = place.getBoundingClientRect();
  return document.elementFromPoint(left + width / 2, top + height / 2)?.closest(".line");
}"""
HOSTILE = r"""
import sys
for line in (
    b"<script>window.hacked = 1</script><img src=x onerror=window.hacked=1>",
    b"\x1b[31mred\x1b[0m and \x1b[1;32mgreen\x1b[0m",
    b"\x1b]0;title\x07\x1b]52;c;aGFja2Vk\x07\x1b]8;;http://evil.example\x07link\x1b]8;;\x07 left",
    b"\x1b[2J\x1b[1;1Hcursor",
    "bidi \u202egnp.exe\u202c".encode(),
    b"nul \x00 bell \x07 bad \xff\xfe",
):
    sys.stdout.buffer.write(line + b"\n")
print("hostile done", flush=True)
"""
RECORDS = r"""
import sys
from kafka import KafkaProducer
import guest.clients
send = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=0).send
for value in (
    b'{"event_type": "<b>bold</b>", "deep": {"a": [1, 2, {"b": 9007199254740993}]}}',
    b"not json <script>window.hacked = 1</script>",
    b"\xff\xfe\x00\x01",
    b"",
    None,
    b"x" * 100_000,
    b"=HYPERLINK(1)",
):
    send(sys.argv[1], value, key=b"k", headers=[("h", b"\xff")]).get(10)
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A session whose topic of the lab's is made, the cluster under it, and who is logged in."""

    context: BrowserContext
    address: str
    cluster: Cluster


@pytest.fixture(scope="module")
def session(browser: Browser, portal: Portal) -> Iterator[Session]:
    """The session that these tests share; they know nothing of each other's pages."""
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    context.set_default_timeout(20_000)
    page = context.new_page()
    log_in(page, portal, "student2")
    page.get_by_role("button", name="Launch Transforming streaming data", exact=True).click()
    expect(status(page)).to_have_attribute("data-status", "ready", timeout=LAUNCH_MS)
    run(page, "topic")
    folder = portal.var / "run" / "sandboxes"
    runtime = SandboxRuntime(folder=str(folder), venv=str(VENV), images=operator_images())
    address = re.sub(r"[?#].*", "", page.url)
    page.close()
    yield Session(context, address, Cluster(runtime, address.split("/s/")[1].split("/")[0]))
    page = context.new_page()
    page.goto(address)
    tear_down(page)
    context.close()


@pytest.fixture
def cluster(session: Session) -> Cluster:
    """Where the test's own lines and records come from."""
    return session.cluster


@pytest.fixture
def page(session: Session) -> Iterator[Page]:
    """A page of the session that was never looked at before."""
    page = session.context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(session.address)
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def topic(cluster: Cluster) -> Iterator[str]:
    """A topic of the test's own, without records."""
    name = new_topic()
    do(cluster, "create", name)
    yield name
    do(cluster, "delete", name)


def watched(page: Page, topic: str) -> Locator:
    """The Events tab, once it shows a topic."""
    events = open_tab(page, "events")
    events.get_by_test_id("topic-name").select_option(topic)
    return events


def send_records(cluster: Cluster, topic: str) -> None:
    """Seven records, each with another kind of value."""
    done = cluster.python(RECORDS, topic)
    assert done.status == 0, done.stderr


def heap_mb(page: Page) -> float:
    """What the page's scripts hold, after the garbage has gone."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    found = devtools.send("Runtime.getHeapUsage")
    devtools.detach()
    return float(found["usedSize"]) / 2**20


def nodes(place: Locator) -> int:
    """How many elements are in a part of the page."""
    return int(place.evaluate("(place) => place.querySelectorAll('*').length"))


def test_a_burst_of_40000_lines_is_followed_and_searched(page: Page, cluster: Cluster) -> None:
    log = open_tab(page, "log")
    code = "for n in range(40_000): print('line', n, 'of a burst')\nprint('burst done')"
    cluster.start("burst", "python", "-c", code)
    expect(log).to_contain_text("burst done", timeout=60_000)
    assert nodes(log) < MOST_NODES
    scroll = log.locator("[data-scroll]")
    # A hand on the scroll bar: the list's own rows became fewer just now, which moves it as well.
    scroll.dispatch_event("pointerdown")
    scroll.evaluate("(place) => { place.scrollTop = place.scrollHeight / 2; }")
    expect(log.locator("[data-jump]")).to_be_visible()
    expect(log.locator(".line").first).to_be_visible()
    page.wait_for_function(A_ROW_IS_THERE, arg=scroll.element_handle())
    assert nodes(log) < MOST_NODES
    log.get_by_test_id("log-search").fill("line 39500 of")
    expect(log.locator(".line mark")).to_have_count(1)
    log.locator(".line-number").click()
    expect(log.locator(".line.is-target")).to_contain_text("line 39500 of")
    expect(log).to_contain_text("line 39499 of")
    log.locator("[data-jump]").click()
    expect(log).to_contain_text("burst done")


def test_hostile_lines_are_shown_and_do_nothing(page: Page, cluster: Cluster) -> None:
    log = open_tab(page, "log")
    cluster.start("hostile", "python", "-c", HOSTILE)
    expect(log).to_contain_text("hostile done")
    expect(log).to_contain_text("<script>window.hacked = 1</script><img src=x")
    expect(log.locator(".ink-red").filter(has_text="red")).to_have_count(1)
    expect(log.locator(".line-text").filter(has_text=re.compile("^link left$"))).to_have_count(1)
    expect(log.locator(".line-text").filter(has_text=re.compile("^cursor$"))).to_have_count(1)
    expect(log).to_contain_text("bidi ⟨U+202E⟩gnp.exe⟨U+202C⟩")
    expect(log).to_contain_text("nul ␀ bell ␇ bad \ufffd\ufffd")
    expect(log.locator("[data-rows] a:not(.line-number), img, script")).to_have_count(0)
    assert page.evaluate("window.hacked") is None


def test_a_line_has_an_address(page: Page, cluster: Cluster) -> None:
    log = open_tab(page, "log")
    cluster.start("addressed", "python", "-c", "print('a line to point at')")
    line = log.locator(".line").filter(has_text="a line to point at")
    address = line.locator(".line-number").get_attribute("href")
    other = page.context.new_page()
    other.goto(re.sub(r"[?#].*", "", page.url) + "?tab=output" + str(address))
    found = other.get_by_test_id("panel-log").locator(".line.is-target")
    expect(found).to_contain_text("a line to point at")
    expect(found).to_be_in_viewport()
    other.close()


def test_lines_are_wrapped_or_not(page: Page, cluster: Cluster) -> None:
    log = open_tab(page, "log")
    code = "print('a narrow line')\nprint('wide', 'x' * 900, 'end of it')"
    cluster.start("wide", "python", "-c", code)
    narrow = log.locator(".line").filter(has_text="a narrow line")
    wide = log.locator(".line").filter(has_text="end of it")
    expect(wide).to_be_in_viewport()
    scroll = log.locator("[data-scroll]")
    overflows = "(place) => place.scrollWidth > place.clientWidth"
    assert not scroll.evaluate(overflows)
    assert height(wide) > 2 * height(narrow)
    wrap = log.get_by_test_id("log-wrap")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "false")
    assert scroll.evaluate(overflows)
    assert height(wide) == height(narrow)
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not scroll.evaluate(overflows)


def height(row: Locator) -> int:
    """A row's height, in whole pixels."""
    box = row.bounding_box()
    assert box is not None
    return round(box["height"])


def test_the_lines_that_are_shown_can_be_copied(page: Page, cluster: Cluster) -> None:
    log = open_tab(page, "log")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = "print('\\x1b[34mblue\\x1b[0m and \\x1b[1;35mpurple\\x1b[0m')"
    cluster.start("copied", "python", "-c", code)
    log.get_by_test_id("log-search").fill("purple")
    expect(log.locator(".line")).to_have_count(1)
    copy = log.get_by_test_id("log-copy")
    copy.click()
    expect(copy).to_have_text("1 copied")
    assert page.evaluate("navigator.clipboard.readText()") == "blue and purple\n"
    expect(copy).to_have_text("Copy")
    page.context.clear_permissions()


def test_a_log_is_saved_whole(page: Page, cluster: Cluster) -> None:
    log = open_tab(page, "log")
    code = "for n in range(30_000): print('line', n, 'to save')\nprint('the end of what is saved')"
    cluster.start("saved", "python", "-c", code)
    expect(log).to_contain_text("the end of what is saved", timeout=60_000)
    with page.expect_download() as saved:
        log.get_by_test_id("log-download").click()
    lines = saved.value.path().read_text().splitlines()
    assert saved.value.suggested_filename == "mids.log"
    assert "earlier lines are gone" in lines[0]
    assert lines[-1].endswith("the end of what is saved")


def test_values_are_shown_for_what_they_are(page: Page, cluster: Cluster, topic: str) -> None:
    send_records(cluster, topic)
    events = watched(page, topic)
    rows = events.locator(".event")
    expect(rows).to_have_count(7)
    kinds = [rows.nth(at).get_attribute("data-kind") for at in range(7)]
    assert kinds == ["object", "text", "bytes", "empty", "null", "cut", "text"]
    rows.nth(0).locator("summary").first.click()
    expect(rows.nth(0).locator(".json-tree")).to_contain_text('"event_type": "<b>bold</b>"')
    # Deeper than two levels it is folded.
    deeper = ".json-branch .json-branch .json-branch"
    rows.nth(0).locator(f"{deeper} > summary").click()
    rows.nth(0).locator(f"{deeper} .json-branch > summary").click()
    expect(rows.nth(0).locator(".json-tree")).to_contain_text("9007199254740993")
    rows.nth(0).get_by_role("button", name="Bytes").click()
    expect(rows.nth(0).locator(".event-bytes")).to_contain_text("7b 22 65 76 65 6e 74")
    expect(rows.nth(0).locator(".event-facts")).to_contain_text("header h")
    rows.nth(5).locator("summary").first.click()
    expect(rows.nth(5).locator(".event-facts")).to_contain_text("98 KB")
    assert page.evaluate("window.hacked") is None


def test_events_are_counted_filtered_and_found(page: Page, cluster: Cluster, topic: str) -> None:
    send_records(cluster, topic)
    events = watched(page, topic)
    expect(events.get_by_test_id("event-types")).to_contain_text("<b>bold</b> 1")
    search, field = events.get_by_test_id("topic-search"), events.get_by_test_id("topic-field")
    search.fill("HYPER")
    expect(events.locator(".event")).to_have_count(1)
    expect(events.locator(".event mark")).to_have_text("HYPER")
    field.select_option("event_type")
    expect(events.locator(".event")).to_have_count(0)
    search.fill("bold")
    expect(events.locator(".event")).to_have_count(1)
    search.fill("")
    field.select_option("")
    expect(events.locator(".event")).to_have_count(7)
    events.get_by_test_id("goto-open").click()
    events.get_by_test_id("goto-offset").fill("3")
    events.get_by_test_id("goto-go").click()
    expect(events.locator(".event.is-target")).to_have_attribute("data-offset", "3")


def test_a_record_is_sent_by_hand_into_a_topic_that_a_student_made(
    page: Page, cluster: Cluster, topic: str
) -> None:
    events = open_tab(page, "events")
    do(cluster, "grow", topic)
    choice = events.get_by_test_id("topic-name")
    expect(choice.locator(f"option[value='{topic}']")).to_be_attached()
    choice.select_option(topic)
    expect(events.locator(".event")).to_have_count(0)
    expect(events.locator("[data-goto] [name=partition]:not([hidden])")).to_be_attached()
    events.get_by_test_id("topic-more").click()
    events.get_by_test_id("topic-send-open").click()
    dialog = page.get_by_test_id("topic-send")
    dialog.get_by_test_id("send-value").fill('{"by": "hand"}')
    dialog.get_by_test_id("send-key").fill("key")
    dialog.locator("[name=partition]").select_option("1")
    dialog.get_by_test_id("send-submit").click()
    expect(dialog.get_by_test_id("send-said")).to_have_text("Kafka has it: partition 1, offset 0.")
    dialog.get_by_role("button", name="Close").click()
    expect(events.locator(".event")).to_contain_text('{"by": "hand"}')
    expect(events.locator(".event-partition")).to_have_text("p1")
    events.get_by_test_id("topic-more").click()
    events.get_by_test_id("topic-details-open").click()
    details = page.get_by_test_id("topic-details")
    expect(details.get_by_test_id("topic-partitions").locator("tbody tr")).to_have_count(2)
    details.get_by_role("button", name="Close").click()


def test_a_topic_is_saved_as_json_lines_and_as_csv(
    page: Page, cluster: Cluster, topic: str
) -> None:
    send_records(cluster, topic)
    events = watched(page, topic)
    expect(events.locator(".event")).to_have_count(7)

    def saved(label: str) -> str:
        events.get_by_test_id("topic-more").click()
        with page.expect_download() as download:
            events.get_by_role("link", name=label).click()
        page.keyboard.press("Escape")
        return str(download.value.path().read_text())

    records = [json.loads(line) for line in saved("JSON lines").splitlines()]
    assert [record["offset"] for record in records] == list(range(7))
    lines = saved("CSV")
    assert "'=HYPERLINK(1)" in lines
    assert lines.startswith("partition,offset,timestamp,key,value")


def test_a_pause_keeps_what_is_read_in_its_place(page: Page, cluster: Cluster, topic: str) -> None:
    send_records(cluster, topic)
    events = watched(page, topic)
    expect(events.locator(".event")).to_have_count(7)
    events.get_by_test_id("topic-pause").click()
    scroll = events.locator("[data-scroll]")
    before = scroll.evaluate("(place) => place.scrollTop")
    send_records(cluster, topic)
    expect(events.locator("[data-jump]")).to_contain_text("7 new")
    assert scroll.evaluate("(place) => place.scrollTop") == before
    events.get_by_test_id("topic-pause").click()
    expect(events.locator(".event").last).to_be_in_viewport()


@pytest.mark.parametrize("whose", ["the lab's", "a student's"])
def test_a_topic_made_anew_starts_at_its_beginning(
    page: Page, cluster: Cluster, topic: str, whose: str
) -> None:
    """Its offsets are below those that the page has seen. No other test touches the lab's topic."""
    name = "events" if whose == "the lab's" else topic
    send_records(cluster, name)
    events = watched(page, name)
    expect(events.locator(".event")).to_have_count(7)
    do(cluster, "delete", name)
    expect(events.get_by_test_id("topic-condition")).to_have_text("deleted")
    do(cluster, "create", name)
    expect(events).to_contain_text("a new topic of this name")
    expect(events.get_by_test_id("topic-condition")).to_be_hidden()
    send_records(cluster, name)
    expect(events.locator(".event")).to_have_count(7)
    expect(events.locator(".event").first).to_have_attribute("data-offset", "0")


def test_a_burst_of_40000_records_is_counted_and_searched(
    page: Page, cluster: Cluster, topic: str
) -> None:
    events = watched(page, topic)
    expect(events.locator(".event")).to_have_count(0)
    made = b"".join(b'{"event_type": "flood", "number": %d}\n' % each for each in range(40_000))
    done = cluster.run("kafkacat", "-P", "-b", "kafka:29092", "-t", topic, stdin=made)
    assert done.status == 0, done.stderr
    expect(events).to_contain_text('"number": 39999', timeout=60_000)
    assert nodes(events) < MOST_NODES
    expect(events.get_by_test_id("event-types")).to_contain_text("flood 40,000")
    assert heap_mb(page) < MOST_HEAP_MB
    events.get_by_test_id("topic-search").fill('"number": 39500')
    expect(events.locator(".event mark")).to_have_count(1)
