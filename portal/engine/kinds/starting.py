"""Why a server that a step started is not there: from its last words, or from its silence."""

import re
from collections.abc import Iterator
from itertools import islice

from portal.engine import blame, brokers
from portal.engine.causes import servers
from portal.engine.errors import ClusterError, Details, StepFailed
from portal.engine.kinds.job import Job
from portal.engine.lab.command import Command

PLACE = re.compile(r'File "(?P<file>[^"]{1,400})", line (?P<line>\d{1,6})')
MISSING = re.compile(r"ModuleNotFoundError: No module named '([^']{1,200})'")
RAISED = re.compile(r"^([A-Za-z_][\w.]{0,100}(?:Error|Exception)\b[^\n]{0,300})", re.MULTILINE)
FLASK_SAYS = re.compile(r"^(?:Usage|Error): (.{1,300})", re.MULTILINE)
UNREACHED = ("NoBrokersAvailable", "KafkaTimeoutError", "KafkaConnectionError")
SCRIPT = re.compile(r"^FLASK_APP=(.{1,400})$")
SCRIPT_BYTES = 256 * 1024
MOST_BROKERS = 5
PROBE = 'exec 3<>"/dev/tcp/$0/$1"'


def failure(job: Job, said: bytes, status: int | None) -> StepFailed:
    """The server has ended, with these last words."""
    text = said.decode(errors="replace")
    if status is not None and (name := blame.signal_of(status)):
        return job.of_cause(servers.KILLED, signal=name)
    if any(word in text for word in UNREACHED):
        return no_kafka(job)
    if "SyntaxError" in text or "IndentationError" in text or "TabError" in text:
        place, details = place_in(text)
        return job.of_cause(servers.SYNTAX, details, place=place)
    if "Address already in use" in text:
        return job.of_cause(servers.PORT_IN_USE)
    if missing := MISSING.search(text):
        place, details = place_in(text)
        return job.of_cause(servers.NO_PACKAGE, details, name=repr(missing[1]), place=place)
    if raised := list(RAISED.finditer(text)):
        place, details = place_in(text)
        return job.of_cause(servers.RAISED, details, error=raised[-1][1], place=place)
    if "Could not import" in text or "Failed to find Flask application" in text:
        found = FLASK_SAYS.findall(text)
        message = found[-1] if found else last_line(text)
        cause = servers.NO_APP if "Failed to find" in text else servers.NO_FILE
        return job.of_cause(cause, message=message)
    return job.of_cause(servers.ENDED, status=status, last=last_line(text)[:300])


def of_silence(job: Job, said: bytes, port: int) -> StepFailed:
    """The server runs, and its port does not answer."""
    text = said.decode(errors="replace")
    if any(word in text for word in UNREACHED) or next(other_brokers(job), None):
        return no_kafka(job)
    return job.of_cause(servers.SILENT, port=port, seconds=job.step.timeout)


def no_kafka(job: Job) -> StepFailed:
    """It looks for a broker where none is, as the script says; or there is none at all."""
    broker = job.lab.broker_address
    found = next(other_brokers(job), None)
    if found is None and broker and not answers(job, broker):
        return job.of_cause(servers.BROKER_AWAY, broker=broker)
    address, line = found or ("", None)
    words = f": {address}, line {line} of the script" if found else ""
    return job.of_cause(servers.NO_KAFKA, Details(line=line), names=words, broker=broker)


def other_brokers(job: Job) -> Iterator[tuple[str, int]]:
    """Addresses that the script names for Kafka and at which nothing answers, with their lines."""
    for address, line in islice(brokers.named(script_of(job)), MOST_BROKERS):
        if address != job.lab.broker_address and not answers(job, address):
            yield address, line


def answers(job: Job, address: str) -> bool:
    """Whether something listens at an address, as the server's service sees it."""
    host, _, port = address.rpartition(":")
    argv = ("timeout", "2", "bash", "-c", PROBE, host, port)
    status, _ = job.run(Command(service=job.step.command.service, argv=argv), quiet=True)
    return status == 0


def script_of(job: Job) -> str:
    """The script that the command runs, as it is in the cluster; empty where it can't be read."""
    argv = job.step.command.argv
    named = [found[1] for each in argv if (found := SCRIPT.match(each))]
    named += [each for each in argv if each.endswith(".py")]
    for path in named[:1]:
        try:
            data = job.runtime.get_file(job.session, path.removeprefix("/w205/"))
        except (ClusterError, OSError, ValueError):
            return ""
        return data[:SCRIPT_BYTES].decode(errors="replace")
    return ""


def place_in(text: str) -> tuple[str, Details]:
    """Where a traceback ends in the student's own files, in words and as data."""
    found = list(PLACE.finditer(text))
    own = [each for each in found if each["file"].startswith("/w205/")] or found
    if not own:
        return "", Details()
    last = own[-1]
    return f" in {last['file']}, line {last['line']}", Details(line=int(last["line"]))


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")
