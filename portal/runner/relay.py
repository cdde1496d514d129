"""One relay a host: it reads what clusters write, once, for however many viewers.

A thread follows each service's log while its session lives, and each topic while somebody watches
it or a step is at work that sends to it. Where a reader stood is the last number in its stream, so
a relay that starts anew goes on from there.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import close_old_connections
from redis.exceptions import RedisError

from portal.activities import keys, queries
from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.engine.errors import ClusterError
from portal.engine.lab.step import StepSpec
from portal.live import streams
from portal.runner.batcher import Batcher, Waiting
from portal.runner.errands import Errands
from portal.runner.readers import (
    read_log,
    read_spans,
    read_topic,
    read_topics,
    turn_off_spans,
)
from portal.runner.terminals import Terminals

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.3
LINGERING = timedelta(seconds=10)
"""A topic is read on for so long after a step: what it sent is on its way."""
STEADY_SECONDS = 10.0
"""A reader that ends sooner is started again later each time, up to this much later."""

Key = tuple[str, int, str, str]
"""A reader: session, generation, what of it (a key of READ), and the name of that."""
Read = Callable[[Session, str, Callable[[], bool]], Iterator[Waiting]]
READ: dict[str, Read] = {
    "log": read_log,
    "spans": read_spans,
    "no-spans": turn_off_spans,
    "topic": read_topic,
    "topics": read_topics,
}
Wanted = Callable[[Sequence[Session]], Mapping[str, Iterable[str]]]
"""What is to be read of sessions that are up: names, by the sessions' own."""
_more: dict[str, Wanted] = {}


def add_reader(kind: str, read: Read, wanted: Wanted) -> None:
    """Have relays read what an app shows of clusters that are up: each name that `wanted` gives.

    It is asked three times a second, of all sessions at once.
    """
    READ[kind], _more[kind] = read, wanted


@dataclass
class Reader:
    """A thread that reads one source until it ends or is told to stop."""

    thread: threading.Thread
    stopped: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)


@dataclass
class Rest:
    """How long a reader that has ended is let be before it is started again."""

    until: float = 0.0
    seconds: float = 0.0


class Relay:
    """Keeps one reader for each source that needs one."""

    def __init__(self, host: str):
        self.host = host
        self.readers: dict[Key, Reader] = {}
        self.rests: dict[Key, Rest] = {}
        self.errands = Errands(host)
        self.terminals = Terminals(host)

    def keep_readers(self) -> None:
        """Start the readers that are missing, and stop those that nobody needs."""
        self.errands.start()
        self.terminals.start()
        at_work = queries.at_work(self.host, LINGERING)
        sessions = list(self.sessions())
        watched = Watched.of([each for each in sessions if each.state is SessionStatus.READY])
        wanted = {
            key: session
            for session in sessions
            for key in sources(session, at_work.get(session.pk, set()), watched)
        }
        now = time.monotonic()
        for key, reader in list(self.readers.items()):
            if key not in wanted:
                reader.stopped.set()
            if not reader.thread.is_alive():
                del self.readers[key]
                self.rest(key, now - reader.began, now)
        self.rests = {key: rest for key, rest in self.rests.items() if key in wanted}
        for key, session in wanted.items():
            if session.asleep_since:
                continue  # Those that are there wait; a new one would find nobody to ask.
            if key not in self.readers and self.rests.get(key, Rest()).until <= now:
                self.readers[key] = self.begin(key, session)

    def rest(self, key: Key, lasted: float, now: float) -> None:
        """Start it again at once if it was well, and else ever later."""
        before = self.rests.get(key, Rest()).seconds if lasted < STEADY_SECONDS else 0.0
        self.rests[key] = Rest(now + before, min(STEADY_SECONDS, max(LOOK_SECONDS, 2 * before)))

    def sessions(self) -> Iterable[Session]:
        """Those whose clusters may have something to read."""
        there = queries.on_host(self.host).filter(
            status__in=(SessionStatus.STARTING, SessionStatus.READY)
        )
        # One version for all: each one's text would be read anew with each session.
        return there.select_related(None).prefetch_related("version__lab")

    def begin(self, key: Key, session: Session) -> Reader:
        """Start a reader."""
        stopped = threading.Event()
        thread = threading.Thread(
            target=relay,
            args=(READ[key[2]], session, key[3], stopped.is_set),
            name=":".join(map(str, key)),
        )
        thread.daemon = True
        thread.start()
        return Reader(thread, stopped)

    def stop(self) -> None:
        """Stop every reader."""
        self.errands.stop()
        self.terminals.stop()
        for reader in self.readers.values():
            reader.stopped.set()
        for reader in self.readers.values():
            reader.thread.join(timeout=5)


@dataclass(frozen=True, slots=True)
class Watched:
    """What somebody looks at now, by session."""

    topics: Mapping[str, Sequence[str]]
    more: Mapping[str, Mapping[str, Iterable[str]]]
    """By kind of reader."""

    @classmethod
    def of(cls, sessions: Sequence[Session]) -> "Watched":
        """Asked in a few words, however many there are."""
        more = {kind: wanted(sessions) for kind, wanted in _more.items()}
        return cls(keys.topics_wanted_of(sessions), more)


def sources(session: Session, at_work: AbstractSet[str], seen: Watched) -> Iterator[Key]:
    """What of a session is to be read now, while these steps are at work."""
    for service in session.spec.services:
        yield (session.pk, session.generation, "log", service.name)
    if session.state is SessionStatus.READY:
        kind = "spans" if session.is_traced else "no-spans"
        for name in session.spec.serving:
            yield (session.pk, session.generation, kind, name)
        watched = seen.topics[session.pk]
        steps = [step for step in session.spec.steps if step.id in at_work]
        sent_to = session.spec.topics if any(map(sends, steps)) else ()
        for topic in dict.fromkeys((*watched, *sent_to)):
            yield (session.pk, session.generation, "topic", topic)
        if watched:
            yield (session.pk, session.generation, "topics", "")
        for more, names in seen.more.items():
            for name in names.get(session.pk, ()):
                yield (session.pk, session.generation, more, name)


def sends(step: StepSpec) -> bool:
    """Whether records come of it: what it calls may send some, or its events are to be seen."""
    return step.run.is_request or step.look_at == "events"


def relay(read: Read, session: Session, name: str, stopped: Callable[[], bool]) -> None:
    """Carry everything from a source to its stream, until the source ends."""
    batcher = Batcher()
    try:
        for key, entries in read(session, name, stopped):
            batcher.put(key, entries)
    except streams.Behind as behind:
        log.warning("reader of %s in session %s begins again: %s", name, session.pk, behind)
    except (ClusterError, RedisError) as error:
        log.info("reader of %s in session %s ended: %s", name, session.pk, error)
    except Exception:
        log.exception("reader of %s in session %s failed", name, session.pk)
    finally:
        batcher.close()
        close_old_connections()
