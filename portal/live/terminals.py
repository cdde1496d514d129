"""Terminals, between pages and the relay: keys one way, output as a stream the other.

A terminal's output is a stream whose numbers are offsets in bytes: an entry's number is the offset
at its end. Beside it lie the terminal's state, and a screen: what a reset terminal has to be told
to look as that one did after so many bytes. Whoever comes draws the screen, and follows the stream
from there. Keys and all else that pages ask go to the relay of the session's host, by a list.
"""

import base64
import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from portal import clock
from portal.engine.commands import CommandRan
from portal.engine.terminals import KEYS_BYTES, NAME, Size
from portal.live import streams
from portal.live.chunks import encode
from portal.live.connection import connect, connect_async

OUTPUT_BYTES = 512 * 1024
"""Of a terminal's stream: what is older is in the screen."""
SCREEN_BYTES = 512 * 1024
WAITING, WAITING_LARGE, LARGE = 1000, 40, 4096
"""Requests in a host's list, and beyond how many it takes no large ones."""
LAPSE_SECONDS = 30
"""What was typed for a relay that is away so long is not typed later."""

# Together with its bound, so that nobody comes between look and write.
ASK = """
local waiting = redis.call('LLEN', KEYS[1])
if waiting >= tonumber(ARGV[2]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class Busy(Exception):
    """What was asked of a terminal did not get to it; the text says why, for whoever asked."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Which terminal: there is one shell in each."""

    session: str
    generation: int
    service: str
    name: str = "main"

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"no terminal is called {self.name!r}")

    @property
    def key(self) -> str:
        """What its keys in Redis begin with."""
        return f"{self.session}:{self.generation}:terminal:{self.service}:{self.name}"


@dataclass(frozen=True, slots=True)
class State:
    """How a terminal is."""

    status: str = ""
    """Nothing: nobody asked yet. *opening*, *running*, *ended* (its shell; the screen stays),
    *gone* (the cluster isn't there), *failed*."""
    epoch: str = ""
    """Which life of it; offsets count from 0 in each."""
    offset: int = 0
    rows: int = 24
    columns: int = 80
    exit_status: int | None = None
    """Of one that has ended; negative: the number of the signal."""
    message: str = ""
    """What was wrong and what to do, of one that is gone or failed."""

    @property
    def size(self) -> Size:
        """Of its window."""
        return Size.of(self.rows, self.columns)


@dataclass(frozen=True, slots=True)
class Attached:
    """All that somebody needs who comes to see a terminal."""

    state: State
    screen: bytes
    """For a reset terminal of the state's size."""
    offset: int
    """Follow the stream after this."""
    key: str
    """The stream's."""


# -- keys in Redis


def requests_key(host: str) -> str:
    """Where a host's relay finds what is asked of terminals."""
    return f"terminals:{host}"


def stream_key(terminal: Terminal, epoch: str) -> str:
    """The stream of what comes out of it."""
    return f"{terminal.key}:{epoch}"


def state_key(terminal: Terminal) -> str:
    """Its state; `growth.heard` hears of each change."""
    return f"{terminal.key}:state"


# -- asking


def request(verb: str, terminal: Terminal, **fields: Any) -> str:
    """A request as the relay reads it."""
    until = clock.time() + LAPSE_SECONDS
    return json.dumps({"verb": verb, "until": until, **asdict(terminal), **fields})


def _keys(terminal: Terminal, data: bytes) -> str:
    if len(data) > KEYS_BYTES:
        raise ValueError(f"more than {KEYS_BYTES} bytes of keys")
    return request("keys", terminal, data=base64.b64encode(data).decode())


@lru_cache(maxsize=1)
def _ask_script() -> Any:
    return connect().register_script(ASK)


def _words(text: str) -> list[Any]:
    return [text, WAITING if len(text) < LARGE else WAITING_LARGE, 2 * LAPSE_SECONDS]


BUSY = "The terminals of this host are busy, and did not take that. Try again in a moment."
AWAY = "The portal can't reach Redis just now. Try again in a moment."


def ask(host: str, text: str) -> None:
    """Send a request to a host's relay. Raises Busy."""
    try:
        taken = _ask_script()(keys=[requests_key(host)], args=_words(text))
    except (RedisError, OSError) as error:
        raise Busy(AWAY) from error
    if not taken:
        raise Busy(BUSY)


async def aask(host: str, text: str) -> None:
    """The same for coroutines."""
    script: Any = connect_async().register_script(ASK)
    try:
        taken = await script(keys=[requests_key(host)], args=_words(text))
    except (RedisError, OSError) as error:
        raise Busy(AWAY) from error
    if not taken:
        raise Busy(BUSY)


