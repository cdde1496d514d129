"""What 500 open pages cost the web process: real sockets, each following a log and a topic.

Measured once they are open, and again when a burst of lines has gone through all of them.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from bench import portals
from bench.figures import Figure
from tests.faults.processes import find, resident_mb
from tests.faults.student import Student

VIEWERS = 500
FIRST = 20
"""Open before anything is measured: the process has loaded what it needs."""
LINES = 2000
AT_ONCE = 25
SETTLE_SECONDS = 3.0
PATIENCE_SECONDS = 90.0
STREAMS = ("log:mids", "topic:events:0")


def measure() -> list[Figure]:
    """One round: memory that was taken is not always given back."""
    with portals.student() as student:
        return asyncio.run(watched(student))


async def watched(student: Student) -> list[Figure]:
    """Open them, and send lines through them."""
    web = find(student.portal, "web")
    assert web is not None
    async with viewers(student, FIRST):
        before = await settled(web)
        async with viewers(student, VIEWERS) as reading:
            opened = await settled(web)
            print_lines(student)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*(each.until(LINES) for each in reading))
            burst = await settled(web)
    return [
        figure("an open page", opened - before),
        figure("an open page, after a burst", burst - before),
    ]


def figure(what: str, megabytes: float) -> Figure:
    """A viewer's part of it."""
    return Figure(f"memory of the web process, {what}", "KB", (megabytes * 1024 / VIEWERS,))


async def settled(web: int) -> float:
    """The web process's memory when nothing moves any more."""
    await asyncio.sleep(SETTLE_SECONDS)
    return resident_mb(web)


def print_lines(student: Student) -> None:
    """A burst in the log."""
    code = f"for n in range({LINES}): print('line', n)"
    portals.runtime(student).start(student.session, "mids", "lines", ("python", "-c", code))


class Page:
    """A socket that follows, and counts what comes."""

    def __init__(self, socket: ClientConnection):
        self.socket = socket
        self.lines = 0
        self.streams: set[str] = set()
        self.grew = asyncio.Event()
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.socket:
            found = json.loads(message)
            self.streams.add(found.get("stream", ""))
            self.lines += sum(
                "line " in entry.get("text", "") for entry in found.get("entries", ())
            )
            self.grew.set()

    async def until(self, count: int) -> None:
        """Wait for so many lines."""
        while self.lines < count:
            self.grew.clear()
            await self.grew.wait()


@contextlib.asynccontextmanager
async def viewers(student: Student, count: int) -> AsyncIterator[list[Page]]:
    """So many pages, a few opened at a time; each has got both streams when this begins."""
    address = student.portal.address
    url = f"{address.replace('http', 'ws', 1)}/ws/s/{student.session}/"
    cookies = "; ".join(f"{each.name}={each.value}" for each in student.http.cookies)
    places = asyncio.Semaphore(AT_ONCE)

    async def opened() -> Page:
        async with places:
            headers = {"Cookie": cookies}
            socket = await connect(
                url,
                additional_headers=headers,
                origin=Origin(address),
                open_timeout=PATIENCE_SECONDS,
            )
            for stream in STREAMS:
                await socket.send(json.dumps({"type": "follow", "stream": stream}))
            return Page(socket)

    pages = await asyncio.gather(*(opened() for _ in range(count)))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all(set(STREAMS) <= page.streams for page in pages):
        if time.monotonic() > deadline:
            raise TimeoutError("the pages did not get their streams")
        await asyncio.sleep(0.05)
    try:
        yield pages
    finally:
        await asyncio.gather(*(page.socket.close() for page in pages))
