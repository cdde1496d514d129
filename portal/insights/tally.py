"""Running counts of a session's log and topic, kept beside a cursor in Redis.

Each look reads only what the relay has appended since the one before: no cluster is asked, and no
line is counted twice. Of two looks at once the later one's counts stay; both are right, since
counts and cursors are kept together.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from django.conf import settings

from portal.activities import keys
from portal.activities.models import Session
from portal.live import streams
from portal.live.connection import connect

BATCHES = 60
"""Of 500 entries each; what is more is counted at the next look."""
KINDS = 40
OTHERS = "others"
ANSWER = re.compile(r'"(?P<method>[A-Z]{3,10}) (?P<path>\S{1,2000})[^"]{0,20}" (?P<status>\d{3}) ')
BAD_REQUEST = re.compile(r'"[^"]*" (?P<status>[45]\d\d) -')
UNASKED = frozenset({"OPTIONS"})
"""What the portal's own checks ask: no call of anybody's."""

Kinds = dict[str, int]


@dataclass(slots=True)
class LogTally:
    """What a log has told of requests."""

    after: int = 0
    gap: int = 0
    last_at: float = 0.0
    statuses: Kinds = field(default_factory=dict)
    """By the status' first digit."""
    by_answer: Kinds = field(default_factory=dict)
    """Good answers, by path."""

    def take(self, entry: dict[str, Any]) -> None:
        """One line."""
        text = str(entry.get("text", ""))
        found = ANSWER.search(text) or BAD_REQUEST.search(text)
        if found is None or found.groupdict().get("method") in UNASKED:
            return
        status = found["status"]
        add(self.statuses, status[0])
        if status[0] == "2":
            add(self.by_answer, found.groupdict().get("path") or "?")
        self.last_at = max(self.last_at, float(entry.get("at") or 0.0))


@dataclass(slots=True)
class TopicTally:
    """What a topic's records hold. Of another topic of the same name it begins anew."""

    epoch: int = 0
    after: dict[str, int] = field(default_factory=dict)
    """By partition; a partition's number is its offset plus one."""
    gap: int = 0
    not_json: int = 0
    not_object: int = 0
    by_type: Kinds = field(default_factory=dict)

    def take(self, entry: dict[str, Any], event_key: str = "") -> None:
        """One record; the event's key of that name says what happened."""
        if "skipped" in entry:
            self.gap += int(entry["skipped"])
        elif entry.get("truncated"):
            add(self.by_type, "too large to look into")
        else:
            self.take_value(entry, event_key)

    def take_value(self, entry: dict[str, Any], event_key: str) -> None:
        """What a record's value is."""
        try:
            if entry.get("encoding") == "base64":
                raise ValueError("no text")
            value = json.loads(entry.get("value") or "")
        except (ValueError, RecursionError):
            self.not_json += 1
            return
        if not isinstance(value, dict):
            self.not_object += 1
            return
        add(self.by_type, type_of(value, event_key))


@dataclass(slots=True)
class Tally:
    """All that is counted of a cluster."""

    log: LogTally = field(default_factory=LogTally)
    topic: TopicTally = field(default_factory=TopicTally)
    wanted_since: float = 0.0
    """Since when somebody has the topic read."""
    is_behind: bool = False
    """There was more than one look reads."""


def add(kinds: Kinds, name: str) -> None:
    """One more of a kind; what has too many kinds is counted together."""
    name = name[:200]
    if name not in kinds and len(kinds) >= KINDS:
        name = OTHERS
    kinds[name] = kinds.get(name, 0) + 1


def type_of(value: dict[str, Any], event_key: str) -> str:
    """An event's own word for what it is, where the lab says which key has it."""
    if not event_key:
        return "JSON object"
    word = value.get(event_key)
    return word if isinstance(word, str) else f"no {event_key}"


def update(session: Session, service: str, topic: str, event_key: str) -> Tally:
    """Count what has come since the last look. Raises RedisError."""
    key = keys.cluster_key(session, f"tally:{service}:{topic}")
    tally = load(key)
    tally.is_behind = False
    if service:
        count_log(tally, session, service)
    if topic:
        count_topic(tally, session, topic, event_key)
    connect().set(key, json.dumps(asdict(tally)), ex=settings.STREAM_KEEP_SECONDS)
    return tally


def load(key: str) -> Tally:
    """The counts so far; none for what was never looked at, or by another version of this."""
    stored: bytes | None = connect().get(key)  # type: ignore[assignment]
    if stored is None:
        return Tally()
    kept = json.loads(stored)
    try:
        log, topic = LogTally(**kept["log"]), TopicTally(**kept["topic"])
        return Tally(log, topic, float(kept["wanted_since"]))
    except (KeyError, TypeError):
        return Tally()


def count_log(tally: Tally, session: Session, service: str) -> None:
    """The log's new lines."""
    log = tally.log
    log.after, gap, is_more = follow(keys.log_key(session, service), log.after, log.take)
    log.gap += gap
    tally.is_behind |= is_more


def count_topic(tally: Tally, session: Session, topic: str, event_key: str) -> None:
    """The topic's new records, and that somebody wants them read."""
    if topic not in keys.wanted_topics(session):
        tally.wanted_since = time.time()
    if session.status == "ready":
        keys.want_topic(session, topic)
    incarnation = keys.incarnation_of(session, topic)
    if incarnation.epoch != tally.topic.epoch:
        tally.topic = TopicTally(epoch=incarnation.epoch)
    take = partial(tally.topic.take, event_key=event_key)
    for partition in keys.partitions(session, topic):
        key = keys.topic_key(session, topic, partition, incarnation)
        name = str(partition)
        after = tally.topic.after.get(name, 0)
        tally.topic.after[name], gap, is_more = follow(key, after, take)
        tally.topic.gap += gap
        tally.is_behind |= is_more


def follow(key: str, after: int, take: Callable[[dict[str, Any]], None]) -> tuple[int, int, bool]:
    """Read a stream on; return where it stands, how many entries are gone, and if there is more."""
    missed = 0
    for _ in range(BATCHES):
        batch = streams.read(key, after)
        if not batch.entries:
            return after, missed, False
        for _, entry in batch.entries:
            take(entry)
        missed += batch.gap
        after = batch.last
    return after, missed, True
