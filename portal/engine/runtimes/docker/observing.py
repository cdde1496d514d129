"""What a cluster's agents tell of it, and the engine where one is silent."""

import contextlib
import signal

from docker.errors import NotFound

from portal.engine.errors import ClusterError
from portal.engine.runtimes.agent import several
from portal.engine.runtimes.base import Health, ProcessHealth, State
from portal.engine.runtimes.docker import pausing
from portal.engine.runtimes.docker.alive import agents
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
    found, silent = several.observed(agents(place, note))
    ended = {each: _ended(engine, each, note.containers[each]) for each in sorted(silent)}
    if len(ended) == len(note.containers) and not any(e.is_running for e in ended.values()):
        return Health(State.ABSENT)
    processes = tuple((found | ended).values())
    if ended or any(each.is_broken for each in processes):
        return Health(State.BROKEN, processes)
    return Health(State.UP if note.is_ready else State.STARTING, processes)


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
