"""What a browser takes for a session's page, at rest and in bursts, and for a class of 300.

What is painted largest, what moved by itself, the tasks that kept the page from a hand, the
slowest press while events come, and the bytes of scripts and styles, packed as they are sent. Each
round has a page and browser of its own.
"""

import contextlib
import gzip
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from bench import hands, portals
from bench.figures import Figure
from tests.browser.actions import log_in
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.faults.student import Student
from tests.portal_process import LAZY, ROOT, Portal, environment, free_port, start, stop

ROUNDS = 3
LINES = 40_000
CALM_MS = 3_000
SIZE: ViewportSize = {"width": 1366, "height": 768}
A_SECOND = 40
STUDENTS = 300
BUSY_SECONDS = 40
Taken = dict[tuple[str, str], float]
PARTS = """() => performance.getEntriesByType("resource").map((each) => each.name)
  .filter((name) => /\\.(js|css)$/.test(new URL(name).pathname))"""
CODE = f"for n in range({LINES}): print('line', n, 'of a burst')\nprint('burst', {{0}}, 'done')"
CALLS = f"""
import time
from urllib.request import urlopen
began = time.monotonic()
for n in range({A_SECOND * BUSY_SECONDS}):
    urlopen("http://localhost:5000/purchase_a_sword").read()
    time.sleep(max(0, began + n / {A_SECOND} - time.monotonic()))
"""
ENROL = f"from tests.pictures.rows import enrol; enrol(f'Student {{n}}' for n in range({STUDENTS}))"
CHURN = f"from tests.pictures.rows import churn; churn({A_SECOND}, {BUSY_SECONDS})"


def measure() -> list[Figure]:
    """Rounds of each page."""
    taken: dict[tuple[str, str], list[float]] = {}
    for rounds in (rounds_of_a_session, rounds_of_a_class):
        for each in rounds():
            for what, value in each.items():
                taken.setdefault(what, []).append(value)
    return [Figure(what, unit, tuple(values)) for (what, unit), values in taken.items()]


def rounds_of_a_session() -> Iterator[Taken]:
    """A page that is opened, looked at, used while events come, and sent a burst of lines."""
    with portals.student() as student:
        for number in range(ROUNDS):
            with opened() as page:
                yield one_session(page, student, number)


def rounds_of_a_class() -> Iterator[Taken]:
    """The overview of a class, used while its students work."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        portal = start(Path(folder), free_port(), **LAZY)
        try:
            in_shell(portal, ENROL).wait()
            for _ in range(ROUNDS):
                with opened() as page:
                    yield one_class(page, portal)
        finally:
            stop(portal)


@contextlib.contextmanager
def opened() -> Iterator[Page]:
    """A page of a browser of its own, watched."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        hands.watch(page)
        yield page
        browser.close()


def in_shell(portal: Portal, code: str) -> "subprocess.Popen[bytes]":
    """Run something beside the portal, on its rows."""
    port = int(portal.address.rpartition(":")[2])
    line = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    return subprocess.Popen(line, cwd=ROOT, env=environment(portal.var, port))


