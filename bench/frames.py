"""How long from a request in the cluster until a browser's socket has its record, or its log line.

The requests, kcat's lines and the socket's frames are all timed by one clock, the machine's.
Beside the record stands kcat following the same topic; beside the line, a second Flask whose
standard error is read from its pipe.
"""

import contextlib
import re
import threading
import time
import uuid

from bench import portals
from bench.clusters import week10
from bench.figures import Figure, percentile
from portal.engine.errors import CommandCancelled
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.faults.student import Student, Viewer, eventually

ROUNDS = 3
CALLS = 200
A_SECOND = 20
PORT, OTHER_PORT = 5000, 5001
MOST_SECONDS = 600.0
KCAT = ("kafkacat", "-C", "-u", "-b", "kafka:29092", "-t", "events", "-o", "end")
"""What a student would follow the topic with."""
MARK = re.compile(r"call-([0-9a-f]+-\d+-\d+)")
CLIENT = """
import http.client, sys, time
name, *words = sys.argv[1:]
calls, pause, *ports = map(float, words)
due = time.time()
for number in range(int(calls)):
    for port in map(int, ports):
        due += pause / len(ports)
        time.sleep(max(0, due - time.time()))
        mark = f"call-{name}-{port}-{number}"
        connection = http.client.HTTPConnection("localhost", port)
        at = time.time()
        connection.request("GET", f"/purchase_a_sword?{mark}", headers={"User-Agent": mark})
        connection.getresponse().read()
        connection.close()
        print(mark, repr(at), flush=True)
"""

Times = dict[str, float]
"""Seconds since the epoch, by call."""


def measure() -> list[Figure]:
    """Rounds of calls, one a twentieth of a second, each to both servers."""
    taken: dict[str, list[float]] = {}
    with portals.student() as student:
        for _ in range(ROUNDS):
            for what, delays in one_round(student).items():
                for percent in (50, 99):
                    value = percentile(delays, percent) * 1000
                    taken.setdefault(f"{what}, p{percent}", []).append(value)
    beside = {"call to frame": "call to kcat", "log line to frame": "log line to pipe"}
    return [
        Figure(what, "ms", tuple(values), compared(what, beside)) for what, values in taken.items()
    ]


def compared(what: str, beside: dict[str, str]) -> tuple[str, ...]:
    """The figure of the same percentile that it stands beside."""
    kind, _, percent = what.rpartition(", ")
    return (f"{beside[kind]}, {percent}",) if kind in beside else ()


def one_round(student: Student) -> dict[str, list[float]]:
    """The delays of each kind, one a call."""
    runtime = portals.runtime(student)
    log, topic = "log:mids", "topic:events:0"
    viewer = Viewer(student).follow(log).follow(topic)
    with (
        viewer.watch(),
        Reading(runtime, student.session, KCAT) as records,
        Reading(runtime, student.session, flask()) as lines,
    ):
        eventually(lambda: "Running on" in lines.said, 20, "the other Flask runs")
        time.sleep(1)  # kcat says nothing when it has begun to follow.
        began = call(runtime, student, (PORT, OTHER_PORT))
        ours = [mark for mark in began if f"-{PORT}-" in mark]
        eventually(lambda: set(ours) <= set(records.times), 20, "kcat has all")
        eventually(lambda: set(ours) <= set(framed(viewer, topic)), 20, "the socket has all")
    theirs = [mark for mark in began if mark not in ours]
    frames, log_frames = framed(viewer, topic), framed(viewer, log)
    return {
        "call to frame": [frames[mark] - began[mark] for mark in ours],
        "call to kcat": [records.times[mark] - began[mark] for mark in ours],
        "frame after kcat's line": [frames[mark] - records.times[mark] for mark in ours],
        "log line to frame": [log_frames[mark] - began[mark] for mark in ours],
        "log line to pipe": [lines.times[mark] - began[mark] for mark in theirs],
    }


def call(runtime: SandboxRuntime, student: Student, ports: tuple[int, ...]) -> Times:
    """Make the calls; when each was begun."""
    # A name that no earlier round had: the streams still hold its calls.
    arguments = (uuid.uuid4().hex[:8], str(CALLS), str(1 / A_SECOND), *map(str, ports))
    argv = ("python", "-c", CLIENT, *arguments)
    said = b"".join(each.data for each in runtime.exec(student.session, "mids", argv))
    began = {}
    for line in said.decode().splitlines():
        mark, at = line.split()
        began[mark.removeprefix("call-")] = float(at)
    return began


def framed(viewer: Viewer, stream: str) -> Times:
    """When each call's entry came."""
    found: Times = {}
    pairs = zip(list(viewer.entries[stream]), list(viewer.arrived[stream]), strict=False)
    for entry, at in pairs:
        if mark := MARK.search(entry.get("text") or entry.get("value") or ""):
            found.setdefault(mark[1], at)
    return found


def flask() -> tuple[str, ...]:
    """The lab's second server once more, in a terminal of its own."""
    return (*week10().step("serve-extended").command.argv, "--port", str(OTHER_PORT))


class Reading:
    """Runs a command and notes when each call's line of its output came."""

    def __init__(self, runtime: SandboxRuntime, session: str, argv: tuple[str, ...]):
        self.times: Times = {}
        self.said = ""
        """All that is about no call."""
        self.ended = threading.Event()
        self.execution = runtime.exec(
            session, "mids", argv, timeout=MOST_SECONDS, cancelled=self.ended.is_set
        )
        self.thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        rest = ""
        with contextlib.suppress(CommandCancelled):
            for piece in self.execution:
                now = time.time()
                *lines, rest = (rest + piece.data.decode()).split("\n")
                for line in lines:
                    if mark := MARK.search(line):
                        self.times.setdefault(mark[1], now)
                    else:
                        self.said += line

    def __enter__(self) -> "Reading":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()
