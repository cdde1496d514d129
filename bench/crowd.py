"""A class at a portal of our own: students who press buttons and hear by their sockets what came.

They do what pages' scripts do, without a browser. The portal's rows are ours to read: its folder
is that of the bench's settings.
"""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from portal.activities.models import PoolCluster, PoolStatus
from portal.catalog import queries
from portal.classroom.models import Class, User
from portal.classroom.services.people import make_person
from tests.faults.student import Student, Viewer, eventually
from tests.portal_process import Portal, free_port, start, stop

CLASS = 1
"""The demo class."""
LOOK_SECONDS = 1.0
"""A page that hears nothing asks again; ours too."""
GOOD = ("passed", "serving")
RESTS = (*GOOD, "failed", "cancelled")
MEMINFO = Path("/proc/meminfo")


@contextlib.contextmanager
def portal(**said: str) -> Iterator[Portal]:
    """One that runs, told so much by its environment; ended with all that is in it."""
    made = start(Path(settings.VAR_DIR), free_port(), **said)
    try:
        yield made
    finally:
        stop(made)


class Pupil(Student):
    """A student of the demo class, logged in without a password: thirty of them take a while."""

    def __init__(self, portal: Portal, user: User):
        self.portal, self.patience, self.session = portal, 60.0, ""
        self.http = requests.Session()
        self.http.headers.update({"HX-Request": "true", "Origin": portal.address})
        self.http.cookies.set(settings.SESSION_COOKIE_NAME, entered(user))
        self.version = str(week10_version())
        self.told = threading.Event()
        self.get("/")

    def click(self) -> float:
        """Press Launch, open the page it leads to, and wait; seconds until it says ready."""
        began = time.perf_counter()
        page = self.post("/launch/", version=self.version)
        found = re.search(r'"/s/([a-z0-9]+)/', page)
        if found is None:
            raise RuntimeError("no session was made")
        self.session = found[1]
        if 'data-testid="session-status" data-status="ready"' not in page:
            with self.listening():
                self.settle(lambda: self.status() in ("ready", "failed"), 300)
        seconds = time.perf_counter() - began
        if self.status() != "ready":
            raise RuntimeError(self.words("cluster"))
        return seconds

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Its page is open: it hears what changes."""
        viewer = Viewer(self)
        viewer.on_state = self.told.set
        with viewer.watch(60):
            yield

    def settle(self, condition: Callable[[], bool], within: float) -> None:
        """Look each time that something has changed. Raises TimeoutError."""
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.session}: not in {within:g} s")
            self.told.wait(LOOK_SECONDS)
            self.told.clear()

    def do(self, step: str, within: float = 180.0) -> float:
        """Press a step's button; seconds until its page says what came of it."""
        began = time.perf_counter()
        self.click_run(step)
        self.settle(lambda: self.state(step) in RESTS, within)
        seconds = time.perf_counter() - began
        if self.state(step) not in GOOD:
            raise RuntimeError(f"{step}: {self.words(step)}")
        return seconds

    def leave(self) -> None:
        """End its cluster, and wait for that."""
        self.post(f"/s/{self.session}/down/")
        self.wait_for_status("ended", 60)


def pupils(portal: Portal, count: int) -> list[Pupil]:
    """So many students of the class."""
    klass = Class.objects.get(pk=CLASS)
    made = []
    for number in range(count):
        user = make_person(f"pupil{number}", User.Role.STUDENT, None)
        klass.memberships.create(user=user)
        made.append(Pupil(portal, user))
    return made


def entered(user: User) -> str:
    """The key of a browser's session in which somebody is logged in."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


def week10_version() -> int:
    """What Launch sends for week 10."""
    version = queries.latest_version("week10")
    if version is None:
        raise RuntimeError("there is no week 10")
    return int(version.pk)


def wait_for_pool(count: int, within: float) -> int:
    """Wait until so many clusters are ready, or as many as come; how many there are."""
    ready = PoolCluster.objects.filter(status=PoolStatus.READY)
    with contextlib.suppress(AssertionError):
        eventually(lambda: ready.count() >= count, within, "the pool is full")
    return ready.count()


def available_mb() -> float:
    """The memory that the kernel could give to whoever asks."""
    found = re.search(r"MemAvailable:\s+(\d+) kB", MEMINFO.read_text())
    return int(found[1]) / 1024 if found else 0.0
