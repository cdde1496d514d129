"""Log, events and output follow the newest until a person scrolls, and only then let go."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.catalog.images import operator_images
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.browser.actions import LAUNCH_MS, log_in, open_tab, run, status, tear_down
from tests.contract.cluster import Cluster
from tests.contract.drivers import VENV
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
PANELS = ["log", "events", "output"]
# What comes over the socket for each of them, made in the page: entry `n` of a burst.
FEED = """async (list, panel) => {
  await customElements.whenDefined(list.localName);
  list.unfollowAll();
  let n = 0;
  const made = (count) => Array.from({ length: count }, () => {
    n += 1;
    const at = 1700000000 + n;
    const each = { n: 1e6 + n, at };
    if (panel === "log") return { ...each, text: `entry ${n}`, process: "fed" };
    if (panel === "output") return { ...each, text: `entry ${n}\\n`, stream: "stdout" };
    const facts = { partition: 0, offset: n, key: null, headers: [], size: 9 };
    return { ...each, ...facts, value: `"entry ${n}"` };
  });
  list.feed = (count) => {
    list.onEntries(made(count));
    return n;
  };
  list.reset();
  list.feed(400);
}"""
# A list moves its scroller in a frame, and the scroll event comes with the next. Between them:
BETWEEN = """async (list, change) => {
  const frame = () => new Promise(requestAnimationFrame);
  const task = () => new Promise((resolve) => setTimeout(resolve));
  for (let round = 0; round < 8; round += 1) {
    list.feed(50);
    await frame();
    await task();
    list.change ??= eval(change);
    list.change(round);
    list.scroller.scrollHeight;
    await frame();
    await frame();
  }
  list.feed(1);
}"""
CHANGES = {
    "a note appears above the rows": """(round) => {
      const note = list.querySelector("[data-dropped]");
      note.hidden = Boolean(round % 2);
      note.style.height = "80px";
    }""",
    "the panel gets lower and higher": """(round) => {
      list.scroller.style.flex = "none";
      list.scroller.style.height = round % 2 ? "400px" : "250px";
    }""",
    "rows get higher and lower": """(round) => {
      list.querySelector("[data-rows]").style.lineHeight = round % 2 ? "1.2" : "3";
    }""",
    "the panel is out of sight for a while": """(round) => {
      list.style.display = round % 2 ? "" : "none";
      if (round % 2) return;
      setTimeout(() => (list.style.display = ""), 100);
    }""",
}


@pytest.fixture(scope="module")
def session(browser: Any, portal: Portal) -> Iterator[Page]:
    """A page of a session whose first step has run, so that it has some output."""
    context = browser.new_context(viewport={"width": 1360, "height": 860}, bypass_csp=True)
    context.set_default_timeout(20_000)
    page = context.new_page()
    log_in(page, portal, "student2")
    page.get_by_role("button", name="Launch Transforming streaming data", exact=True).click()
    expect(status(page)).to_have_attribute("data-status", "ready", timeout=LAUNCH_MS)
    run(page, "topic")
    yield page
    tear_down(page)
    context.close()


@pytest.fixture(scope="module")
def cluster(session: Page, portal: Portal) -> Cluster:
    """The cluster under that session."""
    folder = portal.var / "run" / "sandboxes"
    runtime = SandboxRuntime(folder=str(folder), venv=str(VENV), images=operator_images())
    return Cluster(runtime, session.url.split("/s/")[1].split("/")[0])


@pytest.fixture(params=PANELS)
def fed(session: Page, request: pytest.FixtureRequest) -> Locator:
    """Each of the lists, with 400 entries of our own, of which the newest is in sight."""
    session.reload()
    panel = open_tab(session, request.param)
    made = panel.locator("live-log, live-topic, step-output")
    made.evaluate(FEED, request.param)
    expect(made.get_by_text("entry 400", exact=False)).to_be_in_viewport()
    return made


def test_a_slow_machine_follows_a_burst_of_40000_lines(session: Page, cluster: Cluster) -> None:
    session.reload()
    log = open_tab(session, "log")
    devtools = session.context.new_cdp_session(session)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    code = "for n in range(40_000): print('slow', n, 'of a burst')\nprint('slow burst done')"
    cluster.start("slow", "python", "-c", code)
    expect(log).to_contain_text("slow burst done", timeout=90_000)
    expect(log.locator("[data-jump]")).to_be_hidden()
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    devtools.detach()


def newest(fed: Locator) -> Locator:
    """The row of the newest entry."""
    return fed.locator("[data-rows] .spacer + div > :last-child")


def follows(fed: Locator) -> None:
    """The list follows: what comes next is in sight by itself."""
    last = fed.evaluate("(list) => list.feed(60)")
    expect(newest(fed)).to_contain_text(f"entry {last}")
    expect(newest(fed)).to_be_in_viewport()
    expect(fed.locator("[data-jump]")).to_be_hidden()


@pytest.mark.parametrize("change", CHANGES)
def test_it_goes_on_following_when(fed: Locator, change: str) -> None:
    fed.evaluate(BETWEEN, CHANGES[change])
    follows(fed)


def test_a_wheel_lets_go_and_follows_again_at_the_end(fed: Locator) -> None:
    page = fed.page
    fed.evaluate("(list) => { list.feeding = setInterval(() => list.feed(3), 20); }")
    fed.locator("[data-scroll]").hover()
    page.mouse.wheel(0, -120)
    expect(fed.locator("[data-jump]")).to_be_visible()
    expect(fed.locator("[data-jump]")).to_contain_text("new")
    fed.evaluate("(list) => clearInterval(list.feeding)")
    to_the_end(fed)
    follows(fed)


def to_the_end(fed: Locator) -> None:
    """Turn the wheel until the end is there: rows that are made on the way may stop a turn."""
    for _ in range(20):
        fed.page.mouse.wheel(0, 100_000)
        try:
            expect(fed.locator("[data-jump]")).to_be_hidden(timeout=500)
        except AssertionError:
            continue
        break
    expect(fed.locator("[data-jump]")).to_be_hidden()


def test_a_small_turn_of_the_wheel_lets_go_too(fed: Locator) -> None:
    fed.locator("[data-scroll]").hover()
    fed.page.mouse.wheel(0, -15)
    expect(fed.locator("[data-jump]")).to_be_visible()


def test_keys_let_go_and_follow_again(fed: Locator) -> None:
    page = fed.page
    fed.locator("[data-scroll]").focus()
    page.keyboard.press("PageUp")
    expect(fed.locator("[data-jump]")).to_be_visible()
    page.keyboard.press("End")
    expect(fed.locator("[data-jump]")).to_be_hidden()
    follows(fed)


def test_what_is_read_stays_in_its_place(fed: Locator) -> None:
    fed.locator("[data-scroll]").hover()
    fed.page.mouse.wheel(0, -400)
    expect(fed.locator("[data-jump]")).to_be_visible()
    settled = fed.evaluate_handle("(list) => list.scroller.scrollTop")
    fed.evaluate("(list) => list.feed(200)")
    expect(fed.locator("[data-jump]")).to_contain_text("200 new")
    assert fed.evaluate("(list, was) => list.scroller.scrollTop === was", settled)
