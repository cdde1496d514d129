"""A hundred thousand records at once: how long until a browser's socket and kcat have the last.

Both follow the topic while kcat's own producer fills it, so each slows the other. What the bound
trimmed before the socket read it is told; anything else that is missing fails the bench.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from bench import portals
from bench.figures import Figure
from bench.frames import KCAT, MOST_SECONDS
from portal.engine.errors import CommandCancelled
from portal.engine.runtimes.base import Execution
from tests.faults.student import Student, Viewer, eventually

RECORDS = 100_000
ROUNDS = 3
PATIENCE_SECONDS = 60
STREAM = "topic:events:0"
PRODUCE = ("kafkacat", "-P", "-b", "kafka:29092", "-t", "events")
EVENT = (
    '{"event_type": "purchase_sword", "Host": "localhost:5000", "Accept": "*/*",'
    ' "User-Agent": "ApacheBench/2.3", "number": %d}\n'
)
OURS, THEIRS = "burst to frames", "burst to kcat"


def measure() -> list[Figure]:
    """Rounds of bursts, a viewer following throughout."""
    taken: dict[str, list[float]] = {}
    with portals.student() as student:
        viewer = Counter(student).follow(STREAM)
        with viewer.watch():
            eventually(lambda: viewer.after[STREAM], PATIENCE_SECONDS, "it follows")
            for _ in range(ROUNDS):
                for what, value in one_round(student, viewer).items():
                    taken.setdefault(what, []).append(value)
    return [
        Figure(what, "s" if what in (OURS, THEIRS) else "records", tuple(values))
        if what != OURS
        else Figure(what, "s", tuple(values), (THEIRS,))
        for what, values in taken.items()
    ]


def one_round(student: Student, viewer: Viewer) -> dict[str, float]:
    """Seconds from the producer's start to each one's last record."""
    runtime = portals.runtime(student)
    data = "".join(EVENT % number for number in range(RECORDS)).encode()
    first, gaps, had = viewer.after[STREAM], viewer.gaps, len(viewer.entries[STREAM])
    ended = threading.Event()
    follow = runtime.exec(
        student.session, "mids", KCAT, timeout=MOST_SECONDS, cancelled=ended.is_set
    )
    with counting(follow, ended) as theirs:
        time.sleep(1)  # kcat says nothing when it has begun to follow.
        began = time.time()
        for _ in runtime.exec(student.session, "mids", PRODUCE, stdin=data):
            pass
        eventually(lambda: theirs.lines >= RECORDS, PATIENCE_SECONDS, "kcat has all")
        last = first + RECORDS
        eventually(lambda: viewer.after[STREAM] >= last, PATIENCE_SECONDS, "the socket has all")
    got, trimmed = len(viewer.entries[STREAM]) - had, viewer.gaps - gaps
    if got + trimmed != RECORDS or viewer.doubled:
        raise RuntimeError(f"of {RECORDS} records {got} came and {trimmed} were trimmed")
    return {
        OURS: viewer.arrived[STREAM][-1] - began,
        THEIRS: theirs.at - began,
        "of 100,000, trimmed before the socket read them": float(trimmed),
    }


class Counter(Viewer):
    """Reads only the numbers of what comes: it has to be faster than what it measures."""

    class Message(msgspec.Struct):
        """A message, as far as it is looked at."""

        class Entry(msgspec.Struct):
            """An entry's number."""

            n: int

        type: str
        stream: str = ""
        gap: int = 0
        entries: tuple[Entry, ...] = ()

    def _read(self, message: str | bytes) -> dict[str, Any]:
        found = msgspec.json.decode(message, type=self.Message)
        entries = [{"n": entry.n} for entry in found.entries]
        return {"type": found.type, "stream": found.stream, "gap": found.gap, "entries": entries}


class Lines:
    """How many lines came, and when the last."""

    lines = 0
    at = 0.0


@contextlib.contextmanager
def counting(execution: Execution, ended: threading.Event) -> Iterator[Lines]:
    """Count a command's lines for as long as this lasts."""
    found = Lines()

    def count() -> None:
        with contextlib.suppress(CommandCancelled):
            for piece in execution:
                if piece.stream == "stdout":
                    found.lines += piece.data.count(b"\n")
                    found.at = time.time()

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()
