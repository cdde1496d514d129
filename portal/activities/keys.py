"""The keys of a session's streams. A generation's logs and topics end with its cluster."""

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from portal.activities.models import Session
from portal.live import shares
from portal.live.connection import connect

WANTED_SECONDS = 30.0
"""A topic's reader goes on for so long after its last viewer was heard of."""
HOUR = 3600


KeyOf = Callable[[Session, str], str | None]
_more: dict[str, KeyOf] = {}


def add_streams(kind: str, key_of: KeyOf) -> None:
    """Let pages follow an app's own streams, called `KIND:REST`; None for a rest that is none."""
    _more[kind] = key_of


def key_in(session: Session, kind: str, rest: str) -> str | None:
    """The key of a stream that an app has added; None where there is none."""
    return _more[kind](session, rest) if kind in _more else None


@dataclass(frozen=True, slots=True)
class Incarnation:
    """Which of the topics of one name: a topic that is deleted and made anew is another."""

    epoch: int = 0
    identity: str = ""
    """Kafka's own name for it, once that is known."""


def cluster_key(session: Session, name: str) -> str:
    """A key of what the session's present cluster has."""
    return f"{session.pk}:{session.generation}:{name}"


def log_key(session: Session, service: str) -> str:
    """A service's log."""
    return cluster_key(session, f"log:{service}")


def topic_key(
    session: Session, topic: str, partition: int, incarnation: Incarnation | None = None
) -> str:
    """One partition of a topic as it is now; an entry's number is its offset plus one."""
    epoch = (incarnation or incarnation_of(session, topic)).epoch
    return cluster_key(session, f"topic:{topic}:{partition}" + (f":e{epoch}" if epoch else ""))


def seen_key(
    session: Session, topic: str, partition: int, incarnation: Incarnation | None = None
) -> str:
    """The records of a partition that have a mark, numbered as they are in `topic_key`."""
    epoch = (incarnation or incarnation_of(session, topic)).epoch
    return cluster_key(session, f"seen:{topic}:{partition}" + (f":e{epoch}" if epoch else ""))


def trace_key(session: Session, service: str) -> str:
    """What the servers of a service note of their requests, but for the bytes."""
    return cluster_key(session, f"trace:{service}")


def capture_key(session: Session, service: str) -> str:
    """The bytes of requests and replies, as the servers of a service read and wrote them."""
    return cluster_key(session, f"capture:{service}")


def step_key(session_id: str, run_id: int) -> str:
    """What a run of a step prints."""
    return f"{session_id}:step:{run_id}"


def forget_cluster(session: Session) -> None:
    """The session's present cluster is replaced: no page shows its logs and topics any more."""
    with contextlib.suppress(RedisError, OSError):
        shares.forget(cluster_key(session, ""))


def forget_session(session: Session) -> None:
    """It has ended: its streams can be read for a while. Rows keep the outputs for good."""
    with contextlib.suppress(RedisError, OSError):
        shares.forget(f"{session.pk}:", after_seconds=settings.STREAM_GRACE_SECONDS)


def incarnation_of(session: Session, topic: str) -> Incarnation:
    """The topic of that name that is read now."""
    found: bytes | None = connect().hget(cluster_key(session, "incarnations"), topic)  # type: ignore[assignment]
    if found is None:
        return Incarnation()
    epoch, _, identity = found.decode().partition(" ")
    return Incarnation(int(epoch), identity)


def set_incarnation(session: Session, topic: str, incarnation: Incarnation) -> None:
    """From now on the topic of that name is this one; no partition of it has been seen."""
    key = cluster_key(session, "incarnations")
    if incarnation.epoch != incarnation_of(session, topic).epoch:
        connect().delete(partitions_key(session, topic))
    connect().hset(key, topic, f"{incarnation.epoch} {incarnation.identity}")
    connect().expire(key, settings.STREAM_KEEP_SECONDS)


