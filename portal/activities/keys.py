"""The keys of a session's streams. A generation's logs and topics end with its cluster."""

from portal.activities.models import Session
from portal.live.connection import connect


def log_key(session: Session, service: str) -> str:
    """A service's log."""
    return f"{session.pk}:{session.generation}:log:{service}"


def topic_key(session: Session, topic: str, partition: int) -> str:
    """One partition of a topic; an entry's number is its offset plus one."""
    return f"{session.pk}:{session.generation}:topic:{topic}:{partition}"


def step_key(session_id: str, run_id: int) -> str:
    """What a run of a step prints."""
    return f"{session_id}:step:{run_id}"


def partitions_key(session: Session, topic: str) -> str:
    """The set of a topic's partitions that have been seen."""
    return f"{session.pk}:{session.generation}:partitions:{topic}"


def wanted_key(session: Session) -> str:
    """The set of topics that somebody watches, scored by when that lapses."""
    return f"{session.pk}:{session.generation}:wanted"


def partitions(session: Session, topic: str) -> list[int]:
    """The partitions seen so far, at least the first."""
    found = {int(each) for each in connect().smembers(partitions_key(session, topic))}
    return sorted(found | {0})
