"""What a driver says to an agent in several messages: follow a log, put a file, get one."""

import time
from collections.abc import Iterator

from portal.engine.errors import ClusterAsleep, ClusterGone, CommandCancelled, StepFailed
from portal.engine.runtimes.agent.address import Where
from portal.engine.runtimes.agent.answers import Nonsense
from portal.engine.runtimes.agent.layout import HOME, HOME_MB
from portal.engine.runtimes.agent.link import POLL_SECONDS, Link
from portal.engine.runtimes.base import Cancelled, LogLine


def follow_log(agent: Where, service: str, since: int, cancelled: Cancelled) -> Iterator[LogLine]:
    """As `Runtime.logs`: ends with the cluster. Raises Nonsense."""
    try:
        link = link_awake(agent, cancelled)
    except (ClusterGone, CommandCancelled):
        return
    try:
        link.send("logs", service=service, since=since)
        while link.wait(cancelled):
            if answer := link.answer():
                yield answer.log_line()
    except Nonsense:
        raise
    except ClusterGone:
        return
    finally:
        link.close()


def link_awake(agent: Where, cancelled: Cancelled) -> Link:
    """A connection, once the cluster is awake. Raises ClusterGone, CommandCancelled."""
    while not cancelled():
        try:
            return Link(agent)
        except ClusterAsleep:
            time.sleep(POLL_SECONDS)
    raise CommandCancelled


def put_file(agent: Where, path: str, content: bytes, mode: int) -> None:
    """As `Runtime.put_file`."""
    link = Link(agent)
    try:
        if len(content) > HOME_MB << 20:
            raise StepFailed(f"{path}: it is larger than the {HOME_MB} MB of {HOME}")
        link.send("put", body=content, path=path, size=len(content), mode=mode)
        link.answer()
    finally:
        link.close()


def get_file(agent: Where, path: str, limit: int) -> bytes:
    """As `Runtime.get_file`."""
    link = Link(agent)
    try:
        link.send("get", path=path, limit=limit)
        answer = link.answer()
        if "missing" in answer:
            raise FileNotFoundError(path)
        size = answer.number("size")
        if not 0 <= size <= limit:
            raise Nonsense
        return link.take(size)
    finally:
        link.close()
