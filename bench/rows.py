"""What a database is asked while a class of 300 works, and how long each query takes.

Web, worker and relay are the portal's own, on one host that has all sessions; its clusters are in
memory. Students press steps at a class's pace, with a session's page to look at, and two of staff
have the overview, the queue and the hosts before them. First on SQLite, then on PostgreSQL.
"""

import contextlib
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import requests

from bench.asked import Asked
from bench.figures import Figure, percentile
from bench.scale import clusters, timing
from tests.faults.student import Student
from tests.hosts.servers import certificate, postgresql
from tests.portal_process import LAZY, ROOT, Portal, environment, free_port, start, stop

STUDENTS, MINUTES = 300, 3.0
PACE_SECONDS = (30.0, 90.0)
LOOK_SECONDS, PATIENCE_SECONDS = 1.0, 60.0
STAFF_SECONDS = 5.0
SETTLE_SECONDS = 15.0
SLOWEST = 10
ENOUGH = 20
"""What was asked less often has no p95 to speak of."""
BOUND_MS = 50.0
HERE = "127.0.0.1"
MAKE = "from bench.scale import rows; rows.make({})"
AT_SCALE = {
    **LAZY,
    "DJANGO_SETTINGS_MODULE": "bench.scale.settings",
    "SLUICE_MAX_SESSIONS": "1000",
    "SLUICE_SLEEP_MINUTES": "0",
    "SLUICE_DATABASE_POOL": "32",
}
Database = AbstractContextManager[dict[str, str]]


class Pupil(Student):
    """Somebody with a session, logged in without a password."""

    def __init__(self, portal: Portal, cookie: str, session: str = ""):
        self.portal, self.patience, self.session = portal, PATIENCE_SECONDS, session
        self.http = requests.Session()
        self.http.headers.update({"HX-Request": "true", "Origin": portal.address})
        self.http.cookies.set("sessionid", cookie)
        self.get("/")

    def do(self, step: str) -> None:
        """Open the page, press a step, and look until it is done."""
        self.get(f"/s/{self.session}/?step={step}")
        self.click_run(step)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (state := self.state(step)) in ("queued", "running"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{step} does not end")
            time.sleep(LOOK_SECONDS)
        if state != "passed":
            raise RuntimeError(f"{step}: {self.words(step)[:300]}")


class Work:
    """All who are at it, until it is over; what went wrong."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.done = 0
        self.troubles: list[str] = []

    def study(self, pupil: Pupil, seed: int) -> None:
        """A student's steps, one after the other."""
        chance = random.Random(seed)
        pause = chance.uniform(0, PACE_SECONDS[1])
        for step in itertools.cycle(clusters.STEPS):
            if self.over.wait(pause):
                return
            self.attempt(lambda step=step: pupil.do(step))  # type: ignore[misc]
            pause = chance.uniform(*PACE_SECONDS)

    def watch(self, pupil: Pupil, pages: list[str]) -> None:
        """What somebody of the staff has before them."""
        for page in itertools.cycle(pages):
            if self.over.wait(STAFF_SECONDS):
                return
            self.attempt(lambda page=page: pupil.get(page))  # type: ignore[misc]

    def attempt(self, deed: Callable[[], object]) -> None:
        """Do something; what fails is told, and the work goes on."""
        try:
            deed()
            self.done += 1
        except (AssertionError, RuntimeError, OSError) as error:
            self.troubles.append(str(error)[:300])


def measure(asked: Asked) -> list[Figure]:
    """The same work on each database."""
    students, minutes = asked.students or STUDENTS, asked.minutes or MINUTES
    databases: dict[str, Database] = {"SQLite": contextlib.nullcontext({}), "PostgreSQL": beside()}
    return [
        figure
        for name, database in databases.items()
        for figure in on(name, database, students, minutes)
    ]


@contextlib.contextmanager
def beside() -> Iterator[dict[str, str]]:
    """A PostgreSQL by TLS, as hosts have it, which writes as it would for good."""
    with tempfile.TemporaryDirectory(prefix="sluice-pg-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        root = certificate(folder, HERE)
        with postgresql(folder, root, HERE, fsync="on") as address:
            yield {"DATABASE_URL": address}


def on(name: str, database: Database, students: int, minutes: float) -> Iterator[Figure]:
    """The figures of one database."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as made, database as address:
        var = Path(made)
        said = {**AT_SCALE, **address}
        portal = start(var, free_port(), **said)
        try:
            there = populate(portal, students, said)
            work = Work()
            time.sleep(SETTLE_SECONDS)
            before = timing.lengths(var / timing.FOLDER)
            at_work(portal, there, work, 60 * minutes)
            found = list(timing.noted(var / timing.FOLDER, before))
        finally:
            stop(portal)
    for trouble in work.troubles[:SLOWEST]:
        print(f"{name}: {trouble}")
    yield Figure(f"{name}: steps and pages that failed", "", (float(len(work.troubles)),))
    yield Figure(f"{name}: steps and pages", "", (float(work.done),))
    yield from figures(name, found)


def populate(portal: Portal, students: int, said: dict[str, str]) -> dict[str, Any]:
    """Make everybody's rows; the logins."""
    port = int(portal.address.rpartition(":")[2])
    line = [sys.executable, "manage.py", "shell", "-v0", "-c", MAKE.format(students)]
    env = {**environment(portal.var, port), **said}
    done = subprocess.run(line, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def at_work(portal: Portal, there: dict[str, Any], work: Work, seconds: float) -> None:
    """Everybody works so long."""
    threads = [
        threading.Thread(target=work.study, args=(Pupil(portal, *each), seed), daemon=True)
        for seed, each in enumerate(there["students"])
    ]
    overview = f"/classes/{there['class']}"
    pages = [
        [
            f"{overview}/live/?lab=week10",
            f"{overview}/?lab=week10",
            "/help/",
            f"{overview}/grades/",
        ],
        ["/hosts/live/", "/sessions/", "/metrics", "/"],
    ]
    threads += [
        threading.Thread(target=work.watch, args=(Pupil(portal, cookie), each), daemon=True)
        for cookie, each in zip(there["staff"], pages, strict=True)
    ]
    for each in threads:
        each.start()
    time.sleep(seconds)
    work.over.set()
    for each in threads:
        each.join(PATIENCE_SECONDS)


def figures(name: str, found: list[timing.Noted]) -> Iterator[Figure]:
    """All queries, and the slowest of those that were asked often enough, by p95."""
    queries: dict[str, list[float]] = defaultdict(list)
    for sql, milliseconds in found:
        queries[sql].append(milliseconds)
    everything = [milliseconds for _, milliseconds in found]
    yield Figure(f"{name}: queries", "", (float(len(everything)),))
    yield Figure(f"{name}: a query", "ms", tuple(everything))
    yield Figure(f"{name}: a query, p95", "ms", (percentile(everything, 95),))
    often = {sql: taken for sql, taken in queries.items() if len(taken) >= ENOUGH}
    ranked = sorted(often, key=lambda sql: percentile(often[sql], 95), reverse=True)
    for place, sql in enumerate(ranked[:SLOWEST], 1):
        taken = often[sql]
        what = f"{name}: {place}. {timing.name_of(sql)}, of {len(taken)}"
        yield Figure(f"{what}, p50", "ms", (statistics.median(taken),))
        yield Figure(f"{what}, p95", "ms", (percentile(taken, 95),))
        if percentile(taken, 95) > BOUND_MS:
            print(f"{what}: {sql}")
