"""A student lets whoever watches type in their shells, for as long as the tab says so.

The tab's own socket holds the consent and renews it; it lapses by itself soon after the socket.
"""

from portal.live import streams
from portal.live.connection import connect_async

LASTS_SECONDS = 30
RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
END = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


def consent_key(session_id: str) -> str:
    """Where Redis has which tab lets others type."""
    return f"terminal-consent:{session_id}"


def news_key(session_id: str) -> str:
    """What is heard of when a session's shells, or who may type, have changed."""
    return f"terminal-news:{session_id}"


async def tell(session_id: str) -> None:
    """Have every page of the session look again."""
    await connect_async().publish(streams.channel(news_key(session_id)), "")


async def give(session_id: str, tab: str) -> None:
    """From now on others may type."""
    await connect_async().set(consent_key(session_id), tab, ex=LASTS_SECONDS)
    await tell(session_id)


async def renew(session_id: str, tab: str) -> bool:
    """They may go on. False where that is over, since another tab has ended it."""
    renewed = connect_async().eval(RENEW, 1, consent_key(session_id), tab, str(LASTS_SECONDS))
    return bool(await renewed)


async def end(session_id: str, tab: str) -> None:
    """This tab lets nobody type any more; another's consent stays."""
    await connect_async().eval(END, 1, consent_key(session_id), tab)
    await tell(session_id)


async def revoke(session_id: str) -> None:
    """Nobody else may type any more, whichever tab had said so."""
    await connect_async().delete(consent_key(session_id))
    await tell(session_id)


async def is_given(session_id: str) -> bool:
    """Whether others may type now."""
    return bool(await connect_async().exists(consent_key(session_id)))
