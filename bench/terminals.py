"""How long from a key to its echo: 30 terminals at once, as the web process sends keys and reads.

Redis, the relay's part (a process of its own) and 30 sandboxes are real; the clusters are small.
Beside it stands a shell on a terminal of the host's own. What a browser's socket costs comes on
top: `frames` measures that.
"""

import asyncio
import base64
import contextlib
import os
import pty
import random
import select
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from bench.figures import Figure, percentile
from portal.engine.runtimes.sandbox import SandboxRuntime
from portal.engine.terminals import Size
from portal.live import growth, streams, terminals
from portal.live.terminals import Terminal

TERMINALS = 30
KEYS = 60
A_SECOND = 5.0
"""Keys of each of them: somebody who types fast."""
ROUNDS = 3
HOST = "bench"
PROMPT = b"\x1b]133;B\x07"
PATIENCE_SECONDS = 60.0
OURS, THEIRS = "key to echo", "key to echo, a terminal of the host's"
RELAY = """
import os, sys, threading
import django
django.setup()
from portal.runner.terminals import Terminals
Terminals(sys.argv[1]).start()
sys.stdin.read()
"""


def measure() -> list[Figure]:
    """Rounds of keys, in all terminals at once; then on the host."""
    taken: dict[str, list[float]] = {}
    with redis(), sandboxes() as made, relay():
        for _ in range(ROUNDS):
            ours = asyncio.run(typed_in_all(made))
            for what, delays in ((OURS, ours), (THEIRS, typed_on_host())):
                for percent in (50, 99):
                    value = percentile(delays, percent) * 1000
                    taken.setdefault(f"{what}, p{percent}", []).append(value)
    return [Figure(what, "ms", tuple(values)) for what, values in taken.items()]


@contextlib.contextmanager
def redis() -> Iterator[None]:
    """One of our own, and a database."""
    socket = Path(settings.REDIS_URL.partition("://")[2].partition("?")[0])
    socket.parent.mkdir(parents=True, exist_ok=True)
    argv = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", ""]
    server = subprocess.Popen([*argv, "--dir", str(socket.parent)], stdout=subprocess.DEVNULL)
    try:
        until(socket.exists)
        call_command("migrate", verbosity=0)
        yield
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def sandboxes() -> Iterator[list[Terminal]]:
    """A small cluster for each, and its session's row."""
    from portal.runner.runtimes import get_runtime
    from tests.contract.cluster import spec
    from tests.rows import make_session

    runtime = get_runtime("sandbox")
    assert isinstance(runtime, SandboxRuntime)
    made: list[Terminal] = []
    try:
        for _ in range(TERMINALS):
            session = make_session()
            session.status, session.host = "ready", HOST
            session.save()
            made.append(Terminal(session.pk, session.generation, "mids"))
            for _ in runtime.up(spec(session.pk)):
                pass
        yield made
    finally:
        for each in made:
            runtime.down(each.session)


@contextlib.contextmanager
def relay() -> Iterator[None]:
    """The relay's part, in a process that shares no lock with ours."""
    argv = [sys.executable, "-c", RELAY, HOST]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, env=os.environ)
    try:
        yield
    finally:
        process.communicate()


async def typed_in_all(made: list[Terminal]) -> list[float]:
    """Type in all at once; the delays of all."""
    found = await asyncio.gather(*(typed(each) for each in made))
    return [delay for delays in found for delay in delays]


async def typed(terminal: Terminal) -> list[float]:
    """Keys, one after the other's echo, with a person's pauses."""
    await terminals.aopen(HOST, terminal, Size())
    delays: list[float] = []
    async with contextlib.aclosing(output(terminal)) as pieces:
        await anext(pieces)
        await terminals.asend_keys(HOST, terminal, b"\r")
        await read_until(pieces, PROMPT)
        for number in range(KEYS):
            await asyncio.sleep(random.uniform(0.5, 1.5) / A_SECOND)
            key = b"abcdefghij"[number % 10 :][:1]
            began = time.perf_counter()
            await terminals.asend_keys(HOST, terminal, key)
            await read_until(pieces, key)
            delays.append(time.perf_counter() - began)
        await terminals.asend_keys(HOST, terminal, b"\x15\r")
        await read_until(pieces, PROMPT)
    return delays


async def output(terminal: Terminal) -> AsyncGenerator[bytes, None]:
    """What follows in its stream."""
    while (await terminals.astate(terminal)).status != "running":
        await asyncio.sleep(0.05)
    attached = await terminals.aattach(terminal)
    after, grew = attached.offset, asyncio.Event()
    yield attached.screen
    async with growth.heard(attached.key, grew):
        while True:
            grew.clear()
            batch = await streams.aread(attached.key, after)
            for _, fields in batch.entries:
                yield base64.b64decode(fields["d"])
            if batch.chunks:
                after = batch.last
            else:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await grew.wait()


async def read_until(pieces: AsyncIterator[bytes], wanted: bytes) -> None:
    """Read on until these bytes have come."""
    seen = b""
    async for piece in pieces:
        seen += piece
        if wanted in seen:
            return


def typed_on_host() -> list[float]:
    """The same in a shell on a terminal of the host's own."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ["PS1"] = "ready> "
        os.execvp("bash", ["bash", "--norc", "-i"])
    delays: list[float] = []
    read_host(master, b"ready")
    for number in range(KEYS):
        time.sleep(1 / (4 * A_SECOND))
        key = b"abcdefghij"[number % 10 :][:1]
        began = time.perf_counter()
        os.write(master, key)
        read_host(master, key)
        delays.append(time.perf_counter() - began)
    os.close(master)
    os.waitpid(pid, 0)
    return delays


def read_host(master: int, wanted: bytes) -> None:
    """As `read_until`."""
    seen = b""
    while wanted not in seen:
        if not select.select([master], [], [], PATIENCE_SECONDS)[0]:
            raise TimeoutError("a terminal of the host's own does not echo")
        seen += os.read(master, 1 << 16)


def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("Redis did not start")
        time.sleep(0.02)
