"""A command in another container, with this terminal as its own: bytes go over an agent's door."""

import base64
import contextlib
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from typing import Any

from .door import Door

READ_BYTES = 16 * 1024


def run(service: str, argv: list[str], environment: dict[str, str], *, has_terminal: bool) -> int:
    """Run it to its end; return its exit status. Raises Closed.

    On a terminal if it may have one, and this has one to lend.
    """
    has_terminal = has_terminal and os.isatty(0) and os.isatty(1)
    columns, rows = os.get_terminal_size() if has_terminal else (0, 0)
    asked = {"argv": argv, "environment": environment, "rows": rows, "columns": columns}
    with Door(service, "run", **asked) as door, raw() if has_terminal else contextlib.nullcontext():
        if has_terminal:
            signal.signal(signal.SIGWINCH, lambda *_: say_size(door))
        return carry(door)


@contextlib.contextmanager
def raw() -> Iterator[None]:
    """Every key goes to the command, control-C too; afterwards the terminal is as it was."""
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def say_size(door: Door) -> None:
    """The window has another size."""
    columns, rows = os.get_terminal_size()
    with contextlib.suppress(OSError):
        door.say(size=[rows, columns])


def carry(door: Door) -> int:
    """Keys there and output here, until the command ends. Raises Closed."""
    listens = [0, door.fileno()]
    while True:
        ready, _, _ = select.select(listens, [], [])
        if 0 in ready and not send(door):
            listens.remove(0)
        if door.fileno() in ready:
            for said in door.heard():
                if (status := show(door, said)) is not None:
                    # As a shell tells of one that a signal has ended.
                    return 128 - status if status < 0 else status


def send(door: Door) -> bool:
    """What was typed. False at its end."""
    data = os.read(0, READ_BYTES)
    with contextlib.suppress(OSError):  # It has ended: that is about to be heard.
        if data:
            door.say(keys=base64.b64encode(data).decode())
        else:
            door.say(eof=True)
    return bool(data)


def show(door: Door, said: dict[str, Any]) -> int | None:
    """Show what it wrote; its exit status once it has one."""
    match said:
        case {"at": offset, "d": data}:
            write(sys.stdout.fileno(), data)
            with contextlib.suppress(OSError):
                door.say(ack=offset)
        case {"o": data}:
            write(sys.stdout.fileno(), data)
        case {"e": data}:
            write(sys.stderr.fileno(), data)
        case {"end": status} | {"exit": status} if isinstance(status, int):
            return status
    return None


def write(descriptor: int, data: str) -> None:
    """All of some bytes."""
    view = memoryview(base64.b64decode(data))
    while view:
        view = view[os.write(descriptor, view) :]
