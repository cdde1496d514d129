"""What the streaming queries of this pyspark do, told to whoever knocks, and ended.

A thread of the kernel answers at a door beside it, so that a query can be seen and ended while a
cell runs that waits for it. Questions and answers are lines of JSON.
"""

import contextlib
import json
import socket
import threading
from pathlib import Path
from typing import Any

from . import kernel
from .trouble import first_line

QUERIES = 20
BATCHES = 8
PARTS = 5
"""Sources and state operators of a query that are told."""
WORDS = 300
ASKED_BYTES = 4096
PATIENCE = 5.0
NONE = "There is no such query any more."


def door() -> Path:
    """Where to knock."""
    return kernel.folder() / "queries"


def open_door(session: Any) -> None:
    """Answer from now on. `session` is Spark's, until a student has made another."""
    path = door()
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    threading.Thread(target=answer_all, args=(listening, Watch(session)), daemon=True).start()


def answer_all(listening: socket.socket, watch: "Watch") -> None:
    """One question after the other: Spark is asked by one thread, whoever knocks."""
    while True:
        try:
            talk, _ = listening.accept()
        except OSError:  # A student's code may close what it finds open.
            return
        with contextlib.suppress(Exception):
            talk.settimeout(PATIENCE)
            answer(talk, watch)


def answer(talk: socket.socket, watch: "Watch") -> None:
    """One question. Ending a query may take as long as its batch does, so others don't wait."""
    asked = json.loads(talk.makefile("rb").readline(ASKED_BYTES))
    if run := asked.get("stop"):
        threading.Thread(target=end, args=(talk, watch, run), daemon=True).start()
    else:
        say(talk, queries=watch.look())


def end(talk: socket.socket, watch: "Watch", run: str) -> None:
    """End a query, and say how that went."""
    try:
        said = watch.stop(run)
    except Exception as error:
        said = first_line(str(error))[:WORDS]
    say(talk, said=said)


def say(talk: socket.socket, **answer: Any) -> None:
    """Answer, if anybody still listens."""
    with contextlib.suppress(OSError), talk:
        talk.sendall(json.dumps(answer).encode() + b"\n")


class Watch:
    """The queries that were seen, those that have ended among them."""

    def __init__(self, session: Any):
        self.session = session
        self.known: dict[str, Any] = {}

    def look(self) -> list[dict[str, Any]]:
        """Each query, the oldest first."""
        for query in self.active():
            self.known.setdefault(str(query.runId), query)
        ended = [run for run, query in self.known.items() if not query.isActive]
        for run in (*ended, *self.known)[: max(0, len(self.known) - QUERIES)]:
            del self.known[run]
        return [described(run, query) for run, query in self.known.items()]

    def active(self) -> list[Any]:
        """Those that run, of the session that there is now."""
        from pyspark.sql import SparkSession

        session: Any = SparkSession._instantiatedSession or self.session
        return list(session.streams.active)

    def stop(self, run: str) -> str:
        """End a query; nothing where that is done, or else why not."""
        self.look()
        query = self.known.get(run)
        if query is None:
            return NONE
        query.stop()
        return ""


def described(run: str, query: Any) -> dict[str, Any]:
    """What is told of a query. Its names are a student's, and of any length."""
    recent = query._jsq.recentProgress()
    last = range(max(0, len(recent) - BATCHES), len(recent))
    batches = [json.loads(recent[at].json()) for at in last]
    newest = batches[-1] if batches else {}
    failure = query._jsq.exception()
    states = newest.get("stateOperators", [])[:PARTS]
    return {
        "run": run,
        "name": (query.name or "")[:WORDS],
        "is_active": bool(query.isActive),
        "message": query.status.get("message", "")[:WORDS] if query.isActive else "",
        "error": first_line(failure.get().toString())[:WORDS] if failure.isDefined() else "",
        "sink": words(newest.get("sink", {}).get("description", "")),
        "sources": [words(each.get("description", "")) for each in sources(newest)],
        "state_rows": sum(int(each.get("numRowsTotal", 0)) for each in states),
        "state_bytes": sum(int(each.get("memoryUsedBytes", 0)) for each in states),
        "late_rows": sum(int(each.get("numRowsDroppedByWatermark", 0)) for each in states),
        "batches": [batch(each) for each in batches],
    }


def sources(progress: dict[str, Any]) -> list[dict[str, Any]]:
    """What is read."""
    found: list[dict[str, Any]] = progress.get("sources", [])
    return found[:PARTS]


def words(given: Any) -> str:
    """As much of a description as is told."""
    return str(given)[:WORDS]


def batch(progress: dict[str, Any]) -> dict[str, Any]:
    """What is told of one batch; rates are rows a second."""
    return {
        "number": int(progress.get("batchId", 0)),
        "at": words(progress.get("timestamp", "")),
        "rows": int(progress.get("numInputRows", 0)),
        "input_rate": float(progress.get("inputRowsPerSecond") or 0.0),
        "processed_rate": float(progress.get("processedRowsPerSecond") or 0.0),
        "milliseconds": int(progress.get("durationMs", {}).get("triggerExecution", 0)),
        "watermark": words(progress.get("eventTime", {}).get("watermark", "")),
    }
