"""What each kind of step does on a cluster, and how its check decides.

Nothing here knows of rows or pages: a `Job` says what to do and where to write, an `Outcome` what
came of it. Whatever went wrong is a `ClusterError`.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.engine import http, spark, spark_step
from portal.engine.errors import CommandCancelled, Part, StepFailed
from portal.engine.runtimes.base import Cancelled, Runtime
from portal.engine.spec import (
    Call,
    Check,
    Command,
    Exec,
    Http,
    LabSpec,
    Server,
    Spark,
    StepSpec,
    Stop,
)

KEPT_OUTPUT = 256 * 1024
"""Bytes of a step's own output that its check looks at."""
PORT_PAUSE = 0.05
SHOW_LOG_SECONDS = 0.3
"""How long a server's first lines are waited for before its step counts as started."""

Emit = Callable[[str, bytes], None]
Payload = spark.SparkOutcome | http.Exchange


@dataclass(slots=True)
class Job:
    """One step to do, for one session."""

    runtime: Runtime
    session: str
    lab: LabSpec
    step: StepSpec
    params: Mapping[str, Any]
    write: Emit
    cancelled: Cancelled
    give: Callable[[Payload], None] = lambda payload: None
    """Takes what is worth keeping, also from a step that then fails."""
    tell: Callable[[spark.Progress], None] = lambda progress: None
    """Takes how far Spark is, a few times a second."""
    kept: bytearray = field(default_factory=bytearray)

    def emit(self, stream: str, data: bytes) -> None:
        """Show output, and keep it for the check."""
        if len(self.kept) < KEPT_OUTPUT and stream != "note":
            self.kept += data[: KEPT_OUTPUT - len(self.kept)]
        self.write(stream, data)

    def run(self, command: Command, *, quiet: bool = False) -> tuple[int, bytes]:
        """Run a command to its end; return exit status and the first of its output."""
        kept = bytearray()
        execution = self.runtime.exec(
            self.session,
            command.service,
            command.argv,
            timeout=self.step.timeout,
            cancelled=self.cancelled,
        )
        for piece in execution:
            if len(kept) < KEPT_OUTPUT:
                kept += piece.data
            if not quiet:
                self.emit(piece.stream, piece.data)
        return (-1 if execution.exit_status is None else execution.exit_status), bytes(kept)

    def failure(self, message: str, advice: str | None = None) -> StepFailed:
        """A failure in the author's words where the lab has any."""
        return StepFailed(f"{self.step.fail_message} {message}".strip(), advice=advice)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step that did what it should."""

    exit_status: int | None = None
    is_serving: bool = False
    payload: Payload | None = None


def perform(job: Job) -> Outcome:
    """Do a step and check it. Raises ClusterError."""
    match job.step.run:
        case Exec():
            outcome = run_command(job)
        case Server() as server:
            outcome = start_server(job, server)
        case Call():
            outcome = make_calls(job)
        case Spark() as run:
            outcome = run_spark(job, run)
        case Http() as run:
            outcome = send_http(job, run)
        case Stop() as stop:
            outcome = press_control_c(job, stop)
        case other:
            raise StepFailed(f"A step of kind {other.kind} can't be run on its own.", part=Part.LAB)
    if "has_passed" in job.params:
        spark_step.finish_trial(job)
    elif job.step.check is not None:
        verify(job, job.step.check, outcome)
    return outcome


def run_command(job: Job) -> Outcome:
    """Run the step's command; its exit status has to be 0."""
    status, _ = job.run(job.step.command)
    if status != 0:
        raise job.failure(f"The command ended with exit status {status}.")
    return Outcome(exit_status=0)


def start_server(job: Job, server: Server) -> Outcome:
    """Start the step's command and wait until its port answers, or it has ended."""
    command = job.step.command
    runtime, session = job.runtime, job.session
    runtime.interrupt(session, server.process)
    if port_answers(job, command.service, server.port):
        raise StepFailed(
            f"Port {server.port} in {command.service} is already in use by something else.",
            advice="Stop what listens there (a server that you started yourself?), or reset the "
            "cluster.",
        )
    began = time.time()
    runtime.start(session, command.service, server.process, command.argv)
    deadline = time.monotonic() + job.step.timeout
    while True:
        process = runtime.observe(session).process(server.process)
        if process is None or not process.is_running:
            show_log(job, command.service, server.process, began)
            status = process.exit_status if process else None
            raise job.failure(explain_server(bytes(job.kept), status))
        if port_answers(job, command.service, server.port):
            show_log(job, command.service, server.process, began)
            return Outcome(is_serving=True)
        if job.cancelled():
            runtime.interrupt(session, server.process)
            raise CommandCancelled
        if time.monotonic() > deadline:
            show_log(job, command.service, server.process, began)
            runtime.interrupt(session, server.process)
            raise job.failure(
                f"The server was started, but port {server.port} did not answer in "
                f"{job.step.timeout:g} s."
            )
        time.sleep(PORT_PAUSE)


