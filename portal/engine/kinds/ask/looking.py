"""Ask the cluster what a student was asked. What can't be known raises Unknown, which says why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from portal.engine import spark, topics
from portal.engine.errors import ClusterError
from portal.engine.kinds.job import Job
from portal.engine.runtimes.base import State

KEPT = 256 * 1024
MOST = 2**53


@dataclass(slots=True)
class PlainCell:
    """Lines that make no table."""

    service: str
    setup: str = ""
    table: str | None = None
    topic: str | None = None


class Unknown(Exception):
    """The cluster does not say."""


def records(job: Job, name: str) -> int:
    """How many records a topic holds. Raises Unknown, and ClusterError."""
    lab = job.lab
    found = topics.look(job.runtime, job.session, lab.tools, lab.broker_address, job.cancelled)
    topic = next((each for each in found if each.name == name), None)
    if topic is None:
        raise Unknown(f"Kafka has no topic {name} yet.")
    if not topic.partitions or len(topic.partitions) < topic.count:
        raise Unknown(f"Not every partition of {name} can be read now.")
    return sum(each.end - each.begin for each in topic.partitions)


def broken(job: Job) -> tuple[str, ...]:
    """What does not run, is paused, or can't be reached as usual. Raises as `records`."""
    health = job.runtime.observe(job.session)
    if health.state in (State.ABSENT, State.STARTING):
        raise Unknown("The cluster is not up.")
    found = [each.name for each in health.processes if each.is_held or not each.is_running]
    found += [each for each in job.runtime.impaired(job.session) if each not in found]
    if not found:
        raise Unknown("Everything works now, so nothing is to be found.")
    return tuple(found)


def table(job: Job, service: str, name: str, *, rows: bool) -> int | tuple[str, ...]:
    """How many rows a data frame of pyspark's has, or its columns. Raises as `records`."""
    asked = f"{name}.count()" if rows else f"{name}.columns"
    job.write("note", f">>> {asked}\n".encode())
    said: list[str] = []

    def hear(stream: str, text: str) -> None:
        if stream == "stdout" and sum(map(len, said)) < KEPT:
            said.append(text[:KEPT])

    outcome = spark.run_cell(
        job.runtime,
        job.session,
        PlainCell(service),
        f'print(__import__("json").dumps({{"found": {asked}}}))',
        hear,
        job.step.timeout,
        job.cancelled,
        job.tell,
        conf=job.lab.service(service).spark_conf,
        broker=job.lab.broker_address,
    )
    if outcome.error is not None:
        raise Unknown(f"pyspark does not say what {asked} is: {outcome.error}")
    return read(said, rows=rows)


def read(said: list[str], *, rows: bool) -> int | tuple[str, ...]:
    """What pyspark printed. Raises Unknown for what is neither a number nor names."""
    lines = [each for each in "".join(said).splitlines() if each.startswith("{")]
    try:
        message = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        message = None
    found = message.get("found") if isinstance(message, Mapping) else None
    if rows and isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= MOST:
        return found
    if not rows and isinstance(found, list) and all(isinstance(each, str) for each in found):
        return tuple(each[:200] for each in found[:1000])
    raise Unknown("pyspark's answer makes no sense.")


def why(error: Unknown | ClusterError) -> str:
    """Why it can't be known, as a sentence."""
    return str(error)[:500]
