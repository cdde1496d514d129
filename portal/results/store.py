"""Where the rows of extracted tables are: one DuckDB file an extraction, written once.

A file is complete before it has its name, and is only ever read afterwards. Pages read it in this
process, with queries of our own; what people type runs elsewhere (`portal.results.sql`).
"""

import contextlib
import threading
from collections import OrderedDict
from pathlib import Path

import duckdb
from django.conf import settings

OPEN_AT_MOST = 8
Config = dict[str, str | bool | int | float | list[str]]
LIMITS: Config = {"memory_limit": "256MB", "threads": 1, "enable_external_access": False}
"""What one open file may use in this process."""

_lock = threading.Lock()
_open: "OrderedDict[Path, duckdb.DuckDBPyConnection]" = OrderedDict()


class RowsGone(Exception):
    """The extraction is remembered, but its rows are not here (any more)."""


def folder() -> Path:
    """The folder of them all."""
    return Path(settings.VAR_DIR) / "results"


def path_of(name: str) -> Path:
    """A file by the name that its extraction's row has."""
    return folder() / f"{name}.duckdb"


def reader(name: str) -> duckdb.DuckDBPyConnection:
    """A cursor on a file, for one thread. Raises RowsGone."""
    path = path_of(name)
    if not name or not path.is_file():
        raise RowsGone
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
    """Delete a file. Not there is success."""
    if not name:
        return
    path = path_of(name)
    with _lock:
        if connection := _open.pop(path, None):
            connection.close()
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.with_suffix(".duckdb.wal").unlink(missing_ok=True)
