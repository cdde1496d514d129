"""What a browser takes for the session's page, at rest and in bursts.

What is painted largest, what moved by itself, the tasks that kept the page from a hand, and the
bytes of scripts and styles, packed as they are sent. Each round has a page and browser of its own.
"""

import gzip
from urllib.request import urlopen

from playwright.sync_api import Page, expect, sync_playwright

from bench import portals
from bench.figures import Figure
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.faults.student import Student

ROUNDS = 3
LINES = 40_000
CALM_MS = 3_000
WATCH = """() => {
  window.seen = { shifted: 0, painted: 0, tasks: [] };
  const each = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
    .observe({ type, buffered: true });
  each("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shifted += entry.value; });
  each("largest-contentful-paint", (entry) => { seen.painted = entry.startTime; });
  each("longtask", (entry) => { seen.tasks.push(entry.duration); });
}"""
PARTS = """() => performance.getEntriesByType("resource").map((each) => each.name)
  .filter((name) => /\\.(js|css)$/.test(new URL(name).pathname))"""
CODE = f"for n in range({LINES}): print('line', n, 'of a burst')\nprint('burst', {{0}}, 'done')"


def measure() -> list[Figure]:
    """Rounds of a page that is opened, looked at, and sent a burst of lines."""
    taken: dict[tuple[str, str], list[float]] = {}
    with portals.student() as student, sync_playwright() as playwright:
        for number in range(ROUNDS):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            for what, value in one_round(page, student, number).items():
                taken.setdefault(what, []).append(value)
            browser.close()
    return [Figure(what, unit, tuple(values)) for (what, unit), values in taken.items()]


def one_round(page: Page, student: Student, number: int) -> dict[tuple[str, str], float]:
    """The figures of one page, by what they are and their unit."""
    page.add_init_script(f"({WATCH})()")
    page.context.add_cookies(
        [
            {"name": each.name, "value": each.value or "", "url": student.portal.address}
            for each in student.http.cookies
        ]
    )
    page.goto(f"{student.portal.address}/s/{student.session}/?tab=log")
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")
    page.wait_for_timeout(CALM_MS)
    calm = page.evaluate("seen")
    parts = page.evaluate(PARTS)
    page.evaluate("() => { seen.tasks = []; seen.shifted = 0; }")
    # A server, as a student's: its lines are in the log of mids.
    code = CODE.format(number)
    runtime = portals.runtime(student)
    runtime.start(student.session, "mids", f"burst-{number}", ("python", "-c", code))
    log = page.get_by_test_id("panel-log")
    expect(log).to_contain_text(f"burst {number} done", timeout=60_000)
    busy = page.evaluate("seen")
    return {
        ("largest paint", "ms"): calm["painted"],
        ("shifted at rest", "CLS"): calm["shifted"],
        ("shifted in a burst", "CLS"): busy["shifted"],
        (f"longest task, {LINES:,} lines", "ms"): max(busy["tasks"], default=0.0),
        (f"tasks over 100 ms, {LINES:,} lines", ""): sum(each > 100 for each in busy["tasks"]),
        ("scripts and styles, packed", "kB"): sum(map(packed, parts)) / 1000,
    }


def packed(address: str) -> int:
    """The bytes of a file, as gzip sends it."""
    with urlopen(address) as answer:
        return len(gzip.compress(answer.read()))
