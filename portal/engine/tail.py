"""Read a topic from an offset on, in the cluster's own network, for as long as it is wanted."""

import json
from collections.abc import Iterator, Mapping

from portal.engine import lines
from portal.engine.errors import ClusterError, CommandCancelled, CommandTimedOut
from portal.engine.programs import guest
from portal.engine.records import Records, TailNotice, read_line
from portal.engine.runtimes.base import Cancelled, Runtime, never

LINE_LIMIT = 1 << 20
AGE_SECONDS = 24 * 3600.0
"""A tail older than this is started again; it goes on where it stood."""


def tail(
    runtime: Runtime,
    session: str,
    tools: str,
    broker: str,
    topic: str,
    offsets: Mapping[int, int],
    cancelled: Cancelled = never,
    *,
    identity: str = "",
) -> Iterator[Records | TailNotice]:
    """Yield records from the given offsets on, by partition; the others from their beginning.

    `broker` is its address in the cluster. `identity` names the topic that they are offsets of:
    another of its name is read anew.
    Follows for ever, through the topic's and the broker's absence; ends when cancelled, or when
    the reader in the cluster has grown old. Raises ClusterGone, GarbledReply and ClusterError.
    """
    start = json.dumps({str(partition): offset for partition, offset in offsets.items()})
    known = ("--identity", identity) if identity else ()
    argv = guest("tail", broker, topic, *known, "--from", start)
    execution = runtime.exec(session, tools, argv, timeout=AGE_SECONDS, cancelled=cancelled)
    messages = lines.Lines(execution, LINE_LIMIT)
    try:
        for line in messages.raw():
            yield lines.parsed(read_line, line)
    except (CommandCancelled, CommandTimedOut):
        return
    if execution.exit_status and not cancelled():
        raise ClusterError(f"The reader of topic {topic} ended: {messages.last_words()[:300]}")
