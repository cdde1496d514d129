"""Have a session's containers stand still, and go on, all at once."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docker import APIClient
from docker.errors import APIError, NotFound

from portal.engine.errors import ClusterGone
from portal.engine.runtimes.agent.link import GONE
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.memory import ContainerGroup
from portal.engine.runtimes.docker.place import Container, Note

WORKERS = 8


def pause(engine: Engine, note: Note) -> None:
    """Pause them. Paused already is success. Raises ClusterGone, ClusterError."""
    each_of(engine, note, APIClient.pause, "already paused")
    # Whoever freezes looks at others next; that takes a second or two.
    threading.Thread(target=give_back, args=(groups_of(note),), daemon=True).start()


def unpause(engine: Engine, note: Note) -> None:
    """Have them go on. Not paused is success. Raises ClusterGone, ClusterError."""
    each_of(engine, note, APIClient.unpause, "not paused")
    for group in groups_of(note):
        group.stay_in_memory()


def groups_of(note: Note) -> list[ContainerGroup]:
    """The containers' control groups, as far as the runner can see them."""
    return [ContainerGroup(each.group) for each in note.containers.values() if each.group]


def give_back(groups: Iterable[ContainerGroup]) -> None:
    """Have each give its memory back while it stands still."""
    for group in groups:
        group.give_back()


def each_of(engine: Engine, note: Note, do: Callable[[APIClient, str], None], done: str) -> None:
    """Do it to every container, or find by the engine's words that it is done."""

    def one(container: Container) -> None:
        with engine.talk() as client:
            try:
                do(client, container.id)
            except NotFound as error:
                raise ClusterGone(GONE) from error
            except APIError as error:
                words = str(error.explanation)
                if "not running" in words:
                    raise ClusterGone(GONE) from error
                if done not in words:
                    raise

    with ThreadPoolExecutor(min(WORKERS, len(note.containers) or 1)) as pool:
        # A list: an error is raised where it is read, once all have been tried.
        list(pool.map(one, note.containers.values()))


def are_there(engine: Engine, containers: Iterable[Container]) -> bool:
    """Whether every container exists, which no agent can be asked while it stands still."""
    return all(is_there(engine, each) for each in containers)


def is_there(engine: Engine, container: Container) -> bool:
    """By its control group, which ends with it; the engine is asked where that can't be seen."""
    if container.group:
        return Path(container.group).exists()
    with engine.talk() as client:
        try:
            return bool(client.inspect_container(container.id)["State"]["Running"])
        except NotFound:
            return False
