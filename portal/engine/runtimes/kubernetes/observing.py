"""What a cluster's agents tell of it, and the API where one is silent."""

import contextlib
import signal

from portal.engine.errors import ClusterError
from portal.engine.runtimes.agent import several
from portal.engine.runtimes.base import Health, ProcessHealth, State
from portal.engine.runtimes.kubernetes.api import Api
from portal.engine.runtimes.kubernetes.place import Note, Place
from portal.engine.runtimes.kubernetes.pod import Object, container

KILLED = 128 + signal.SIGKILL
OVER = ("Failed", "Succeeded")


def health(api: Api, place: Place, name: str, note: Note) -> Health:
    """What runs of a cluster, and what does not. The API is asked only where an agent is silent."""
    tools = {note.tools: place.agent(note, note.tools)}
    # One first: of a node that is gone, each would be waited for.
    if not several.answering(tools) and has_ended(api, name, note.uid):
        return Health(State.ABSENT)
    found, silent = several.observed(place.agents(note))
    if silent:
        pod = known(api, name)
        ended = {each: ending(pod or {}, note, each) for each in silent}
        if pod is not None and is_over(pod, note.uid):
            return Health(State.ABSENT)
        if pod and len(ended) == len(note.services) and not any_runs(ended):
            return Health(State.ABSENT)
        return Health(State.BROKEN, tuple((found | ended).values()))
    processes = tuple(found.values())
    if any(each.is_broken for each in processes):
        return Health(State.BROKEN, processes)
    return Health(State.UP if note.is_ready else State.STARTING, processes)


def known(api: Api, name: str) -> Object | None:
    """The pod as the API has it: empty if there is none, None if the API can't be asked."""
    with contextlib.suppress(ClusterError):
        return api.get("pods", name) or {}
    return None


def has_ended(api: Api, name: str, uid: str) -> bool:
    """Whether the API knows that a pod is over."""
    pod = known(api, name)
    return pod is not None and is_over(pod, uid)


def is_over(pod: Object, uid: str) -> bool:
    """Whether a pod is gone, or another, or has been told to go, or has ended."""
    metadata = pod.get("metadata", {})
    is_other = metadata.get("uid") != uid
    return is_other or "deletionTimestamp" in metadata or pod["status"].get("phase") in OVER


def any_runs(ended: dict[str, ProcessHealth]) -> bool:
    """Whether any of them does."""
    return any(each.is_running for each in ended.values())


def ending(pod: Object, note: Note, service: str) -> ProcessHealth:
    """What the API tells of a container whose agent doesn't answer."""
    name = container(note.services.index(service))
    for each in pod.get("status", {}).get("containerStatuses") or ():
        ended = each.get("state", {}).get("terminated")
        if each.get("name") == name and ended:
            status = int(ended.get("exitCode", 0))
            return ProcessHealth(
                service, service, False, -signal.SIGKILL if status == KILLED else status
            )
    # One that runs and doesn't answer stands still, or its node is gone.
    return ProcessHealth(service, service, True)
