"""What a cluster's agents tell of it, and the engine where one is silent."""

import contextlib
import signal
from typing import Any

from docker.errors import NotFound

from portal.engine.errors import ClusterError, ClusterGone
from portal.engine.runtimes.agent.link import GONE, ask
from portal.engine.runtimes.base import Health, ProcessHealth, State, Stats
from portal.engine.runtimes.docker import pausing
from portal.engine.runtimes.docker.alive import OBSERVE_SECONDS, answering, later
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.place import Container, Place

KILLED = 128 + signal.SIGKILL


def health(engine: Engine, place: Place) -> Health:
    """What runs of a cluster, and what does not."""
    note = place.note
    if note is None:
        return Health(State.ABSENT)
    if place.is_asleep and pausing.are_there(engine, note.containers.values()):
        return Health(State.ASLEEP)
    found: dict[str, ProcessHealth] = {}
    silent: dict[str, Container] = {}
    for service, container in note.containers.items():
        try:
            processes = asked(place, service, "observe").processes()
        except ClusterError:
            silent[service] = container
            continue
        for each in processes:
            found[each.name] = later(found.get(each.name), each)
    ended = {name: _ended(engine, name, each) for name, each in silent.items()}
    if len(ended) == len(note.containers) and not any(e.is_running for e in ended.values()):
        return Health(State.ABSENT)
    processes = tuple((found | ended).values())
    if ended or any(each.is_broken for each in processes):
        return Health(State.BROKEN, processes)
    return Health(State.UP if note.is_ready else State.STARTING, processes)


def process(place: Place, name: str) -> ProcessHealth | None:
    """The newest process of that name, in whatever service. Raises ClusterGone."""
    note = place.note
    if note is None or not answering(place, note):
        raise ClusterGone(GONE)
    found = None
    for service in note.containers:
        with contextlib.suppress(ClusterGone):
            for each in asked(place, service, "observe").processes():
                if each.name == name:
                    found = later(found, each)
    return found


def stats(place: Place) -> Stats:
    """What all containers use. Raises ClusterGone."""
    note = place.note
    alive = answering(place, note) if note else {}
    answers = [asked(place, each, "stats") for each in alive]
    if not answers:
        raise ClusterGone(GONE)
    memory = sum(each.number("memory") for each in answers)
    processes = sum(each.number("processes") for each in answers)
    computed = [each.computed() for each in answers]
    known = [each for each in computed if each is not None]
    return Stats(memory, processes, sum(known) if len(known) == len(computed) else None)


def asked(place: Place, service: str, verb: str, **fields: Any) -> Any:
    """An agent's answer, of one that may be gone. Raises ClusterError."""
    return ask(place.folder / f"{service}.sock", verb, patience=OBSERVE_SECONDS, **fields)


def _ended(engine: Engine, service: str, container: Container) -> ProcessHealth:
    """What the engine tells of a container whose agent doesn't answer."""
    status, is_running = None, False
    with contextlib.suppress(ClusterError, NotFound), engine.talk() as client:
        state = client.inspect_container(container.id)["State"]
        # One that runs and doesn't answer is frozen.
        is_running = bool(state["Running"])
        status = None if is_running else int(state["ExitCode"])
    if status == KILLED:
        status = -signal.SIGKILL
    return ProcessHealth(service, service, is_running, status)
