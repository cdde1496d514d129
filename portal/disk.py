"""A disk that is full: seen before anything breaks, and said wherever it matters.

Nothing new is begun then; what runs can be read on. Where a write fails all the same, people get a
page that says why, and not one that says that the portal broke.
"""

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

LEAST_BYTES = 64 * 2**20
"""With less than this left the disk counts as full."""
LEAST_SHARE = 0.04
"""Of a small disk, this share of it is enough."""
LOOK_SECONDS = 1.0
WORDS = (
    "The portal's disk is full, so nothing new can be begun. What runs goes on, and can be read. "
    "Tell whoever looks after the portal."
)
FULL = 507
SIGNS = (
    "database or disk is full",
    "disk i/o error",
    "no space left on device",
    "could not extend file",
    "errors writing to the aof file",
    "misconf",
)
"""How SQLite, PostgreSQL and Redis say it."""
_looked: dict[str, tuple[float, bool]] = {}


def is_full(folder: Path | None = None) -> bool:
    """Whether the portal's own disk has no room left; looked at once a second at most."""
    where = str(folder or settings.VAR_DIR)
    at, answer = _looked.get(where, (0.0, False))
    if not at or time.monotonic() - at > LOOK_SECONDS:
        answer = has_no_room(where)
        _looked[where] = (time.monotonic(), answer)
    return answer


def has_no_room(folder: str) -> bool:
    """A look at it. One that can't be looked at is another trouble than this."""
    try:
        found = shutil.disk_usage(folder)
    except OSError:
        return False
    return found.free < min(LEAST_BYTES, LEAST_SHARE * found.total)


def says_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came of, is that a disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(error, DatabaseError | RedisError):
            said = str(error).lower()
            if any(sign in said for sign in SIGNS):
                return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def spared() -> Iterator[None]:
    """Do without a write that a full disk refuses, such as when somebody was last seen."""
    try:
        yield
    except Exception as error:
        if not says_full(error):
            raise


class SayFull:
    """Middleware: an error that comes of a full disk is answered by what is so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass it on; what other middleware can't write fails here."""
        try:
            return self.get_response(request)
        except Exception as error:
            if not says_full(error):
                raise
            return page(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """What a view can't write."""
        return page(request) if says_full(error) else None


def page(request: HttpRequest) -> HttpResponse:
    """It says what is so, without asking the database anything."""
    response = render(None, "507.html", {"words": WORDS}, status=FULL)
    response["Cache-Control"] = "no-store"
    return response


def context(request: HttpRequest) -> dict[str, str]:
    """For each page: what to say on top of it, if anything."""
    return {"disk_words": WORDS if is_full() else ""}