def set_condition(session: Session, topic: str, condition: str) -> None:
    """What a topic's reader says of it: an `engine.tail.TailNotice`'s word."""
    key = cluster_key(session, "conditions")
    connect().hset(key, topic, condition)
    connect().expire(key, settings.STREAM_KEEP_SECONDS)


def conditions(session: Session) -> dict[str, str]:
    """What the readers say, by topic."""
    found: dict[bytes, bytes] = connect().hgetall(cluster_key(session, "conditions"))  # type: ignore[assignment]
    return {topic.decode(): condition.decode() for topic, condition in found.items()}


def set_topics(session: Session, topics: list[dict[str, Any]]) -> None:
    """The topics that there are in the cluster, with their details."""
    key = cluster_key(session, "topics")
    connect().set(key, json.dumps(topics), ex=settings.STREAM_KEEP_SECONDS)


def topics(session: Session) -> list[dict[str, Any]]:
    """The topics that there are in the cluster, as far as somebody has looked."""
    found: bytes | None = connect().get(cluster_key(session, "topics"))  # type: ignore[assignment]
    listed: list[dict[str, Any]] = json.loads(found or b"[]")
    return listed


def topic_names(session: Session) -> list[str]:
    """The topics that pages offer: the lab's own, then those that students made."""
    made = [topic["name"] for topic in topics(session) if not topic["is_internal"]]
    return list(dict.fromkeys((*session.spec.topics, *made)))


def is_known(session: Session, topic: str) -> bool:
    """Whether there is such a topic, or was one that somebody watched: it may be made again."""
    return topic in topic_names(session) or topic in conditions(session)


def partitions_key(session: Session, topic: str) -> str:
    """The set of a topic's partitions that have been seen."""
    return cluster_key(session, f"partitions:{topic}")


def wanted_key(session: Session) -> str:
    """The set of topics that somebody watches, scored by when that lapses."""
    return cluster_key(session, "wanted")


def want_topic(session: Session, topic: str) -> None:
    """Somebody watches a topic; to be said again while that goes on."""
    key = wanted_key(session)
    connect().zadd(key, {topic: time.time() + WANTED_SECONDS})
    connect().expire(key, HOUR)


def wanted_topics(session: Session) -> list[str]:
    """The topics that somebody watches now."""
    return topics_wanted_of([session])[session.pk]


def topics_wanted_of(sessions: Sequence[Session]) -> dict[str, list[str]]:
    """The same of many sessions, by their names, in one word with Redis."""
    now, pipe = time.time(), connect().pipeline(transaction=False)
    for session in sessions:
        pipe.zrangebyscore(wanted_key(session), now, "+inf")
    found: list[list[bytes]] = pipe.execute() if sessions else []
    return {
        session.pk: [topic.decode() for topic in topics]
        for session, topics in zip(sessions, found, strict=True)
    }


def marked(sessions: Sequence[Session], name: str) -> set[str]:
    """Of which of these sessions there is a key of that name."""
    pipe = connect().pipeline(transaction=False)
    for session in sessions:
        pipe.exists(cluster_key(session, name))
    found: list[int] = pipe.execute() if sessions else []
    return {session.pk for session, there in zip(sessions, found, strict=True) if there}


def saw_partition(session: Session, topic: str, partition: int) -> None:
    """A topic has this partition."""
    key = partitions_key(session, topic)
    connect().sadd(key, partition)
    connect().expire(key, settings.STREAM_KEEP_SECONDS)


def partitions(session: Session, topic: str) -> list[int]:
    """The partitions seen so far, at least the first."""
    return partitions_by_topic(session, [topic])[topic]


def partitions_by_topic(session: Session, names: list[str]) -> dict[str, list[int]]:
    """The partitions seen so far of several topics, at least the first of each."""
    pipe = connect().pipeline(transaction=False)
    for name in names:
        pipe.smembers(partitions_key(session, name))
    found: list[set[bytes]] = pipe.execute()
    seen = dict(zip(names, found, strict=True))
    return {name: sorted({int(each) for each in seen[name]} | {0}) for name in names}
