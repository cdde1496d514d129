"""What the relay does for the panel: reads groups while somebody watches, and sets one back."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings

from portal.activities.keys import cluster_key, marked
from portal.activities.models import Session
from portal.engine import groups
from portal.engine.faults import broker_of
from portal.live.connection import connect
from portal.runner.batcher import Waiting
from portal.runner.runtimes import get_runtime, place_of

WATCHED_SECONDS = 15
"""For so long after a page has last asked."""


def read_groups(session: Session, _: str, stopped: Callable[[], bool]) -> Iterator[Waiting]:
    """The list of groups; it is kept, and no stream."""
    runtime = get_runtime(session.runtime)
    for found in groups.watch(runtime, *place_of(session), stopped):
        told = json.dumps([each.as_dict() for each in found])
        connect().set(cluster_key(session, "groups"), told, ex=settings.STREAM_KEEP_SECONDS)
    yield from ()


def watched(sessions: Sequence[Session]) -> dict[str, list[str]]:
    """One reader for each session at which somebody looks."""
    return {session: [""] for session in marked(sessions, "groups-watched")}


def watch(session: Session) -> list[dict[str, Any]] | None:
    """The groups as far as they are known, and word that somebody looks; None before the first."""
    connect().set(cluster_key(session, "groups-watched"), 1, ex=WATCHED_SECONDS)
    found: bytes | None = connect().get(cluster_key(session, "groups"))  # type: ignore[assignment]
    return None if found is None else json.loads(found)


def reset(session: Session, *, group: str, topic: str, to: str, value: str) -> dict[str, Any]:
    """Set a group back, as its errand."""
    argv = groups.reset_argv(session.spec.broker_address, group, topic, to, value)
    service = broker_of(session.spec)
    return asdict(groups.reset(get_runtime(session.runtime), session.cluster, service, argv))