def one_session(page: Page, student: Student, number: int) -> Taken:
    """The figures of one page, by what they are and their unit."""
    page.context.add_cookies(
        [
            {"name": each.name, "value": each.value or "", "url": student.portal.address}
            for each in student.http.cookies
        ]
    )
    page.goto(f"{student.portal.address}/s/{student.session}/?tab=log")
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")
    page.wait_for_timeout(CALM_MS)
    calm = hands.seen(page)
    parts = page.evaluate(PARTS)
    runtime = portals.runtime(student)
    # Servers, as a student's: what they do is in the topic, and in the log of mids.
    runtime.start(student.session, "mids", f"calls-{number}", ("python", "-c", CALLS))
    press = hands.slowest(page, on_a_session(page), 2)
    used = hands.seen(page)
    runtime.interrupt(student.session, f"calls-{number}")
    page.get_by_test_id("tab-log").click()
    hands.forget(page)
    code = CODE.format(number)
    runtime.start(student.session, "mids", f"burst-{number}", ("python", "-c", code))
    log = page.get_by_test_id("panel-log")
    expect(log).to_contain_text(f"burst {number} done", timeout=60_000)
    busy = hands.seen(page)
    return {
        ("largest paint", "ms"): calm["painted"],
        ("shifted at rest", "CLS"): calm["shifted"],
        (f"slowest press, {A_SECOND} events a second", "ms"): press,
        (f"shifted, {A_SECOND} events a second", "CLS"): used["shifted"],
        ("shifted in a burst", "CLS"): busy["shifted"],
        (f"longest task, {LINES:,} lines", "ms"): max(busy["tasks"], default=0.0),
        (f"tasks over 100 ms, {LINES:,} lines", ""): sum(each > 100 for each in busy["tasks"]),
        ("scripts and styles, packed", "kB"): sum(map(packed, parts)) / 1000,
    }


def on_a_session(page: Page) -> list[Callable[[], None]]:
    """What somebody does there while events come: look at panels and steps, search, open, close."""
    tabs = ("events", "results", "code", "output", "trace", "log")
    search = page.get_by_test_id("log-search")
    steps = [page.get_by_test_id(f"step-{each}").get_by_role("link") for each in ("call", "read")]
    return [
        *(page.get_by_test_id(f"tab-{each}").click for each in tabs),
        lambda: search.press_sequentially("GET"),
        lambda: search.press("Control+a"),
        lambda: search.press("Delete"),
        *(each.click for each in steps),
        page.get_by_test_id("gap").locator("summary").click,
        lambda: page.keyboard.press("Escape"),
        page.get_by_test_id("beside").click,
        page.get_by_test_id("session-menu").click,
        lambda: page.keyboard.press("Escape"),
    ]


def one_class(page: Page, portal: Portal) -> Taken:
    """The same of the overview."""
    log_in(page, portal, "instructor")
    page.goto(f"{portal.address}/classes/1/?lab=week10")
    expect(page.locator("#rows > tr").nth(STUDENTS - 1)).to_be_attached()
    expect(page.locator("[data-live-status]")).to_have_attribute("data-state", "live")
    page.wait_for_timeout(CALM_MS)
    calm = hands.seen(page)
    # Of a table out of sight nothing is painted, and a press seems to last until the next picture.
    page.locator(".overview-bar").evaluate("bar => bar.scrollIntoView()")
    working = in_shell(portal, CHURN)
    running = page.locator('#rows [data-state="running"]')
    expect(running.first).to_be_attached(timeout=20_000)
    press = hands.slowest(page, on_a_class(page), 2)
    busy = hands.seen(page)
    working.kill()
    working.wait()
    return {
        (f"class of {STUDENTS}: largest paint", "ms"): calm["painted"],
        (f"class of {STUDENTS}: shifted at rest", "CLS"): calm["shifted"],
        (f"class of {STUDENTS}: slowest press, {A_SECOND} changes a second", "ms"): press,
        (f"class of {STUDENTS}: shifted, {A_SECOND} changes a second", "CLS"): busy["shifted"],
        (f"class of {STUDENTS}: longest task", "ms"): max(busy["tasks"], default=0.0),
    }


def on_a_class(page: Page) -> list[Callable[[], None]]:
    """What somebody does there while students work: sort, search, choose."""
    find = page.get_by_label("Find", exact=True)
    return [
        *(page.locator(f'[data-sort="{each}"]').click for each in ("done", "status", "name")),
        lambda: find.press_sequentially("student 1"),
        lambda: find.press("Control+a"),
        lambda: find.press("Delete"),
        page.get_by_role("button", name="Choose all shown").click,
        page.get_by_role("button", name="Choose all shown").click,
    ]


def packed(address: str) -> int:
    """The bytes of a file, as gzip sends it."""
    with urlopen(address) as answer:
        return len(gzip.compress(answer.read()))
