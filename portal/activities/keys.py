"""The keys of a session's streams. A generation's logs and topics end with its cluster."""

import time

from django.conf import settings

from portal.activities.models import Session
from portal.live.connection import connect

WANTED_SECONDS = 30.0
"""A topic's reader goes on for so long after its last viewer was heard of."""


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


def want_topic(session: Session, topic: str) -> None:
    """Somebody watches a topic; to be said again while that goes on."""
    key = wanted_key(session)
    connect().zadd(key, {topic: time.time() + WANTED_SECONDS})
    connect().expire(key, 3600)


def wanted_topics(session: Session) -> list[str]:
    """The topics that somebody watches now."""
    found: list[bytes] = connect().zrangebyscore(wanted_key(session), time.time(), "+inf")  # type: ignore[assignment]
    return [topic.decode() for topic in found]


def saw_partition(session: Session, topic: str, partition: int) -> None:
    """A topic has this partition."""
    key = partitions_key(session, topic)
    connect().sadd(key, partition)
    connect().expire(key, settings.STREAM_KEEP_SECONDS)


def partitions(session: Session, topic: str) -> list[int]:
    """The partitions seen so far, at least the first."""
    found: set[bytes] = connect().smembers(partitions_key(session, topic))  # type: ignore[assignment]
    return sorted({int(each) for each in found} | {0})
