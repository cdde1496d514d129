"""A student who uses the portal over HTTP and its socket, as the pages' scripts do."""

import contextlib
import html
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import requests
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.portal_process import Portal

AGAIN_SECONDS = 0.1
TAG = re.compile(r"<[^>]*>")


def eventually(condition: Callable[[], Any], within: float, what: str) -> Any:
    """Wait until a condition holds, and return what it returned. Fails when it never does."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not in {within:g} s"
        time.sleep(0.03)
    return value


class Student:
    """Logged in, with a session of week 10 once `launch` was called.

    A request that finds no portal is made again, as a person would press reload.
    """

    def __init__(self, portal: Portal, username: str = "student", *, patience: float = 20.0):
        self.portal, self.patience = portal, patience
        self.http = requests.Session()
        self.http.headers["HX-Request"] = "true"  # Parts of pages, as their scripts ask for them.
        self.http.headers["Origin"] = portal.address
        self.session = ""
        self.get("/login/")
        self.post("/login/", username=username, password=portal.passwords[username])

    def get(self, path: str) -> str:
        """A page's text."""
        return self._ask("GET", path)

    def post(self, path: str, /, **fields: str) -> str:
        """What the portal answers to a form."""
        return self._ask("POST", path, fields)

    def _ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> str:
        deadline = time.monotonic() + self.patience
        while True:
            named = (self.http.cookies.get(f"{prefix}csrftoken") for prefix in ("", "__Host-"))
            token = next(filter(None, named), "")
            data = None if fields is None else {**fields, "csrfmiddlewaretoken": token}
            try:
                reply = self.http.request(method, self.portal.address + path, data=data, timeout=30)
                if reply.status_code < 500:
                    break
            except requests.ConnectionError:
                pass
            assert time.monotonic() < deadline, f"{method} {path}: no answer"
            time.sleep(AGAIN_SECONDS)
        assert reply.ok, f"{method} {path}: {reply.status_code}"
        return reply.text

    # -- what is on the pages

    def click_launch(self) -> str:
        """Press week 10's Launch on the page of labs; the session's name."""
        _, _, card = self.get("/").partition("/labs/week10/")
        version = re.search(r'name="version" value="(\d+)"', card)
        assert version is not None, "there is no lab to launch"
        page = self.post("/launch/", version=version[1])
        found = re.search(r'"/s/([a-z0-9]+)/', page)
        assert found is not None, "no session was made"
        self.session = found[1]
        return self.session

    def launch(self, within: float = 60.0) -> str:
        """Launch and wait until the cluster is ready."""
        self.click_launch()
        self.wait_until_up(within)
        return self.session

    def wait_until_up(self, within: float = 60.0) -> None:
        """Wait until the cluster is ready. Fails with the page's words when it won't be."""
        eventually(lambda: self.status() in ("ready", "failed"), within, "the launch ends")
        assert self.status() == "ready", self.words("cluster")

    def page(self, step: str = "") -> str:
        """The parts of the session's page that change."""
        return self.get(f"/s/{self.session}/live/?step={step}")

    def status(self) -> str:
        """The session's status as the page shows it."""
        found = re.search(r'data-testid="session-status" data-status="(\w+)"', self.page())
        assert found is not None
        return found[1]

    def state(self, step: str) -> str:
        """A step's state as the page shows it."""
        found = re.search(rf'data-testid="step-{step}" data-state="(\w+)"', self.page(step))
        assert found is not None
        return found[1]

    def words(self, step: str) -> str:
        """All text beside a step."""
        return html.unescape(" ".join(TAG.sub(" ", self.page(step)).split()))

    def stream(self, step: str) -> str:
        """The name of the stream of what the step's newest run prints."""
        found = re.search(r'stream="(step:\d+)"', self.page(step))
        assert found is not None
        return found[1]

    def wait_for_status(self, status: str, within: float) -> None:
        """Wait until the page shows it."""
        eventually(lambda: self.status() == status, within, f"the session is {status}")

    def wait_for_state(self, step: str, state: str, within: float = 30.0) -> None:
        """Wait until the page shows it."""
        eventually(lambda: self.state(step) == state, within, f"{step} is {state}")

    def click_run(self, step: str, **chosen: str) -> None:
        """Press a step's button. Fails when the portal refuses."""
        reply = self.post(f"/s/{self.session}/run/{step}/", **chosen)
        refusal = re.search(r'data-testid="refusal">(.*?)</div>', reply, re.DOTALL)
        assert refusal is None, TAG.sub("", refusal[1])

    def run(self, step: str, *, state: str = "passed", within: float = 30.0, **chosen: str) -> None:
        """Press a step's button and wait for what comes of it."""
        self.click_run(step, **chosen)
        eventually(
            lambda: self.state(step) not in ("idle", "queued", "running"), within, f"{step} ends"
        )
        assert self.state(step) == state, self.words(step)

    def tear_down(self, within: float = 30.0) -> None:
        """End the session's cluster."""
        self.post(f"/s/{self.session}/down/")
        self.wait_for_status("ended", within)

    def end(self) -> None:
        """End the session's cluster unless it has ended, as a test that failed may leave it."""
        if self.status() != "ended":
            self.tear_down()


