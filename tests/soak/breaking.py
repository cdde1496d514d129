"""Parts of the portal are killed or paused; it has to be good again within its time."""

import contextlib
import os
import signal
import time

import requests

from tests.faults.processes import MARKS, find, inner
from tests.portal_process import Portal
from tests.soak.plan import Planned
from tests.soak.stage import GOOD_SECONDS, SAID_SECONDS, Stage


def of_portal(stage: Stage, planned: Planned) -> None:
    """Do it, and wait until the portal says that it is good again."""
    verb, _, part = planned.fault.partition(" ")
    with stage.fault():
        if verb == "kill":
            kill(stage, part)
        else:
            pause(stage, part, planned.pause)
        good(stage, f"the portal is good again after {planned.fault}")


def kill(stage: Stage, part: str) -> None:
    """SIGKILL; another takes its place."""
    portal = stage.portal
    stage.within(SAID_SECONDS, f"{part} runs", lambda: number_of(portal, part))
    before = number_of(portal, part)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    stage.within(
        SAID_SECONDS,
        f"{part} runs again",
        lambda: number_of(portal, part) not in (None, before),
    )


def pause(stage: Stage, part: str, seconds: float) -> None:
    """It stands still, and goes on."""
    found = number_of(stage.portal, part)
    assert found is not None, f"{part} doesn't run"
    os.kill(found, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(found, signal.SIGCONT)


def good(stage: Stage, what: str) -> None:
    """All its parts run, and it says itself that it can serve."""
    portal = stage.portal
    stage.within(
        GOOD_SECONDS,
        what,
        lambda: all(number_of(portal, part) for part in MARKS) and ready(portal),
    )


def ready(portal: Portal) -> bool:
    """What `/readyz` says."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{portal.address}/readyz", timeout=10).ok
    return False


def number_of(portal: Portal, part: str) -> int | None:
    """A part's process. What watches over the worker is the worker's parent."""
    return find(portal, "worker") if part == "watch" else inner(portal, part)
