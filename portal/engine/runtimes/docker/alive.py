"""What of a session's containers answers."""

from pathlib import Path

from portal.engine.errors import ClusterGone
from portal.engine.runtimes.agent import several
from portal.engine.runtimes.agent.link import GONE
from portal.engine.runtimes.docker.place import Container, Note, Place


def agents(place: Place, note: Note) -> dict[str, Path]:
    """The address of each service's agent."""
    return {service: place.folder / f"{service}.sock" for service in note.containers}


def answering(place: Place, note: Note) -> dict[str, Container]:
    """The containers whose agents take calls."""
    alive = several.answering(agents(place, note))
    return {name: each for name, each in note.containers.items() if name in alive}


def noted(place: Place) -> Note:
    """What is known of a cluster that is there. Raises ClusterGone."""
    note = place.note
    if note is None or not note.containers:
        raise ClusterGone(GONE)
    return note
