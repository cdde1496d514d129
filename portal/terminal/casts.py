"""Where recordings are: in a bucket where hosts share one, else in their rows."""

import time
import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from portal import bucket
from portal.seldom import Seldom
from portal.terminal.models import Recording

FOLDER, SUFFIX = "recordings", ".cast"
SWEEP_SECONDS, PAUSE_SECONDS = 3600.0, 60.0
_not_before = 0.0


class CastAway(Exception):
    """The bucket that has a recording does not answer, or has it no more."""


def put(there: Storage, session: str, cast: bytes) -> str:
    """Keep a recording in the bucket; return the object's name. Raises CastAway.

    After it didn't it is not asked for a while: whoever keeps recordings tells of commands, too.
    """
    global _not_before
    if time.monotonic() < _not_before:
        raise CastAway("the bucket did not take another a moment ago")
    name = f"{session}-{uuid.uuid4().hex[:12]}{SUFFIX}"
    try:
        there.save(f"{FOLDER}/{name}", ContentFile(cast))
    except Exception as error:
        if not bucket.is_away(error):
            raise
        _not_before = time.monotonic() + PAUSE_SECONDS
        raise CastAway(str(error)) from error
    return name


def read(recording: Recording) -> bytes:
    """All of a recording. Raises CastAway."""
    if not recording.store:
        return bytes(recording.cast)
    try:
        if there := bucket.bucket():
            with there.open(f"{FOLDER}/{recording.store}") as file:
                return bytes(file.read())
    except Exception as error:
        if not bucket.is_away(error):
            raise
        raise CastAway(str(error)) from error
    raise CastAway("there is no bucket any more")


def remove(name: str) -> None:
    """Delete what a row had in the bucket, if anything."""
    if name:
        bucket.delete(f"{FOLDER}/{name}")


def known() -> set[str]:
    """The objects that have a row."""
    return set(Recording.objects.exclude(store="").values_list("store", flat=True))


sweeper = bucket.Sweeper(FOLDER, known)
now_and_then = Seldom(SWEEP_SECONDS, sweeper.sweep)
