"""What pages do with terminals, for tests that are no coroutines."""

import asyncio
from typing import Any

from portal.engine.terminals import Size
from portal.live import terminals
from portal.live.connection import connect_async
from portal.live.terminals import Attached, Terminal


def ask(host: str, verb: str, terminal: Terminal, **fields: Any) -> None:
    """Have the relay do something."""
    terminals.ask(host, terminals.request(verb, terminal, **fields))


def open_terminal(host: str, terminal: Terminal, size: Size) -> None:
    """As a page that comes."""
    ask(host, "open", terminal, rows=size.rows, columns=size.columns)


def resize(host: str, terminal: Terminal, size: Size) -> None:
    """As a page whose window changes."""
    ask(host, "resize", terminal, rows=size.rows, columns=size.columns)


def attach(terminal: Terminal) -> Attached:
    """What a page that comes now would get."""

    async def look() -> Attached:
        try:
            return await terminals.aattach(terminal)
        finally:
            await connect_async().aclose()

    return asyncio.run(look())
