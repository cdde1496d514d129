"""Tell of what a broker has, again whenever that changes: what `guest.topics` and `.groups` do."""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from .clients import settings
from .lines import emit

LOOK_SECONDS = 1.0

Look = Callable[[KafkaAdminClient, KafkaConsumer], list[dict[str, Any]]]


def watch(what: str, look: Look, bootstrap: str, once: bool) -> None:
    """Tell of it until killed, or once. Once, raises what the broker's client does."""
    told: object = None
    while True:
        try:
            given = settings(bootstrap, 2.0) | {"request_timeout_ms": 5000}
            with (
                contextlib.closing(KafkaAdminClient(**given)) as admin,
                contextlib.closing(KafkaConsumer(**given, enable_auto_commit=False)) as consumer,
            ):
                while True:
                    found = look(admin, consumer)
                    if found != told:
                        emit(what, **{what: found})
                        told = found
                    if once:
                        return
                    time.sleep(LOOK_SECONDS)
        except (KafkaError, OSError):
            if once:
                raise
            time.sleep(LOOK_SECONDS)


def run(what: str, look: Look, about: str | None, argv: list[str] | None) -> int:
    """A program's `main`. The reader going away is no error."""
    parser = argparse.ArgumentParser(prog=f"guest.{what}", description=about)
    parser.add_argument("bootstrap")
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args(argv)
    try:
        watch(what, look, options.bootstrap, options.once)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
