"""What a cluster can be made to suffer on purpose, and how that is put right."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from portal.engine import topics
from portal.engine.errors import (
    CommandCancelled,
    CommandTimedOut,
    Part,
    ServiceNotReady,
    StepFailed,
)
from portal.engine.lab.cluster import ServiceSpec
from portal.engine.lab.spec import ADVERTISED, LabSpec
from portal.engine.lab.step import Lab
from portal.engine.programs import safely
from portal.engine.runtimes.base import Cancelled, Halt, Impairment, ProcessHealth, Runtime, never

RIGHT_SECONDS = 120.0
"""A broker that was killed is let in again once ZooKeeper has forgotten it, in about 20 s."""
PROBE_SECONDS = 20.0
PAUSE_SECONDS = 0.5
REQUEST_SECONDS = 20.0
BAD_RECORD = '{"key": "value",'
"""As JSON it has no end."""
LINKS = {"cut-link": Impairment.CUT, "slow-link": Impairment.SLOW}


class Deed(StrEnum):
    """What is done to a cluster."""

    STOP = "stop"
    KILL = "kill"
    PAUSE = "pause"
    CUT_LINK = "cut-link"
    SLOW_LINK = "slow-link"
    START = "start"
    RECORD = "record"
    CUT_SHORT = "cut-short"

    @property
    def lasts(self) -> bool:
        """Whether something does not work until it is put right."""
        return self not in (Deed.START, Deed.RECORD)

    @property
    def done(self) -> str:
        """What has been done then, in words."""
        return DONE[self]


DONE = {
    Deed.STOP: "stopped",
    Deed.KILL: "killed",
    Deed.PAUSE: "paused",
    Deed.CUT_LINK: "cut off from all others",
    Deed.SLOW_LINK: "on a slow link",
    Deed.START: "started again",
    Deed.RECORD: "sent a record that is no JSON",
    Deed.CUT_SHORT: "killed before its producer had flushed",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: a process that is put out of work, or a topic that gets a record."""

    does: Deed
    target: str
    """A process, or a topic for `record`; empty for `start`: all that is held."""
    value: str = BAD_RECORD
    """The record, for `record`."""
    path: str = "/"
    """What is asked of the server, for `cut-short`."""


def processes(lab: Lab) -> dict[str, str]:
    """What can be put out of work: by name, in which service it is. Services come first."""
    found = {each.name: each.name for each in lab.services if each.command}
    for step in lab.steps:
        if step.run.serves and step.run.process_name:
            found.setdefault(step.run.process_name, step.command.service)
    return found


def linked(lab: Lab) -> list[str]:
    """The services whose links can be cut: those that others call."""
    return [each.name for each in lab.services if each.command]


def ports(lab: LabSpec) -> dict[str, int]:
    """The port of each server that a step starts, by its process."""
    return {
        str(each.run.process_name): place[2]
        for each in lab.steps
        if each.run.serves and (place := each.run.server(each))
    }


def broker_of(lab: LabSpec) -> str:
    """The service whose process is the broker; empty where none is."""
    return next((s.name for s in lab.services if s.command and ADVERTISED in s.environment), "")


def offers(lab: LabSpec) -> Iterator[Fault]:
    """The faults that this lab's clusters can have, most telling first."""
    for name in processes(lab):
        for deed in (Deed.PAUSE, Deed.STOP, Deed.KILL):
            yield Fault(deed, name)
    for name in linked(lab):
        yield from (Fault(Deed(deed), name) for deed in LINKS)
    if broker_of(lab):
        yield from (Fault(Deed.CUT_SHORT, name) for name in ports(lab))
    if lab.broker_address:
        yield from (Fault(Deed.RECORD, topic) for topic in lab.topics)


def cause(
    runtime: Runtime, session: str, lab: LabSpec, fault: Fault, cancelled: Cancelled = never
) -> str:
    """Do it, and say what was done. Raises ClusterError, and then nothing is held that was not."""
    match fault.does:
        case Deed.STOP | Deed.KILL | Deed.PAUSE:
            must_run(runtime, session, fault.target)
            runtime.halt(session, fault.target, Halt(fault.does.value))
        case Deed.CUT_LINK | Deed.SLOW_LINK:
            must_run(runtime, session, fault.target)
            runtime.impair(session, fault.target, LINKS[fault.does])
        case Deed.START:
            put_right(runtime, session, lab, only=fault.target, cancelled=cancelled)
            return f"{fault.target or 'Everything'} works again."
        case Deed.RECORD:
            place = lab.tools, lab.broker_address, fault.target
            partition, offset = topics.produce(runtime, session, *place, value=fault.value.encode())
            return f"{fault.target} has a bad record: partition {partition}, offset {offset}."
        case Deed.CUT_SHORT:
            cut_short(runtime, session, lab, fault, cancelled)
    return f"{fault.target} is {fault.does.done}."


