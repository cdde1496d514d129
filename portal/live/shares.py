"""Everybody's share of Redis: how much the streams of one session hold, and all of them together.

A stream's share is what its key begins with, up to the first colon: a session's name. The script
that appends keeps these bounds in the same step. Of a share that is full the largest stream loses
its oldest chunk; where all shares together are too much, the largest share does. So a flood costs
whoever made it, and Redis, which evicts nothing, never fills with streams.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from portal.live.connection import connect, has_ended

ALL, ALL_BYTES, DROPPED = "shares", "shares:bytes", "shares:dropped"

# `shares` has each share's bytes, `share:NAME` those of each of its streams. Counted is the text of
# chunks and what Redis takes for one. A stream that has lost all its chunks stays, with its last
# number. Counts of streams that have lapsed since are put right before anybody loses anything.
COUNTING = """
local A_CHUNK, SLACK = 128, 0.95

local function whole(number) return string.format('%d', number) end

local function sizes_of(key)
  local told = redis.call('GET', key .. ':sizes')
  if not told then return 0, 0 end
  local size, held = string.match(told, '(%-?%d+) (%-?%d+)')
  return tonumber(size), tonumber(held)
end

local function count(share, key, bytes)
  local before = tonumber(redis.call('ZSCORE', 'share:' .. share, key) or 0)
  if bytes > 0 then redis.call('ZADD', 'share:' .. share, whole(bytes), key)
  else redis.call('ZREM', 'share:' .. share, key) end
  redis.call('ZINCRBY', 'shares', whole(bytes - before), share)
  redis.call('INCRBY', 'shares:bytes', whole(bytes - before))
end

local function strike(share)
  local bytes = tonumber(redis.call('ZSCORE', 'shares', share) or 0)
  redis.call('ZREM', 'shares', share)
  redis.call('DEL', 'share:' .. share)
  redis.call('INCRBY', 'shares:bytes', whole(-bytes))
end

local function strike_lapsed(share)
  if redis.call('EXISTS', 'share:' .. share) == 0 then strike(share) end
end

local function shorten(share, key)
  local oldest = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
  if not oldest then return count(share, key, 0) end
  redis.call('XDEL', key, oldest[1])
  redis.call('INCR', 'shares:dropped')
  local size, held = sizes_of(key)
  size, held = size - #oldest[2][6], held - tonumber(oldest[2][4])
  redis.call('SET', key .. ':sizes', whole(size) .. ' ' .. whole(held), 'KEEPTTL')
  count(share, key, size + A_CHUNK * redis.call('XLEN', key))
end

local function shrink(share, most)
  while tonumber(redis.call('ZSCORE', 'shares', share) or 0) > most do
    local largest = redis.call('ZREVRANGE', 'share:' .. share, 0, 0)[1]
    if not largest then return strike(share) end
    shorten(share, largest)
  end
end

local function keep_bounds(share, most, most_of_all)
  if tonumber(redis.call('ZSCORE', 'shares', share) or 0) > most then
    shrink(share, most * SLACK)
  end
  if tonumber(redis.call('GET', 'shares:bytes') or 0) <= most_of_all then return end
  for _, each in ipairs(redis.call('ZRANGE', 'shares', 0, -1)) do strike_lapsed(each) end
  while tonumber(redis.call('GET', 'shares:bytes') or 0) > most_of_all * SLACK do
    local largest = redis.call('ZREVRANGE', 'shares', 0, 0, 'WITHSCORES')
    if not largest[1] then return redis.call('SET', 'shares:bytes', '0') end
    shrink(largest[1], tonumber(largest[2]) * 0.9)
  end
end
"""

FORGET = (
    COUNTING
    + """
local share, prefix, seconds = ARGV[1], ARGV[2], tonumber(ARGV[3])
local is_prefix = string.sub(prefix, -1) == ':'
local found = 0
for _, key in ipairs(redis.call('ZRANGE', 'share:' .. share, 0, -1)) do
  if key == prefix or (is_prefix and string.sub(key, 1, #prefix) == prefix) then
    found = found + 1
    if seconds > 0 then
      redis.call('EXPIRE', key, seconds)
      redis.call('EXPIRE', key .. ':sizes', seconds)
    else
      redis.call('DEL', key, key .. ':sizes')
      count(share, key, 0)
    end
  end
end
if seconds > 0 and #prefix == #('stream:' .. share .. ':') then
  redis.call('EXPIRE', 'share:' .. share, seconds)
end
return found
"""
)


@dataclass(frozen=True, slots=True)
class Held:
    """What all streams take."""

    bytes: int
    shares: int
    dropped: int
    """Chunks that went because of a share's bound, or that of all."""


def share_of(key: str) -> str:
    """Whose share a stream is of."""
    return key.partition(":")[0]


def limits() -> tuple[int, int]:
    """The bytes of one share, and of all."""
    return settings.STREAM_SHARE_BYTES, settings.STREAM_TOTAL_BYTES


@lru_cache(maxsize=1)
def _forget() -> Any:
    return connect().register_script(FORGET)


def forget(key: str, *, after_seconds: int = 0) -> int:
    """Delete a stream, now or after a while; return how many. Gone is success.

    With a colon at its end it is all streams whose keys begin so.
    """
    if has_ended():
        return 0
    given = [share_of(key), f"stream:{key}", after_seconds]
    return int(_forget()(keys=[], args=given))


def held() -> Held:
    """What all streams take now. Raises RedisError."""
    pipe = connect().pipeline(transaction=False)
    pipe.get(ALL_BYTES)
    pipe.zcard(ALL)
    pipe.get(DROPPED)
    found, shares, dropped = pipe.execute()
    return Held(int(found or 0), int(shares), int(dropped or 0))
