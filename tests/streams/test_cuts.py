"""Each part is cut in turn during a counted flood: the browser ends with what the source holds."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.contract.cluster import Cluster
from tests.faults.processes import kill
from tests.faults.student import Student, Viewer, eventually
from tests.portal_process import Portal

pytestmark = [pytest.mark.sandbox, pytest.mark.browser]
LINES = 4800
LAST = "more 44999"
RECORDS = 1800
STAGES = 4
FLOOD = """
import os, sys, time
lines, stages = int(sys.argv[1]), int(sys.argv[2])
for number in range(lines):
    print(f"line {number}", flush=True)
    if number % 40 == 0:
        time.sleep(0.1)
    stage = number * (stages + 1) // lines
    while not all(os.path.exists(f"/w205/cut-{each}") for each in range(stage)):
        time.sleep(0.01)
"""
"""A stage of it, then it waits for the cut that comes now."""
PRODUCE = """
import sys, time
from kafka import KafkaProducer
import guest.clients
producer = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=0)
for number in range(int(sys.argv[1])):
    producer.send("events", b'{"event_type": "flood", "number": %d}' % number)
    time.sleep(0.005)
producer.flush()
"""
HELD = """async (stream) => {
  const { liveSocket } = await import("/static/js/live-socket.js");
  return liveSocket().channels.get(stream)?.entries ?? [];
}"""
CUT = """async () => {
  const { liveSocket } = await import("/static/js/live-socket.js");
  liveSocket().socket.close();
}"""


def watch(page: Page, portal: Portal, student: Student) -> None:
    """Open the session's page as the student who owns it."""
    cookies = [
        {"name": each.name, "value": each.value or "", "url": portal.address}
        for each in student.http.cookies
    ]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.goto(f"{portal.address}/s/{student.session}/?tab=log")
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")


def held(page: Page, stream: str) -> list[dict[str, Any]]:
    """What the page has of a stream."""
    entries: list[dict[str, Any]] = page.evaluate(HELD, stream)
    return entries


def test_a_browser_ends_with_what_the_source_holds(
    portal: Portal, student: Student, cluster: Cluster
) -> None:
    """Its socket, the relay, the web process and Redis are cut, one after the other."""
    # In a thread of its own: the browser tests' Playwright may have this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        lines, records = thread.submit(watch_a_cut_flood, portal, student, cluster).result()
    source = [line.text.decode() for line in cluster.lines(LINES)]
    assert [line.get("text") for line in lines] == source
    read = cluster.run("kafkacat", "-C", "-b", "kafka:29092", "-t", "events", "-e", "-q")
    assert [record.get("value") for record in records] == read.stdout.decode().splitlines()
    numbers = [json.loads(record["value"])["number"] for record in records]
    assert numbers == list(range(RECORDS))
    assert not any("gap" in each for each in (*lines, *records))


def watch_a_cut_flood(
    portal: Portal, student: Student, cluster: Cluster
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a browser holds at the end, of the log and of the topic."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        watch(page, portal, student)
        cluster.start("flood", "python", "-c", FLOOD, str(LINES), str(STAGES))
        cluster.start("records", "python", "-c", PRODUCE, str(RECORDS))
        cuts: list[Callable[[], object]] = [lambda: page.evaluate(CUT)]
        cuts += [lambda part=part: kill(portal, part) for part in ("relay", "web", "redis")]  # type: ignore[misc]
        for stage, cut in enumerate(cuts):
            come = LINES * (stage + 1) // (STAGES + 1)
            eventually(lambda: len(held(page, "log:mids")) > come, 60, "its lines come")  # noqa: B023
            cluster.runtime.put_file(cluster.session, f"cut-{stage}", b"")
            cut()
        eventually(lambda: len(held(page, "log:mids")) >= LINES, 60, "all lines come")
        eventually(lambda: len(held(page, "topic:events:0")) >= RECORDS, 60, "all records come")
        lines, records = held(page, "log:mids"), held(page, "topic:events:0")
        expect(page.get_by_test_id("panel-log")).to_contain_text(f"line {LINES - 1}")
        browser.close()
    return lines, records


def test_lines_that_the_bound_has_trimmed_are_counted(student: Student, cluster: Cluster) -> None:
    """A viewer that comes late is told how many it has missed, exactly."""
    cluster.start("more", "python", "-c", "for n in range(45_000): print('more', n)")
    viewer = Viewer(student).follow("log:mids")
    with viewer.watch():
        entries = viewer.entries["log:mids"]
        eventually(lambda: entries and entries[-1].get("text") == LAST, 60, "the last line comes")
    assert viewer.gaps > 0
    assert viewer.gaps + len(entries) == entries[-1]["n"]
