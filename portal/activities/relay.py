"""One relay a host: it reads what clusters write, once, for however many viewers.

A thread follows each service's log while its session lives, and each topic while somebody watches
it. Where a reader stood is the last number in its stream, so a relay that starts anew goes on from
there.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import close_old_connections
from redis.exceptions import RedisError

from portal.activities import keys, queries
from portal.activities.announce import announce
from portal.activities.models import Session
from portal.activities.runtimes import get_runtime
from portal.activities.status import SessionStatus
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import LogLine
from portal.engine.tail import Record, tail
from portal.live import streams

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.3
BATCH_SECONDS = 0.02
BATCH_ENTRIES = 500

Key = tuple[str, int, str, str]
"""A reader: session, generation, `log` or `topic`, and the name of that."""
Numbered = tuple[str, int, dict[str, object]]
"""A stream's key, an entry's number, and the entry."""


@dataclass
class Reader:
    """A thread that reads one source until it ends or is told to stop."""

    thread: threading.Thread
    stopped: threading.Event = field(default_factory=threading.Event)


class Batcher:
    """Gathers entries for a moment, so that a flood costs Redis few round trips."""

    def __init__(self) -> None:
        self.waiting: list[Numbered] = []
        self.ready = threading.Condition()
        self.stopped = False
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def put(self, entry: Numbered) -> None:
        """Take an entry. Blocks while too many wait: the source is held up, not memory filled."""
        with self.ready:
            while len(self.waiting) >= 4 * BATCH_ENTRIES and not self.stopped:
                self.ready.wait(1.0)
            self.waiting.append(entry)
            self.ready.notify_all()

    def close(self) -> None:
        """Append the rest and end."""
        with self.ready:
            self.stopped = True
            self.ready.notify_all()
        self.thread.join()

    def _drain(self) -> None:
        while True:
            with self.ready:
                while not self.waiting and not self.stopped:
                    self.ready.wait()
                batch = self.waiting[:BATCH_ENTRIES]
                if not batch:
                    return
            by_stream: dict[str, list[tuple[int, dict[str, object]]]] = {}
            for key, number, fields in batch:
                by_stream.setdefault(key, []).append((number, fields))
            try:
                for key, entries in by_stream.items():
                    streams.append(key, entries)
            except RedisError as error:
                # Numbers make it safe to append the whole batch again.
                log.warning("relay: %s", error)
                time.sleep(LOOK_SECONDS)
                continue
            with self.ready:
                del self.waiting[: len(batch)]
                self.ready.notify_all()
            time.sleep(BATCH_SECONDS if len(batch) > 50 else 0)


class Relay:
    """Keeps one reader for each source that needs one."""

    def __init__(self, host: str):
        self.host = host
        self.readers: dict[Key, Reader] = {}

    def look(self) -> None:
        """Start the readers that are missing, and stop those that nobody needs."""
        wanted = {key: session for session in self.sessions() for key in sources(session)}
        for key, reader in list(self.readers.items()):
            if key not in wanted:
                reader.stopped.set()
            if not reader.thread.is_alive():
                del self.readers[key]
        for key, session in wanted.items():
            if key not in self.readers:
                self.readers[key] = self.begin(key, session)

    def sessions(self) -> Iterable[Session]:
        """Those whose clusters may have something to read."""
        return queries.on_host(self.host).filter(
            status__in=(SessionStatus.STARTING, SessionStatus.READY)
        )

    def begin(self, key: Key, session: Session) -> Reader:
        """Start a reader."""
        stopped = threading.Event()
        read = read_log if key[2] == "log" else read_topic
        thread = threading.Thread(
            target=relay, args=(read, session, key[3], stopped.is_set), name=":".join(map(str, key))
        )
        thread.daemon = True
        thread.start()
        return Reader(thread, stopped)

    def stop(self) -> None:
        """Stop every reader."""
        for reader in self.readers.values():
            reader.stopped.set()
        for reader in self.readers.values():
            reader.thread.join(timeout=5)


def sources(session: Session) -> Iterator[Key]:
    """What of a session is to be read now."""
    for service in session.spec.services:
        yield (session.pk, session.generation, "log", service.name)
    if session.state is SessionStatus.READY:
        for topic in keys.wanted_topics(session):
            yield (session.pk, session.generation, "topic", topic)


def relay(
    read: Callable[[Session, str, Callable[[], bool]], Iterator[Numbered]],
    session: Session,
    name: str,
    stopped: Callable[[], bool],
) -> None:
    """Carry everything from a source to its stream, until the source ends."""
    batcher = Batcher()
    try:
        for entry in read(session, name, stopped):
            batcher.put(entry)
    except ClusterError as error:
        log.info("reader of %s in session %s ended: %s", name, session.pk, error)
    except Exception:
        log.exception("reader of %s in session %s failed", name, session.pk)
    finally:
        batcher.close()
        close_old_connections()


def read_log(session: Session, service: str, stopped: Callable[[], bool]) -> Iterator[Numbered]:
    """A service's log, as entries."""
    key = keys.log_key(session, service)
    since = streams.last_number(key)
    runtime = get_runtime(session.runtime)
    for line in runtime.logs(session.pk, service, since, cancelled=stopped):
        yield key, line.number, log_entry(line)


def log_entry(line: LogLine) -> dict[str, object]:
    """A line as pages get it. Its bytes are hostile; pages show them as text."""
    text = line.text.decode(errors="replace").replace("\0", "\u2400")
    return {"at": line.at, "process": line.process, "text": text}


def read_topic(session: Session, topic: str, stopped: Callable[[], bool]) -> Iterator[Numbered]:
    """Every partition of a topic, as entries numbered by offset plus one."""
    known = keys.partitions(session, topic)
    offsets = {
        partition: streams.last_number(keys.topic_key(session, topic, partition))
        for partition in known
    }
    seen = set(known)
    runtime = get_runtime(session.runtime)
    for found in tail(runtime, session.pk, session.spec.tools, topic, offsets, stopped):
        if not isinstance(found, Record):
            continue
        if found.partition not in seen:
            seen.add(found.partition)
            keys.saw_partition(session, topic, found.partition)
            announce(session.pk)
        key = keys.topic_key(session, topic, found.partition)
        yield key, found.offset + 1, found.as_entry()
