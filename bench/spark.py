"""How long from a click until the table is on the page, and how long without the portal.

The very lines that the step shows, in the same sandbox, on the same topic: by `spark-submit` as a
program, and typed into `pyspark`. Each round starts the session's pyspark anew, so that its first
extraction is one. It is waited for first: it starts with the cluster, long before a student has
come to that step.
"""

import threading
import time

from bench import portals
from bench.clusters import week10
from bench.figures import Figure
from portal.engine import spark
from portal.engine.kinds.spark import Spark
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.faults.student import Student, Viewer, eventually

ROUNDS = 3
EVENTS = 100
SESSION = "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
SCRIPT = "extract.py"
SUBMIT = ("spark-submit", SCRIPT)
# As in a terminal: without one, Python would not start as a shell.
SHELL = ("env", "PYSPARK_DRIVER_PYTHON_OPTS=-i", "pyspark")
IS_READY = "test -e /tmp/.sluice-pyspark-*/ready"
NOT_READY = "rm -f /tmp/.sluice-pyspark-*/ready"
WARM_SECONDS = 90.0


def measure() -> list[Figure]:
    """First and second click, beside both ways by hand."""
    first, second = "first click to table", "second click to table"
    submit, shell = "spark-submit by hand", "pyspark by hand"
    started = "pyspark ready for its first cell"
    taken: dict[str, list[float]] = {each: [] for each in (first, second, started, submit, shell)}
    with portals.student() as student:
        runtime = portals.runtime(student)
        student.run("call-extended", times=str(EVENTS))
        for _ in range(ROUNDS):
            taken[started].append(start_anew(runtime, student))
            taken[first].append(click(student))
            taken[second].append(click(student))
            spark.stop(runtime, student.session)  # By hand it would not run beside.
            for how, name in ((SUBMIT, submit), (SHELL, shell)):
                taken[name].append(by_hand(runtime, student, how))
    beside = {first: (submit, shell), second: (submit, shell)}
    return [Figure(what, "s", tuple(each), beside.get(what, ())) for what, each in taken.items()]


def start_anew(runtime: SandboxRuntime, student: Student) -> float:
    """Start the session's pyspark as the portal does; how long until it takes a cell."""
    session = student.session
    spark.stop(runtime, session)
    run_in(runtime, session, NOT_READY)
    began = time.monotonic()
    spark.start(runtime, session, "spark", broker="kafka:29092")
    eventually(lambda: is_ready(runtime, session), WARM_SECONDS, "pyspark starts")
    seconds = time.monotonic() - began
    time.sleep(5)  # What it does by itself once it is ready is over by now.
    return seconds


def is_ready(runtime: SandboxRuntime, session: str) -> bool:
    """Whether the session's pyspark takes cells."""
    return run_in(runtime, session, IS_READY) == 0


def run_in(runtime: SandboxRuntime, session: str, script: str) -> int | None:
    """Run a line of shell; its exit status."""
    execution = runtime.exec(session, "spark", ("sh", "-c", script))
    for _ in execution:
        pass
    return execution.exit_status


def click(student: Student) -> float:
    """Run the step as the page does, up to the reply with the table's rows."""
    told = threading.Event()
    viewer = Viewer(student)
    viewer.on_state = told.set
    with viewer.watch():
        began = time.monotonic()
        student.click_run("extract")
        while student.state("extract") not in ("passed", "failed"):
            told.wait(5)
            told.clear()
        table = student.get(f"/s/{student.session}/results/")
        seconds = time.monotonic() - began
    if student.state("extract") != "passed" or "extracted_events" not in table:
        raise RuntimeError(student.words("extract"))
    return seconds


def by_hand(runtime: SandboxRuntime, student: Student, how: tuple[str, ...]) -> float:
    """Run the step's lines by hand, up to the end of the command."""
    step = week10().step("extract")
    run = step.run
    setup = run.setup if isinstance(run, Spark) else ""
    lines = f"{setup}\n{step.shows_command}\n"
    runtime.put_file(student.session, SCRIPT, (SESSION + lines).encode())
    began = time.monotonic()
    execution = runtime.exec(
        student.session, "spark", how, stdin=lines.encode(), timeout=WARM_SECONDS
    )
    said = b"".join(piece.data for piece in execution).decode()
    seconds = time.monotonic() - began
    if execution.exit_status != 0 or "event_type" not in said:
        raise RuntimeError(said[-2000:])
    return seconds
