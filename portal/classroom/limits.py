"""How often something may be tried, counted in Redis so that every process counts together."""

from redis.exceptions import RedisError

from portal.live.connection import connect


def is_too_often(what: str, who: str, *, most: int, seconds: int) -> bool:
    """Count a try, and say whether there were more than `most` within a window of `seconds`.

    While Redis is away nobody can be counted, and everything is too often.
    """
    key = f"limit:{what}:{who}"
    try:
        pipe = connect().pipeline()
        pipe.incr(key)
        pipe.expire(key, seconds, nx=True)
        tries, _ = pipe.execute()
    except (RedisError, OSError):
        return True
    return int(tries) > most
