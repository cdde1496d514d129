"""Readers of topics that never came to an end: why, by their own words and by the topic."""

import getopt
import shlex
import time

from portal.engine import fresh
from portal.engine.causes import timing
from portal.engine.errors import ClusterError, CommandTimedOut, Part
from portal.engine.kinds.job import Job
from portal.engine.lab.command import Command

KCAT = frozenset({"kafkacat", "kcat"})
FLAGS = "PCG:LQM:t:p:b:z:o:eED:K:k:H:Od:qvF:X:c:Tuf:ZlVhs:r:Jm:U"
"""kcat's own, as getopt takes them."""
NO_READER = frozenset({"-P", "-L", "-Q", "-M", "-G"})
CONSOLE = "kafka-console-consumer"
SOME = "20"
"""How many events are a number of them, where one is suggested."""
STEADY_SECONDS = 5.0
STEADY_RECORDS = 2
"""What comes so fast keeps a reader from ever seeing the topic's end."""


def explain(job: Job, command: Command, error: CommandTimedOut) -> ClusterError:
    """Why a command that was ended had not come to its end; the error itself if nobody knows."""
    program, *words = command.argv
    if program == CONSOLE and not any(each.startswith(("--max-", "--timeout")) for each in words):
        return reads_on(job, command, error, (*command.argv, "--max-messages", SOME))
    if program not in KCAT:
        return error
    try:
        given, topics = getopt.getopt(words, FLAGS)
    except getopt.GetoptError:
        return error
    names = {name for name, _ in given}
    if names & NO_READER or "-c" in names:
        return error
    if "-e" not in names:
        return reads_on(job, command, error, (*command.argv, "-e"))
    topic = next((value for name, value in given if name == "-t"), "")
    if (came := coming(job, topic)) < STEADY_RECORDS:
        return error
    left = [word for name, value in given if name != "-e" for word in (name, value) if word]
    return job.of_cause(
        timing.GOES_ON,
        program=program,
        seconds=error.seconds,
        count=f"{came} more events",
        topic=repr(topic),
        instead=line(command, (program, *left, "-c", SOME, *topics)),
    )


def reads_on(
    job: Job, command: Command, error: CommandTimedOut, instead: tuple[str, ...]
) -> ClusterError:
    """Nothing told it to end."""
    found = job.of_cause(
        timing.READS_ON,
        program=command.argv[0],
        seconds=error.seconds,
        instead=line(command, instead),
    )
    found.part = Part.CODE if job.has_own_text else Part.LAB
    return found


def coming(job: Job, topic: str) -> int:
    """How many events came to a topic since the step began, if they come still; else 0."""
    where = (job.runtime, job.session, job.lab.tools, job.lab.broker_address)

    def since(began: float, seconds: float) -> int:
        found = fresh.wait(
            *where,
            since=began,
            least=STEADY_RECORDS,
            seconds=seconds,
            topics=[topic],
            cancelled=job.cancelled,
        )
        return sum(each.count for each in found)

    try:
        is_steady = bool(topic) and since(time.time(), STEADY_SECONDS) >= STEADY_RECORDS
        return since(job.began, 0) if is_steady else 0
    except ClusterError:
        return 0


def line(command: Command, argv: tuple[str, ...]) -> str:
    """The command that would end, as a student types it."""
    return f"docker-compose exec {command.service} {shlex.join(argv)}"
