"""Show one terminal to one page: its screen as it is, then every byte that follows, once."""

import asyncio
import base64
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from redis.exceptions import RedisError

from portal.live import growth, streams, terminals
from portal.live.terminals import State, Terminal
from portal.terminal.messages import BYTES, SNAPSHOT, framed

log = logging.getLogger(__name__)
WINDOW = 512 * 1024
"""Bytes that may be under way to a page which has not drawn them."""
RECHECK_SECONDS = 5.0
"""What a word that was lost costs at most."""


class Following:
    """One page's look at one terminal."""

    def __init__(
        self,
        terminal: Terminal,
        tell: Callable[[dict[str, Any]], Awaitable[None]],
        send: Callable[[bytes], Awaitable[None]],
        *,
        after: int = 0,
        epoch: str = "",
    ):
        self.terminal, self.tell, self.send = terminal, tell, send
        self.after, self.epoch = after, epoch
        self.drawn = after
        self.state: State | None = None
        self.grew, self.drew = asyncio.Event(), asyncio.Event()

    def note_drawn(self, offset: int) -> None:
        """The page has drawn all up to there."""
        self.drawn = max(self.drawn, min(offset, self.after))
        self.drew.set()

    async def run(self) -> None:
        """For as long as the page shows it."""
        async with growth.heard(terminals.state_key(self.terminal), self.grew):
            while True:
                try:
                    await self.one_life()
                except (OSError, RedisError) as error:
                    # Redis is away; the cursor stands, so nothing is lost by waiting.
                    log.warning("a terminal of session %s: %s", self.terminal.session, error)
                    await asyncio.sleep(1)

    async def one_life(self) -> None:
        """Follow what a terminal prints until it begins anew, or there is nothing to follow yet."""
        state = await self.look()
        if not state.epoch:
            await self.wait()
            return
        key = terminals.stream_key(self.terminal, state.epoch)
        async with growth.heard(key, self.grew):
            if self.epoch != state.epoch:
                await self.show_screen()
            while (await self.look()).epoch == self.epoch:
                while await self.send_next(key):
                    pass
                await self.wait()

    async def wait(self) -> None:
        """Until something may have changed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.grew.wait(), RECHECK_SECONDS)

    async def look(self) -> State:
        """What the terminal is now; the page is told of each change."""
        self.grew.clear()
        state = await terminals.astate(self.terminal)
        before = self.state
        self.state = state
        if before is None or told(before) != told(state):
            await self.tell({"type": "state", **told(state)})
        return state

    async def show_screen(self) -> None:
        """Have the page begin anew, with the screen as it is."""
        attached = await terminals.aattach(self.terminal)
        self.epoch, self.state = attached.state.epoch, attached.state
        await self.tell({"type": "screen", "epoch": self.epoch, **told(attached.state)})
        self.after = self.drawn = attached.offset
        await self.send(framed(SNAPSHOT, attached.offset, attached.screen))

    async def send_next(self, key: str) -> bool:
        """Send what one read finds. False when there is nothing."""
        while self.after - self.drawn > WINDOW:
            self.drew.clear()
            await self.drew.wait()
        batch = await streams.aread(key, self.after)
        if not batch.chunks:
            return False
        kind, begin = BYTES, self.after
        if batch.gap:
            await self.show_screen()
            if self.after > begin:
                return True
            # No newer screen is there yet: what is left is shown on an empty one.
            kind, begin = SNAPSHOT, batch.chunks[0].before
        data = bytearray()
        for number, fields in batch.entries:
            piece = base64.b64decode(fields["d"])
            data += piece[len(piece) - (number - begin) :] if number - begin < len(piece) else piece
            begin = number
        self.after = batch.last
        await self.send(framed(kind, batch.last, bytes(data)))
        return True


def told(state: State) -> dict[str, Any]:
    """What a page is told of a terminal."""
    return {
        "status": state.status,
        "rows": state.rows,
        "columns": state.columns,
        "exit_status": state.exit_status,
        "message": state.message,
    }