async def aopen(host: str, terminal: Terminal, size: Size) -> None:
    """Have it opened, with a shell in it. Asked again is success. Raises Busy, as all below."""
    await aask(host, request("open", terminal, rows=size.rows, columns=size.columns))


def send_keys(host: str, terminal: Terminal, data: bytes) -> None:
    """Type. Raises ValueError for more than KEYS_BYTES at once."""
    ask(host, _keys(terminal, data))


async def asend_keys(host: str, terminal: Terminal, data: bytes) -> None:
    """As `send_keys`."""
    await aask(host, _keys(terminal, data))


async def aresize(host: str, terminal: Terminal, size: Size) -> None:
    """Set its window's size, for all who look."""
    await aask(host, request("resize", terminal, rows=size.rows, columns=size.columns))


async def aacknowledge(host: str, terminal: Terminal, offset: int) -> None:
    """Somebody has drawn all up to there. Programs write as fast as that goes."""
    await aask(host, request("ack", terminal, offset=offset))


async def aclose(host: str, terminal: Terminal) -> None:
    """Hang up on its shell."""
    await aask(host, request("close", terminal))


# -- looking


def _as_state(found: bytes | None) -> State:
    return State(**json.loads(found)) if found else State()


def state(terminal: Terminal) -> State:
    """How it is. Raises RedisError."""
    found: Any = connect().get(state_key(terminal))
    return _as_state(found)


async def astate(terminal: Terminal) -> State:
    """As `state`."""
    found: Any = await connect_async().get(state_key(terminal))
    return _as_state(found)


async def aattach(terminal: Terminal) -> Attached:
    """What somebody needs who comes. Raises RedisError."""
    keys = [state_key(terminal), f"{terminal.key}:screen"]
    found: Any = await connect_async().mget(keys)
    return _as_attached(terminal, found)


def _as_attached(terminal: Terminal, found: Sequence[bytes | None]) -> Attached:
    told, kept = _as_state(found[0]), found[1]
    offset, screen = 0, b""
    if kept:
        head, _, packed = kept.partition(b"\n")
        epoch, _, at = head.decode().partition(" ")
        if epoch == told.epoch:
            offset, screen = int(at), zlib.decompress(packed)
    return Attached(told, screen, offset, stream_key(terminal, told.epoch))


# -- what the relay writes


def set_state(terminal: Terminal, told: State) -> None:
    """It is like this now."""
    key = state_key(terminal)
    pipe = connect().pipeline(transaction=False)
    pipe.set(key, json.dumps(asdict(told)), ex=settings.STREAM_KEEP_SECONDS)
    pipe.publish(streams.channel(key), "")
    pipe.execute()


def keep_screen(terminal: Terminal, epoch: str, offset: int, screen: bytes) -> None:
    """It looks like this after so many bytes, all of which are in its stream."""
    packed = zlib.compress(screen[:SCREEN_BYTES], 1)
    kept = f"{epoch} {offset}\n".encode() + packed
    connect().set(f"{terminal.key}:screen", kept, ex=settings.STREAM_KEEP_SECONDS)


def note_open(host: str, terminal: Terminal, is_open: bool) -> None:
    """Which are open is known to a relay that starts anew."""
    told = json.dumps(astuple(terminal))
    if is_open:
        connect().sadd(_open_key(host), told)
    else:
        connect().srem(_open_key(host), told)


def noted_open(host: str) -> list[Terminal]:
    """Those that were open when a host's relay was last heard of."""
    found: Any = connect().smembers(_open_key(host))
    return [Terminal(*json.loads(each)) for each in found]


def _open_key(host: str) -> str:
    return f"terminals:{host}:open"


def keep_command(terminal: Terminal, epoch: str, running: CommandRan | None) -> None:
    """The command that runs in it: a relay that starts anew is to know when it ends."""
    told = json.dumps([epoch, asdict(running)]) if running else ""
    connect().set(f"{terminal.key}:command", told, ex=settings.STREAM_KEEP_SECONDS)


def kept_command(terminal: Terminal, epoch: str) -> CommandRan | None:
    """The one that ran when a relay last heard of it."""
    found: Any = connect().get(f"{terminal.key}:command")
    whose, fields = json.loads(found) if found else ("", {})
    return CommandRan(**fields) if whose == epoch else None


def append(terminal: Terminal, epoch: str, offset: int, data: bytes) -> None:
    """Put out bytes that end at that offset."""
    fields = {
        "d": base64.b64encode(data).decode(),
        "t": round(time.time(), 3),
        "prev": offset - len(data),
    }
    streams.append_encoded(
        stream_key(terminal, epoch), [encode(offset, fields)], most_bytes=OUTPUT_BYTES
    )