def port_answers(job: Job, service: str, port: int) -> bool:
    """Whether something listens there."""
    probe = ("bash", "-c", 'exec 3<>"/dev/tcp/127.0.0.1/$1"', "probe", str(port))
    status, _ = job.run(Command(service=service, argv=probe), quiet=True)
    return status == 0


def show_log(job: Job, service: str, process: str, since: float) -> None:
    """Emit what a process has written since then (seconds since the epoch)."""
    deadline = time.monotonic() + SHOW_LOG_SECONDS
    lines = job.runtime.logs(job.session, service, cancelled=lambda: time.monotonic() > deadline)
    for line in lines:
        if line.process == process and line.at >= since:
            job.emit("stdout", line.text + b"\n")


def explain_server(said: bytes, status: int | None) -> str:
    """Why a server ended, from its last words."""
    text = said.decode(errors="replace")
    if "NoBrokersAvailable" in text or "KafkaTimeoutError" in text:
        return "Your server could not reach Kafka (no broker answered at the address it uses)."
    if "SyntaxError" in text or "IndentationError" in text:
        where = re.findall(r'File "([^"]+)", line (\d+)', text)
        place = f" in {where[-1][0]}, line {where[-1][1]}" if where else ""
        return f"Your script has a syntax error{place}."
    if "Address already in use" in text:
        return "The port is already in use by something else."
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "")
    return f"The server ended with exit status {status}. It said last: {last[:300]}"


def make_calls(job: Job) -> Outcome:
    """Run each call that the student chose, in the order in which they were chosen."""
    lines = job.params.get("commands") or [each.command for each in buttons(job.step)]
    for line in lines:
        command = Command.parse(line)
        job.write("note", f"$ {line}\n".encode())
        if command.argv[0] == "curl":
            # In a terminal curl shows no progress; here it would, since its output is a pipe.
            argv = ("curl", "--no-progress-meter", *command.argv[1:])
            command = Command(service=command.service, argv=argv)
        status, said = job.run(command)
        if not said.endswith(b"\n"):
            job.write("stdout", b"\n")
        if status != 0:
            raise job.failure(explain_call(status))
    return Outcome(exit_status=0)


def buttons(step: StepSpec) -> tuple[Any, ...]:
    """A call step's buttons; none for other kinds."""
    return step.run.buttons if isinstance(step.run, Call) else ()


def explain_call(status: int) -> str:
    """What curl's exit status means here."""
    if status == 7:
        return "Nothing listens there: the server isn't running."
    if status == 52:
        return "The server closed the connection without an answer."
    return f"The call ended with exit status {status}."


def run_spark(job: Job, run: Spark) -> Outcome:
    """Run the student's Python in the warm pyspark, or start that anew."""
    outcome = spark_step.carry_out(job, run)
    return Outcome(exit_status=None if outcome else 0, payload=outcome)


def send_http(job: Job, run: Http) -> Outcome:
    """Send the bytes as typed."""
    text = str(job.params.get("request") or run.request)
    exchange = http.send(
        job.runtime,
        job.session,
        run.service,
        run.host,
        run.port,
        text,
        timeout=job.step.timeout,
        cancelled=job.cancelled,
    )
    job.give(exchange)
    job.emit("stdout", exchange.response)
    return Outcome(payload=exchange)


def press_control_c(job: Job, stop: Stop) -> Outcome:
    """End pyspark and the server. What does not run any more is fine."""
    if stop.spark is not None:
        job.write("note", b">>> exit()\n")
        spark.stop(job.runtime, job.session)
    if stop.process is not None:
        status = job.runtime.interrupt(job.session, stop.process)
        word = "was not running" if status is None else f"ended with exit status {status}"
        job.write("note", f"^C\n{stop.process} {word}\n".encode())
    return Outcome(exit_status=0)


def verify(job: Job, check: Check, outcome: Outcome) -> None:
    """Raise StepFailed with the author's message unless the check is content."""
    for attempt in range(check.retries + 1):
        if attempt:
            time.sleep(check.delay)
        if job.cancelled():
            raise CommandCancelled
        if is_content(job, check, outcome):
            return
    raise StepFailed(check.message)


def is_content(job: Job, check: Check, outcome: Outcome) -> bool:
    """One look."""
    said = bytes(job.kept)
    if check.run is not None:
        status, said = job.run(Command.parse(check.run), quiet=True)
        if status != 0:
            return False
    if check.matches is not None:
        pattern = re.compile(check.matches)
        lines = said.decode(errors="replace").splitlines()
        if sum(1 for line in lines if pattern.search(line)) < check.at_least:
            return False
    if check.columns or check.rows:
        table = outcome.payload.table if isinstance(outcome.payload, spark.SparkOutcome) else None
        if table is None or table.row_count < check.rows:
            return False
        return set(check.columns) <= {column.name for column in table.columns}
    return True
