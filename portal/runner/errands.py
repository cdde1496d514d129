"""Carries out what pages ask of a host's clusters, and answers while they wait.

Sessions don't wait for each other: each has a queue of its own and one errand under way.
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from redis.exceptions import RedisError

from portal import clock
from portal.activities.errands import (
    NOT_KNOWN,
    PATIENCE_SECONDS,
    Answer,
    queue_key,
    take,
)
from portal.activities.models import Session
from portal.engine.errors import ClusterError
from portal.engine.topics import NoWord, Refused
from portal.live.connection import connect, connect_patiently
from portal.runner import topic_errands
from portal.runner.services.sleeping import awake

log = logging.getLogger(__name__)
TAKE_SECONDS = 2
WAITING_EACH = 12
"""Errands of one session that wait for its turn; more are sent away."""
AT_MOST = 128
BUSY = "Much is asked of this session's cluster just now. Try again in a moment."

Asked = dict[str, Any]


_more: dict[str, Callable[..., Answer]] = {}


def add_errand(kind: str, carry_out: Callable[..., Answer]) -> None:
    """Have relays carry out an app's own errands; it is called with the session and the params."""
    _more[kind] = carry_out


class Errands:
    """Takes up what is asked of a host's clusters: of each session one thing at a time."""

    def __init__(self, host: str):
        self.host = host
        self.stopped = threading.Event()
        at_once = min(AT_MOST, max(4, settings.SLUICE_MAX_SESSIONS))
        self.pool = ThreadPoolExecutor(at_once, thread_name_prefix="errand")
        self.lock = threading.Lock()
        self.queues: dict[str, deque[Asked]] = {}
        """By session that has an errand under way: what waits until that has ended."""
        self.thread = threading.Thread()

    def start(self) -> None:
        """Begin. Already begun is success."""
        if not self.thread.is_alive() and not self.stopped.is_set():
            self.thread = threading.Thread(target=self._take, daemon=True, name="errands")
            self.thread.start()

    def stop(self) -> None:
        """Take up no more."""
        self.stopped.set()
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _take(self) -> None:
        while not self.stopped.is_set():
            try:
                client = connect_patiently(TAKE_SECONDS)
                found: Any = client.blpop([queue_key(self.host)], timeout=TAKE_SECONDS)
                if found is not None and not self.stopped.is_set():
                    self._accept(json.loads(found[1]))
            except RedisError as error:
                log.warning("errands: %s", error)
                self.stopped.wait(TAKE_SECONDS)

    def _accept(self, asked: Asked) -> None:
        """Begin it, or let it wait for what its session has under way."""
        with self.lock:
            queue = self.queues.get(asked["session"])
            if queue is None:
                self.queues[asked["session"]] = deque()
                self.pool.submit(self._carry_out, asked)
                return
            has_room = len(queue) < WAITING_EACH
            if has_room:
                queue.append(asked)
        if not has_room and take(asked["answer"]):
            tell(asked["answer"], {"error": BUSY})

    def _carry_out(self, asked: Asked) -> None:
        try:
            if clock.time() < asked["until"] and take(asked["answer"]):
                tell(asked["answer"], answer(asked))
        except RedisError as error:
            log.warning("nobody was told of an errand: %s", error)
        finally:
            close_old_connections()
            self._go_on(asked["session"])

    def _go_on(self, session: str) -> None:
        """The session's next, at the end of the pool's own line: so sessions take turns."""
        with self.lock:
            queue = self.queues[session]
            if not queue:
                del self.queues[session]
            elif not self.stopped.is_set():
                self.pool.submit(self._carry_out, queue.popleft())


def answer(asked: Asked) -> Answer:
    """Do what is asked; whatever goes wrong is said."""
    kinds: dict[str, Callable[..., Answer]] = {
        "page": topic_errands.page,
        "produce": topic_errands.produce,
        **_more,
    }
    try:
        session = Session.objects.select_related("version__lab").get(
            pk=asked["session"], generation=asked["generation"]
        )
        awake(session)
        return kinds[asked["kind"]](session, **asked["params"])
    except Session.DoesNotExist:
        return {"error": "The cluster was replaced meanwhile."}
    except ClusterError as error:
        is_clear = isinstance(error, Refused) and not isinstance(error, NoWord)
        return {"error": str(error) if is_clear else in_doubt(asked, str(error))}
    except Exception:
        log.exception("an errand failed: %s", asked["kind"])
        return {
            "error": in_doubt(asked, "That went wrong on the portal's side. Try again in a moment.")
        }


def in_doubt(asked: Asked, said: str) -> str:
    """What went wrong; of a record that was under way, that nobody knows whether it is there."""
    return f"{said} {NOT_KNOWN}" if asked["kind"] == "produce" else said


def tell(key: str, answered: Answer) -> None:
    """Leave an answer for the one who waits."""
    pipe = connect().pipeline()
    pipe.rpush(key, json.dumps(answered))
    pipe.expire(key, int(PATIENCE_SECONDS))
    pipe.execute()
