"""How often something may be tried, counted in Redis so that every process counts together."""

import contextlib
from dataclasses import dataclass

from redis.exceptions import RedisError

from portal.live.connection import connect

# Not of a window that has ended since: that would be a count below nothing, and without an end.
TAKE_BACK = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DECR', KEYS[1]) end"
WAIT = "That was tried too often. Wait ten minutes, then try again."


def is_too_often(what: str, who: str, *, most: int, seconds: int) -> bool:
    """Count a try, and say whether there were more than `most` within a window of `seconds`.

    While Redis is away nobody can be counted, and everything is too often.
    """
    return Limit(what, most, seconds).count(who) > most


@dataclass(frozen=True, slots=True)
class Limit:
    """So many of something within a window, which begins with the first of them."""

    what: str
    most: int
    seconds: int

    def key(self, who: str) -> str:
        """Where it is counted."""
        return f"limit:{self.what}:{who}"

    def count(self, who: str) -> int:
        """One more; return how many there are. While Redis is away there are too many."""
        try:
            pipe = connect().pipeline()
            pipe.incr(self.key(who))
            pipe.expire(self.key(who), self.seconds, nx=True)
            return int(pipe.execute()[0])
        except (RedisError, OSError):
            return self.most + 1

    def take_back(self, who: str) -> None:
        """One of them was none."""
        with contextlib.suppress(RedisError, OSError):
            connect().eval(TAKE_BACK, 1, self.key(who))

    def clear(self, who: str) -> None:
        """They count no more."""
        with contextlib.suppress(RedisError, OSError):
            connect().delete(self.key(who))
