"""Have a sandbox's processes stand still, and go on, where there are no control groups for that.

By SIGSTOP from outside, parents before their children: so no shell sees a job of its own stop. What
a student has stopped stays so, since what stood still before is noted.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from portal.engine.errors import ClusterError, ClusterGone
from portal.engine.runtimes.agent.folder import ASLEEP
from portal.engine.runtimes.agent.link import GONE
from portal.engine.runtimes.sandbox.place import Place
from portal.engine.runtimes.sandbox.processes import HostProcess, told_of

SWEEP_SECONDS = 5.0
PAUSE_SECONDS = 0.005
STOPPED = "Tt"
"""The kernel's letters for a process that stands still."""


def first_of(place: Place) -> HostProcess:
    """The sandbox's first process. Raises ClusterGone."""
    note = place.note
    if note is None or not note.process.is_alive:
        raise ClusterGone(GONE)
    return note.process


def tree(first: HostProcess) -> Iterator[tuple[int, str]]:
    """Each process in the sandbox and its state: parents first, all below the first of them."""
    told = {int(each.name): told_of(int(each.name)) for each in Path("/proc").glob("[1-9]*")}
    children: dict[int, list[int]] = {}
    for pid, fields in told.items():
        if fields:
            children.setdefault(int(fields[1]), []).append(pid)
    line = [first.pid]
    for pid in line:
        line += children.get(pid, ())
        if found := told.get(pid):
            yield pid, found[0]


def stopped(first: HostProcess) -> list[int]:
    """The processes that stand still now."""
    return [pid for pid, state in tree(first) if state in STOPPED]


def stop_all(first: HostProcess) -> None:
    """Stop them, those too that are begun meanwhile. Raises ClusterError for one that goes on."""
    deadline = time.monotonic() + SWEEP_SECONDS
    while running := [pid for pid, state in tree(first) if state not in STOPPED]:
        if time.monotonic() > deadline:
            raise ClusterError(f"Process {running[0]} of the sandbox did not stand still.")
        for pid in running:
            send(pid, signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS)


def go_on(place: Place, first: HostProcess) -> None:
    """Have all of it go on, but for what had stood still before. Goes on already is success."""
    place.group.thaw()
    if place.is_asleep:
        before = stopped_before(place)
        # Children first: their parents have seen neither the stop nor that they go on.
        for pid, state in reversed(list(tree(first))):
            if state in STOPPED and pid not in before:
                send(pid, signal.SIGCONT)
    place.wake()


def stopped_before(place: Place) -> set[int]:
    """What stood still when the sandbox was put to sleep, as far as that can be read."""
    try:
        return {int(pid) for pid in json.loads((place.folder / ASLEEP).read_text())["stopped"]}
    except (OSError, ValueError, TypeError, KeyError):
        return set()


def send(pid: int, number: signal.Signals) -> None:
    """A signal. Whoever has ended needs none."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
