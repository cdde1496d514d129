"""What of a session's containers answers, and which of two processes counts."""

import contextlib

from portal.engine.errors import ClusterGone
from portal.engine.runtimes.agent.link import GONE, Link
from portal.engine.runtimes.base import ProcessHealth
from portal.engine.runtimes.docker.place import Container, Note, Place

OBSERVE_SECONDS = 5.0


def answering(place: Place, note: Note) -> dict[str, Container]:
    """The containers whose agents take calls."""
    found = {}
    for service, container in note.containers.items():
        with contextlib.suppress(ClusterGone):
            Link(place.folder / f"{service}.sock", OBSERVE_SECONDS).close()
            found[service] = container
    return found


def later(one: ProcessHealth | None, other: ProcessHealth) -> ProcessHealth:
    """Of two processes of one name, that which runs, or ran last."""
    if one is None:
        return other
    return max(one, other, key=lambda each: (each.is_running, each.started_at))


def noted(place: Place) -> Note:
    """What is known of a cluster that is there. Raises ClusterGone."""
    note = place.note
    if note is None or not note.containers:
        raise ClusterGone(GONE)
    return note
