"""Copies of a bucket's files on this machine's disk: what was used lately, up to so many bytes.

A copy's date is when it was last used.
"""

import os
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.files.storage import Storage

IN_USE_SECONDS = 60.0
"""What was asked for so lately is about to be opened."""


def bring(bucket: Storage, name: str, path: Path) -> None:
    """Have a copy of an object. Raises FileNotFoundError, and what the bucket raises."""
    with suppress(FileNotFoundError):
        os.utime(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Others may bring it at the same time: whoever is last replaces the same by the same.
    unfinished = path.with_name(f"{path.stem}-{os.getpid()}-{threading.get_ident()}.part")
    try:
        with bucket.open(name) as source, unfinished.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def make_room(folder: Path, newest: Path) -> int:
    """Delete the copies that were used longest ago, until all fit; return of how many.

    The newest stays, and what was used within the last minute.
    """
    found = []
    for path in folder.glob(f"*{newest.suffix}"):
        with suppress(FileNotFoundError):
            seen = path.stat()
            found.append((seen.st_mtime, seen.st_size, path))
    left = settings.SLUICE_COPIES_MB << 20
    dropped = 0
    for used, size, path in sorted(found, reverse=True):
        left -= size
        if left < 0 and path != newest and time.time() - used > IN_USE_SECONDS:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
