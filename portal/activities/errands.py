"""Short questions to a cluster that a page waits for: the host's relay carries them out.

They are no tasks: an answer that comes late is worth nothing, and a record that somebody sends by
hand must not be sent again because a worker died. A question that nobody takes up in time lapses:
one mark decides between the relay that begins it and the page that gives up, so that a page knows
whether it was begun.
"""

import contextlib
import json
import uuid
from typing import Any

from redis.exceptions import RedisError

from portal import clock
from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.live.connection import connect, connect_patiently

PATIENCE_SECONDS = 15.0
WAITING = 100
TAKEN_SECONDS = 3600
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
        "until": clock.time() + PATIENCE_SECONDS,
    }
    found = put(session.host, asked)
    if found is None:
        raise NoAnswer(unanswered(kind, answer_key))
    answer: Answer = json.loads(found)
    if "error" in answer:
        raise NoAnswer(answer["error"])
    return answer


def put(host: str, asked: Answer) -> bytes | None:
    """Queue an errand and wait for what comes of it; None when nothing does in time."""
    try:
        if int(connect().llen(queue_key(host))) >= WAITING:
            raise NoAnswer("The portal is busy. Try again in a moment.")
    except (RedisError, OSError) as error:
        raise NoAnswer(AWAY) from error
    # Redis may go at any moment from here on, and with it the word of what became of the errand.
    with contextlib.suppress(RedisError, OSError):
        connect().rpush(queue_key(host), json.dumps(asked))
        waiting = connect_patiently(PATIENCE_SECONDS)
        found: Any = waiting.blpop([asked["answer"]], timeout=PATIENCE_SECONDS)
        return None if found is None else found[1]
    return None


def unanswered(kind: str, answer_key: str) -> str:
    """What to say of an errand that was not answered in time."""
    if withdraw(answer_key):
        return {"produce": NOT_SENT}.get(kind, NOT_ASKED)
    return {"produce": NOT_KNOWN}.get(kind, NO_ANSWER)


def withdraw(answer_key: str) -> bool:
    """Whether nobody has begun it; from now on nobody will. False where nobody can say."""
    with contextlib.suppress(RedisError, OSError):
        return take(answer_key)
    return False


def take(answer_key: str) -> bool:
    """Be the one that decides over an errand. Of two that try, one wins."""
    return bool(connect().set(f"{answer_key}:taken", 1, nx=True, ex=TAKEN_SECONDS))


AWAY = "The portal can't reach Redis just now. Try again in a moment."
NOT_ASKED = "The cluster was not asked in time. Try again in a moment."
NO_ANSWER = "The cluster did not answer in time. Try again in a moment."
NOT_SENT = "The record was not sent: nobody took it up in time. Try again in a moment."
NOT_KNOWN = (
    "It is not known whether the record was sent: no answer came in time. Look at the topic's end "
    "before you send it again."
)
