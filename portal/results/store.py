"""Where the rows of extracted tables are: one DuckDB file an extraction, written once.

A file is complete before it has its name, and is only ever read afterwards. Pages read it in this
process, with queries of our own; what people type runs elsewhere (`portal.results.sql`).

Where hosts share a bucket (`portal.bucket`), that has the files, and the folder has copies of
what was written or read here lately: `portal.results.copies`.
"""

import contextlib
import logging
import threading
from collections import OrderedDict
from pathlib import Path

import duckdb
from django.conf import settings
from django.core.files import File

from portal.bucket import bucket, delete, is_away
from portal.engine.errors import Part, StepFailed
from portal.results import copies

log = logging.getLogger(__name__)
OPEN_AT_MOST = 8
FOLDER, SUFFIX = "results", ".duckdb"
Config = dict[str, str | bool | int | float | list[str]]
LIMITS: Config = {"memory_limit": "256MB", "threads": 1, "enable_external_access": False}
"""What one open file may use in this process."""

_lock = threading.Lock()
_open: "OrderedDict[Path, duckdb.DuckDBPyConnection]" = OrderedDict()


class RowsGone(Exception):
    """The extraction is remembered, but its rows are not here (any more)."""

    words = "The rows of this extraction are not kept any more."


class RowsAway(RowsGone):
    """They are kept, and the bucket that has them does not answer."""

    words = "The store of results does not answer, so the rows can't be shown. Try again soon."


class NotStored(StepFailed):
    """The bucket did not take the rows that a step gave."""

    code = "not-stored"
    part = Part.PLATFORM
    advice = "Run the step again. If that fails, too, tell whoever looks after the portal."


def folder() -> Path:
    """The folder of them all, or of the copies."""
    return Path(settings.VAR_DIR) / FOLDER


def path_of(name: str) -> Path:
    """A file by the name that its extraction's row has."""
    return folder() / f"{name}{SUFFIX}"


def object_of(path: Path) -> str:
    """What a file is called in the bucket."""
    return f"{FOLDER}/{path.name}"


def keep(name: str) -> int:
    """Put the file that was written here where every host finds it; return its bytes.

    Raises NotStored, and leaves nothing then.
    """
    path = path_of(name)
    size = path.stat().st_size
    if there := bucket():
        try:
            with path.open("rb") as file:
                there.save(object_of(path), File(file))
        except Exception as error:
            if not is_away(error):
                raise
            path.unlink(missing_ok=True)
            log.warning("results: the bucket did not take a file: %s", error)
            raise NotStored("The store of results did not take the rows.") from error
        copies.make_room(folder(), path)
    return size


def here(name: str) -> Path:
    """The file on this machine's disk, brought from the bucket if need be.

    Raises RowsGone and RowsAway.
    """
    path = path_of(name)
    if not name:
        raise RowsGone
    there = bucket()
    if there is None:
        if not path.is_file():
            raise RowsGone
        return path
    try:
        copies.bring(there, object_of(path), path)
    except FileNotFoundError:
        raise RowsGone from None
    except Exception as error:
        if not is_away(error):
            raise
        log.warning("results: the bucket gave no file: %s", error)
        raise RowsAway from error
    copies.make_room(folder(), path)
    return path


def reader(name: str) -> duckdb.DuckDBPyConnection:
    """A cursor on a file, for one thread. Raises RowsGone."""
    path = here(name)
    with _lock:
        connection = _open.pop(path, None)
        if connection is None:
            connection = duckdb.connect(path, read_only=True, config=LIMITS)
        _open[path] = connection
        # Cursors that are still at work keep the file open for themselves.
        while len(_open) > OPEN_AT_MOST:
            _open.popitem(last=False)[1].close()
        return connection.cursor()


def remove(name: str) -> None:
    """Delete a file. Not there is success; what a bucket keeps now is swept from it later."""
    if not name:
        return
    path = path_of(name)
    with _lock:
        if connection := _open.pop(path, None):
            connection.close()
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    delete(object_of(path))
