"""Make calls one after the other, and say what came of them."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from portal.engine import benches
from portal.engine import routes as found_routes
from portal.engine.benches import Bench
from portal.engine.causes import calls
from portal.engine.errors import ClusterError, Details, StepFailed
from portal.engine.kinds.job import Evidence, Job
from portal.engine.lab.command import Command
from portal.engine.replies import Reply, Tap, asking
from portal.engine.routes import Route

GUESSED = "What it sent was only a guess: call that route yourself with what it wants."
TRACE = re.compile(r'^\s*File "(?P<file>/w205/[^"]{1,300})", line (?P<line>\d{1,6})')
RAISED = re.compile(
    r"^(?P<error>[A-Za-z_][\w.]{0,100}(?:Error|Exception|Interrupt|Timeout|Exit)\b.*)"
)
STUCK = re.compile(r"(KafkaTimeoutError|NoBrokersAvailable|KafkaConnectionError)[^\n]{0,200}")


def make(job: Job, line: str) -> Reply | Bench | None:
    """Make one call; what a curl or an ab told of it, if it got so far. Raises StepFailed."""
    command = Command.parse(line)
    job.write("note", f"$ {line}\n".encode())
    if command.argv[0] != "curl":
        status, said = job.run(command)
        if not said.endswith(b"\n"):
            job.write("stdout", b"\n")
        if status != 0:
            raise job.ended(status, "call")
        return benches.read(line, said) if command.argv[0] == "ab" else None
    tap = Tap(job.emit)
    execution = job.runtime.exec(
        job.session,
        command.service,
        asking(command.argv),
        timeout=job.step.timeout,
        cancelled=job.cancelled,
    )
    for piece in execution:
        tap.take(piece.stream, piece.data)
    status = -1 if execution.exit_status is None else execution.exit_status
    if tap.last != b"\n":
        job.write("stdout", b"\n")
    reply = tap.reply(line, status)
    if status != 0:
        raise unanswered(job, status)
    return reply


def unanswered(job: Job, status: int) -> StepFailed:
    """What curl's exit status means here."""
    cause = calls.BY_STATUS.get(status)
    if cause is None:
        return job.ended(status, "call")
    return job.of_cause(cause)


def look_for_routes(job: Job, line: str) -> tuple[Route, ...] | None:
    """The routes of the server that a call is for; None where it does not say."""
    command = Command.parse(line)
    url = next((each for each in reversed(command.argv) if each.startswith("http://")), "")
    try:
        port = urlsplit(url).port or 80
    except ValueError:
        return None
    return found_routes.look(job.runtime, job.session, command.service, port)


def judge(job: Job, replies: Iterable[Reply]) -> None:
    """Raise StepFailed for replies that say that a call did not do what it is for."""
    made = list(replies)
    bad = [each for each in made if each.is_error]
    if any(each.is_good for each in made):
        guessed = [each for each in bad if each.command in job.params.get("guessed", ())]
        for each in {named(each): each for each in guessed}.values():
            words = f"{named(each)} was answered {each.reason}. {GUESSED}\n"
            job.write("note", words.encode())
        bad = [each for each in bad if each not in guessed]
    if bad:
        raise of_error(job, bad[0], len(bad), len(made))
    if made and all(each.is_redirect for each in made):
        first = made[0]
        location = first.headers.get("location", "another address")
        raise job.of_cause(
            calls.REDIRECTED, call=named(first), status=first.reason, location=location
        )


def judge_benches(job: Job, made: Iterable[Bench]) -> None:
    """Raise StepFailed for an `ab` of which no call was answered as it should be."""
    for each in made:
        if each.requests and each.non_2xx >= each.requests:
            raise job.of_cause(calls.BENCH_REFUSED, calls=count_of(each.requests, "call"))


def of_error(job: Job, reply: Reply, bad: int, made: int) -> StepFailed:
    """A reply of 4xx or 5xx, the first of so many."""
    call = named(reply) if bad == 1 == made else f"{named(reply)} ({bad} of {made} calls)"
    if reply.status in (404, 405):
        return of_route(job, reply, call)
    if reply.status == 415:
        return job.of_cause(calls.WRONG_TYPE, call=call)
    if reply.status == 400:
        return job.of_cause(calls.BAD_REQUEST, call=call)
    if reply.status < 500:
        return job.of_cause(calls.REFUSED, call=call, status=reply.reason)
    error, line = traceback_since(job, reply)
    details = Details(line=line, name=reply.route)
    cause = calls.KAFKA_UNREACHED if STUCK.search(error) else calls.SERVER_ERROR
    given = {"call": call, "status": reply.reason, "error": error}
    return job.of_cause(cause, details, broker=job.lab.broker_address, **given)


def of_route(job: Job, reply: Reply, call: str) -> StepFailed:
    """A path or a method that the server does not have."""
    routes = look_for_routes(job, reply.command) or ()
    there = [each for each in routes if each.reaches(reply.route)]
    details = Details(name=reply.route)
    if reply.status == 405 or there:
        takes = ", ".join(sorted({method for each in there for method in each.methods}))
        allowed = takes or reply.headers.get("allow", "")
        methods = f"its route takes {allowed}." if allowed else "its route takes another method."
        return job.of_cause(calls.WRONG_METHOD, details, call=call, methods=methods)
    has = f"It has {found_routes.named(routes)}." if routes else ""
    return job.of_cause(calls.NO_ROUTE, details, call=call, routes=has)


def named(reply: Reply) -> str:
    """A call in a sentence."""
    return f"{reply.method or 'GET'} {reply.path}"


def traceback_since(job: Job, reply: Reply) -> tuple[str, int | None]:
    """What the script raised since the run began, and the line of it, as the log tells."""
    error, line = "the script raised an error.", None
    at: int | None = None
    for text in log_since(job, Command.parse(reply.command).service):
        if found := TRACE.match(text):
            at = int(found["line"])
        elif found := RAISED.match(text):
            where = f" (line {at} of the script)" if at else ""
            error, line, at = f"the script raised {found['error'][:300]}{where}.", at, None
    return error, line


def log_since(job: Job, service: str) -> list[str]:
    """The lines of a service's log since the run began."""
    found = job.log_since(service, job.began)
    return [each.text.decode(errors="replace") for each in found]


def of_records(job: Job, evidence: Evidence) -> ClusterError | None:
    """Why the run's records are not what its check asks for; None where it doesn't ask."""
    check = job.step.check
    made = [each.command for each in evidence.replies]
    made += [each.command for each in evidence.benches]
    if check is None or check.records is None or not made:
        return None
    wanted = check.records
    many = sum(each.requests for each in evidence.benches)
    answers = count_of(len(evidence.replies) + many, "call")
    topics = wanted.topic or "any topic"
    came = sum(each.count for each in evidence.fresh)
    if came:
        first = next((each for fresh in evidence.fresh for each in fresh.samples), None)
        return job.of_cause(
            calls.OTHER_RECORDS,
            message=check.message,
            count=count_of(came, "record"),
            topics=", ".join(each.topic for each in evidence.fresh[:5]),
            first="nothing (null)" if first is None or first.value is None else first.value[:200],
        )
    service = Command.parse(made[0]).service
    stuck = STUCK.search("\n".join(log_since(job, service)))
    if stuck:
        broker = job.lab.broker_address
        return job.of_cause(
            calls.PRODUCER_STUCK, answers=answers, error=stuck[0].strip(), broker=broker
        )
    return job.of_cause(calls.NOTHING_SENT, answers=answers, topics=topics, seconds=wanted.within)


def count_of(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
