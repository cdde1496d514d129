"""Tell of pyspark's streaming queries, again whenever that changes: `python -m guest.streaming`.

One line holds all of them. It ends with pyspark. `--once` tells once; `--stop RUN` ends a query,
and tells how that went.
"""

import argparse
import json
import os
import socket
import sys
import time
from typing import Any

from . import kernel, queries
from .lines import emit

LOOK_SECONDS = 1.0
STOP_SECONDS = 9.0
"""A query ends with the batch that it is at."""
ANSWER_BYTES = 200_000


class Silent(Exception):
    """Nobody answers, or not in time."""


def ask(seconds: float, **asked: str) -> dict[str, Any]:
    """What pyspark answers. Raises Silent."""
    try:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(seconds)
            talk.connect(str(queries.door()))
            talk.sendall(json.dumps(asked).encode() + b"\n")
            line = talk.makefile("rb").readline(ANSWER_BYTES)
        found: dict[str, Any] = json.loads(line)
        return found
    except (OSError, ValueError) as error:
        raise Silent from error


def watch(once: bool) -> None:
    """Tell until pyspark ends, or once."""
    told: object = None
    while kernel.is_alive():
        try:
            found = ask(queries.PATIENCE)["queries"] if kernel.is_ready() else []
        except Silent:
            found = told  # It is busy, or about to end; what was told is the newest there is.
        if found != told:
            emit("queries", queries=found)
            told = found
        if once:
            return
        time.sleep(LOOK_SECONDS)


def stop(run: str) -> None:
    """End a query, and tell how that went."""
    try:
        emit("stopped", said=str(ask(STOP_SECONDS, stop=run).get("said", "")))
    except Silent:
        emit(
            "stopped",
            said="pyspark has not answered yet: the query ends with its batch, if at all.",
        )


def main(argv: list[str] | None = None) -> int:
    """Run until pyspark ends. The reader going away is no error."""
    parser = argparse.ArgumentParser(prog="guest.streaming", description=__doc__)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--stop", metavar="RUN")
    options = parser.parse_args(argv)
    try:
        if options.stop:
            stop(options.stop)
        else:
            watch(options.once)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