def must_run(runtime: Runtime, session: str, process: str) -> None:
    """Raise StepFailed unless there is such a process, and it runs or is held."""
    found = runtime.observe(session).process(process)
    if found is None or not (found.is_running or found.is_held):
        raise StepFailed(
            f"{process} is not running, so nothing was done to it.",
            advice="Start it with its step, then try again.",
            part=Part.UNKNOWN,
        )


def cut_short(
    runtime: Runtime, session: str, lab: LabSpec, fault: Fault, cancelled: Cancelled
) -> None:
    """End a server that has answered and not yet sent.

    The broker is away meanwhile, so that what the producer holds can't have left it.
    """
    server, broker = fault.target, broker_of(lab)
    must_run(runtime, session, server)
    url = f"http://localhost:{ports(lab)[server]}{fault.path}"
    argv = ("curl", "-s", "-o", "/dev/null", "--max-time", "15", "-w", "%{http_code}", url)
    runtime.halt(session, broker, Halt.STOP)
    try:
        asked = runtime.exec(
            session, processes(lab)[server], argv, timeout=REQUEST_SECONDS, cancelled=cancelled
        )
        said = b"".join(each.data for each in asked if each.stream == "stdout")
        if said.startswith(b"2"):
            runtime.halt(session, server, Halt.KILL)
    finally:
        put_right(runtime, session, lab, only=broker, cancelled=cancelled)
    if not said.startswith(b"2"):
        status = said.decode(errors="replace")[:3]
        has_answered = status.isdecimal() and status != "000"
        answer = f"answered {status}" if has_answered else "did not answer"
        raise StepFailed(
            f"{server} {answer} to GET {fault.path}, so it was left running.",
            advice="Call it once, so that it knows its broker, then try again.",
            part=Part.UNKNOWN,
        )


def held(runtime: Runtime, session: str) -> list[ProcessHealth]:
    """The processes that are out of work on purpose."""
    return [each for each in runtime.observe(session).processes if each.is_held]


def put_right(
    runtime: Runtime,
    session: str,
    lab: LabSpec,
    *,
    only: str = "",
    cancelled: Cancelled = never,
) -> list[str]:
    """Have what is held or cut off work again, and wait until it does; the names of what was.

    Services come first, in their order. Raises ServiceNotReady, CommandCancelled, and what the
    runtime raises.
    """
    order = list(processes(lab))
    wanted = {only} if only else set(order)
    done: set[str] = set(runtime.impaired(session)) & wanted
    deadline = time.monotonic() + RIGHT_SECONDS
    for name in done:
        runtime.impair(session, name, None)

    def still_held() -> set[str]:
        return {each.name for each in held(runtime, session)} & wanted

    def is_hopeless() -> bool:
        return cancelled() or time.monotonic() > deadline or bool(still_held())

    while True:
        # Again and again: one that does not last is held as before.
        found = still_held()
        for name in sorted(found, key=order.index):
            runtime.resume(session, name)
        done |= found
        services = [each for each in lab.services if each.name in done]
        if not found and all(is_ready(runtime, session, lab, s, is_hopeless) for s in services):
            return sorted(done, key=order.index)
        if cancelled():
            raise CommandCancelled
        if time.monotonic() > deadline:
            names = ", ".join(sorted(done))
            raise ServiceNotReady(f"{names} did not work again within {RIGHT_SECONDS:g} s.")
        time.sleep(PAUSE_SECONDS)


def is_ready(
    runtime: Runtime, session: str, lab: LabSpec, service: ServiceSpec, is_hopeless: Cancelled
) -> bool:
    """Whether a service answers, as its probe tells; one without a probe does."""
    if service.ready is None:
        return True
    argv = safely(service.ready.run)
    try:
        probe = runtime.exec(session, lab.tools, argv, timeout=PROBE_SECONDS, cancelled=is_hopeless)
        for _ in probe:
            pass
    except (CommandTimedOut, CommandCancelled):
        return False
    return probe.exit_status == 0
