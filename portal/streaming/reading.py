"""What the relay does for the panel: reads queries while somebody watches, and ends one."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings

from portal.activities.keys import cluster_key, marked
from portal.activities.models import Session
from portal.engine import streaming
from portal.live.connection import connect
from portal.runner.batcher import Waiting
from portal.runner.runtimes import get_runtime

WATCHED_SECONDS = 15
"""For so long after a page has last asked."""


def read_queries(session: Session, _: str, stopped: Callable[[], bool]) -> Iterator[Waiting]:
    """The list of queries; it is kept, and no stream."""
    runtime = get_runtime(session.runtime)
    for seen in streaming.watch(runtime, session.cluster, stopped):
        told = json.dumps(seen.as_dict())
        connect().set(cluster_key(session, "streaming"), told, ex=settings.STREAM_KEEP_SECONDS)
    yield from ()


def watched(sessions: Sequence[Session]) -> dict[str, list[str]]:
    """One reader for each session at which somebody looks."""
    return {session: [""] for session in marked(sessions, "streaming-watched")}


def watch(session: Session) -> dict[str, Any] | None:
    """What is known of queries, and word that somebody looks; None before the first."""
    connect().set(cluster_key(session, "streaming-watched"), 1, ex=WATCHED_SECONDS)
    found: bytes | None = connect().get(cluster_key(session, "streaming"))  # type: ignore[assignment]
    return None if found is None else json.loads(found)


def stop(session: Session, *, name: str, run: str) -> dict[str, Any]:
    """End a query, as its errand."""
    return asdict(streaming.stop(get_runtime(session.runtime), session.cluster, name, run))
