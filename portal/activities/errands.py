"""Short questions to a cluster that a page waits for: the host's relay carries them out.

They are no tasks: an answer that comes late is worth nothing, and a record that somebody sends by
hand must not be sent again because a worker died. A question that nobody takes up in time lapses.
"""

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections
from redis.exceptions import RedisError

from portal.activities import topic_errands
from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.engine.errors import ClusterError
from portal.live.connection import connect

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 15.0
TAKE_SECONDS = 2
AT_ONCE = 4
WAITING = 100
Answer = dict[str, Any]


class NoAnswer(Exception):
    """The question was not answered; the text says why, for the person who asked."""


def queue_key(host: str) -> str:
    """Where a host's relay finds what is asked."""
    return f"errands:{host}"


def ask(session: Session, kind: str, **params: Any) -> Answer:
    """Have an errand done and return its answer. Raises NoAnswer."""
    if session.state is not SessionStatus.READY:
        raise NoAnswer("The cluster is not running.")
    answer_key = f"errand:{uuid.uuid4().hex}"
    asked = {
        "session": session.pk,
        "generation": session.generation,
        "kind": kind,
        "params": params,
        "answer": answer_key,
        "until": time.time() + PATIENCE_SECONDS,
    }
    client = connect()
    if int(client.llen(queue_key(session.host))) >= WAITING:
        raise NoAnswer("The portal is busy. Try again in a moment.")
    client.rpush(queue_key(session.host), json.dumps(asked))
    found: Any = client.blpop([answer_key], timeout=PATIENCE_SECONDS)
    if found is None:
        raise NoAnswer("The cluster did not answer in time. Try again in a moment.")
    answer: Answer = json.loads(found[1])
    if "error" in answer:
        raise NoAnswer(answer["error"])
    return answer


class Errands:
    """Takes up what is asked of a host's clusters, a few at a time."""

    def __init__(self, host: str):
        self.host = host
        self.stopped = threading.Event()
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="errand")
        self.free = threading.Semaphore(AT_ONCE)
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
            with self.free:
                pass  # Whatever can't be begun stays in Redis.
            try:
                found: Any = connect().blpop([queue_key(self.host)], timeout=TAKE_SECONDS)
            except RedisError as error:
                log.warning("errands: %s", error)
                self.stopped.wait(TAKE_SECONDS)
                continue
            if found is not None and not self.stopped.is_set():
                self.free.acquire()
                self.pool.submit(self._carry_out, json.loads(found[1]))

    def _carry_out(self, asked: dict[str, Any]) -> None:
        try:
            if time.time() < asked["until"]:
                tell(asked["answer"], answer(asked))
        except RedisError as error:
            log.warning("nobody was told of an errand: %s", error)
        finally:
            self.free.release()
            close_old_connections()


def answer(asked: dict[str, Any]) -> Answer:
    """Do what is asked; whatever goes wrong is said."""
    kinds: dict[str, Callable[..., Answer]] = {
        "page": topic_errands.page,
        "produce": topic_errands.produce,
    }
    try:
        session = Session.objects.select_related("version__lab").get(
            pk=asked["session"], generation=asked["generation"]
        )
        return kinds[asked["kind"]](session, **asked["params"])
    except Session.DoesNotExist:
        return {"error": "The cluster was replaced meanwhile."}
    except ClusterError as error:
        return {"error": str(error)}
    except Exception:
        log.exception("an errand failed: %s", asked["kind"])
        return {"error": "That went wrong on the portal's side. Try again in a moment."}


def tell(key: str, answered: Answer) -> None:
    """Leave an answer for the one who waits."""
    pipe = connect().pipeline()
    pipe.rpush(key, json.dumps(answered))
    pipe.expire(key, int(PATIENCE_SECONDS))
    pipe.execute()
