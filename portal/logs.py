"""Logs that say a thing a few times, then how often: a fault that repeats must fill no disk."""

import logging
import threading
import time
from typing import Any

WINDOW_SECONDS = 60.0
TOLD = 3
"""How often the same is told in a window."""
KEPT = 500


class Repeats(logging.Filter):
    """Lets the same warning or error through a few times a minute, then counts it."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to tell it; the first of a new window says how many were left out."""
        if record.levelno < logging.WARNING:
            return True
        kind = record.exc_info[0] if record.exc_info else None
        key = (record.name, record.levelno, str(record.msg)[:200], kind)
        now = time.monotonic()
        with self.lock:
            began, count = self.seen.get(key, (now, 0))
            left_out = 0
            if now - began > WINDOW_SECONDS:
                began, count, left_out = now, 0, max(0, count - TOLD)
            if len(self.seen) > KEPT:
                self.seen.clear()
            self.seen[key] = (began, count + 1)
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out} times more in the minute before)"
            record.args = ()
        return count < TOLD


def configuration(*, level: str, as_json: bool) -> dict[str, Any]:
    """What Django's LOGGING says: all to the console, each line with its trace's id."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "repeats": {"()": "portal.logs.Repeats"},
            "trace": {"()": "portal.tracing.Filter"},
        },
        "formatters": {
            "line": {
                "format": "%(asctime)s %(levelname)s %(name)s [%(trace)s]: %(message)s",
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            },
            "json": {"()": "portal.tracing.AsJson"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json" if as_json else "line",
                "filters": ["repeats", "trace"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {"celery": {"level": "WARNING"}, "uvicorn.access": {"level": "WARNING"}},
    }
