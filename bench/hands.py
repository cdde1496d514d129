"""What a hand feels of a page: how long from a press to its picture, and what moves meanwhile.

As web-vitals count them: the largest paint (LCP), what moved by itself (CLS), and the slowest of
all presses and keys (INP; of fewer than fifty it is the very slowest).
"""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

PAUSE_MS = 150
"""Between two presses: a quick hand."""
LAST_MS = 500
"""Until the last press is painted and told."""
WATCH = """() => {
  window.seen = { shifted: 0, painted: 0, tasks: [], presses: {} };
  const each = (type, take, more) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take))
      .observe({ type, buffered: true, ...more });
  each("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shifted += entry.value; });
  each("largest-contentful-paint", (entry) => { seen.painted = entry.startTime; });
  each("longtask", (entry) => { seen.tasks.push(entry.duration); });
  each("event", ({ interactionId, duration }) => {
    const before = seen.presses[interactionId] ?? 0;
    if (interactionId) seen.presses[interactionId] = Math.max(duration, before);
  }, { durationThreshold: 16 });
}"""
FORGET = "() => Object.assign(seen, { shifted: 0, tasks: [], presses: {} })"


def watch(page: Page) -> None:
    """From the first byte of whatever it opens next."""
    page.add_init_script(f"({WATCH})()")


def seen(page: Page) -> dict[str, Any]:
    """What was seen since it was opened, or since `forget`; tasks and the paint in milliseconds."""
    found: dict[str, Any] = page.evaluate("seen")
    return found


def forget(page: Page) -> None:
    """What comes next is counted from here."""
    page.evaluate(FORGET)


def slowest(page: Page, deeds: list[Callable[[], None]], rounds: int) -> float:
    """Do them one after the other; milliseconds of the slowest press. Under 16 is told as 0."""
    forget(page)
    for _ in range(rounds):
        for deed in deeds:
            deed()
            page.wait_for_timeout(PAUSE_MS)
    page.wait_for_timeout(LAST_MS)
    return max(seen(page)["presses"].values(), default=0.0)
