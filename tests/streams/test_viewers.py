"""Viewers that don't read, that log out, that come from elsewhere; floods that are capped."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.contract.cluster import Cluster
from tests.faults.processes import find, inner, resident_mb
from tests.faults.student import Student, Viewer, eventually
from tests.portal_process import Portal

pytestmark = pytest.mark.sandbox
STUCK = 20
GROWTH_MB = 60
CLOSED_SECONDS = 30
WIDE = "import sys\nfor n in range(15_000): print(n, 'x' * 900)\nprint('wide done')"
NO_NEWLINE = (
    "import os\nfor n in range(160): os.write(1, b'y' * 65_536)\nos.write(1, b'\\nline done\\n')"
)
SPIN = "import time\nend = time.time() + 3\nwhile time.time() < end: print('z' * 50)\nprint('spun')"


@contextmanager
def socket(student: Student, origin: str | None = None) -> Iterator[ClientConnection]:
    """The session page's socket."""
    address = student.portal.address
    url = f"{address.replace('http', 'ws', 1)}/ws/s/{student.session}/"
    cookies = "; ".join(f"{each.name}={each.value}" for each in student.http.cookies)
    headers = {"Cookie": cookies}
    with connect(
        url,
        additional_headers=headers,
        origin=Origin(origin or address),
        close_timeout=0.2,
        max_queue=1,
    ) as made:
        yield made


def test_viewers_that_do_not_read_cost_little_and_slow_nobody(
    portal: Portal, student: Student, cluster: Cluster
) -> None:
    """Fifteen megabytes of lines wait for each of them: in Redis, once, and not in the portal."""
    web = find(portal, "web")
    assert web is not None
    with ExitStack() as stack:
        for _ in range(STUCK):
            stuck = stack.enter_context(socket(student))
            stuck.send(json.dumps({"type": "follow", "stream": "log:mids"}))
        before = resident_mb(web)
        viewer = Viewer(student).follow("log:mids")
        with viewer.watch():
            cluster.start("wide", "python", "-c", WIDE)
            eventually(lambda: "wide done" in viewer.texts("log:mids")[-1:], 40, "it comes")
        assert resident_mb(web) - before < GROWTH_MB


def test_a_flood_and_a_line_without_an_end_are_capped_in_the_cluster(
    portal: Portal, student: Student, cluster: Cluster
) -> None:
    """What doesn't get through in time is counted; the relay's memory stays what it was."""
    relay = inner(portal, "relay")
    assert relay is not None
    before = resident_mb(relay)
    viewer = Viewer(student).follow("log:mids")
    with viewer.watch():
        cluster.start("endless", "python", "-c", NO_NEWLINE)
        eventually(lambda: "line done" in viewer.texts("log:mids")[-5:], 40, "the line ends")
        assert max(len(text) for text in viewer.texts("log:mids")) <= 16 * 1024
        cluster.start("spin", "python", "-c", SPIN)
        eventually(lambda: "spun" in viewer.texts("log:mids")[-5:], 60, "the flood ends")
    assert viewer.gaps > 0
    assert viewer.doubled == 0
    assert resident_mb(relay) - before < GROWTH_MB


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:1"])
def test_a_page_from_elsewhere_gets_no_socket(student: Student, origin: str) -> None:
    """Another port of this machine is elsewhere, too."""
    with pytest.raises((InvalidStatus, ConnectionClosed)), socket(student, origin) as made:
        made.recv(timeout=5)


def test_nobody_elses_session_is_to_be_had(portal: Portal, student: Student) -> None:
    other = Student(portal, "student2")
    other.session = student.session
    with pytest.raises((InvalidStatus, ConnectionClosed)), socket(other) as made:
        made.recv(timeout=5)


def test_a_logout_closes_the_sockets(portal: Portal, student: Student) -> None:
    """Within half a minute, whether or not anything happens in the session."""
    watcher = Student(portal, "instructor")
    watcher.session = student.session
    closed = threading.Event()

    def watch() -> None:
        with suppress(ConnectionClosed), socket(watcher) as made:
            for _ in made:
                pass
        closed.set()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    time.sleep(1)
    assert not closed.is_set()
    watcher.post("/logout/")
    assert closed.wait(CLOSED_SECONDS)