class Viewer:
    """Follows streams over the session's socket, and comes back from where it stood."""

    def __init__(self, student: Student):
        self.student = student
        self.entries: dict[str, list[dict[str, Any]]] = {}
        self.arrived: dict[str, list[float]] = {}
        self.after: dict[str, int] = {}
        self.gaps = 0
        self.doubled = 0
        self.connections = 0
        self.on_state: Callable[[], None] = lambda: None
        """Called when the server says that something of the session has changed."""
        self.socket: ClientConnection | None = None
        self.trouble: Exception | None = None
        """Why it last had no connection."""
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._view, daemon=True)

    def follow(self, stream: str, after: int = 0) -> "Viewer":
        """Follow a stream from a number on; to be asked before `watch`."""
        self.entries[stream], self.arrived[stream] = [], []
        self.after[stream] = after
        return self

    @contextlib.contextmanager
    def watch(self, within: float = 20.0) -> Iterator["Viewer"]:
        """Be connected for as long as this lasts."""
        self.thread.start()
        try:
            try:
                eventually(lambda: self.connections, within, "the socket opens")
            except AssertionError as error:
                raise AssertionError(f"{error}: {self.trouble!r}") from self.trouble
            yield self
        finally:
            self.ended.set()
            if self.socket is not None:
                self.socket.close()
            self.thread.join(timeout=10)

    def texts(self, stream: str) -> list[str]:
        """What came of a stream of lines."""
        return [entry["text"] for entry in self.entries[stream]]

    def _view(self) -> None:
        address = self.student.portal.address
        url = f"{address.replace('http', 'ws', 1)}/ws/s/{self.student.session}/"
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.student.http.cookies)
        while not self.ended.is_set():
            try:
                headers = {"Cookie": cookies}
                with connect(
                    url, additional_headers=headers, origin=Origin(address)
                ) as self.socket:
                    for stream, after in self.after.items():
                        self._say(type="follow", stream=stream, after=after)
                    self.connections += 1
                    for message in self.socket:
                        self._take(self._read(message), time.time())
            except (OSError, ConnectionClosed, InvalidHandshake, EOFError) as error:
                self.trouble = error
            self.ended.wait(AGAIN_SECONDS)

    def _read(self, message: str | bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(message)
        return found

    def _say(self, **message: Any) -> None:
        assert self.socket is not None
        self.socket.send(json.dumps(message))

    def _take(self, message: dict[str, Any], now: float) -> None:
        if message["type"] == "state":
            self.on_state()
        if message["type"] != "entries":
            return
        stream = message["stream"]
        self.gaps += message["gap"]
        for entry in message["entries"]:
            self.doubled += entry["n"] <= self.after[stream]
            self.after[stream] = entry["n"]
            self.entries[stream].append(entry)
            self.arrived[stream].append(now)
