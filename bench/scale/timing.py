"""How long each query takes, noted by every process of a portal in a file of its own.

From the call to the last row that was fetched: SQLite looks for the next only when it is asked.
"""

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.backends.utils import CursorWrapper

FOLDER = "queries"
LIST = re.compile(r"\((?:%s|NULL|, |\(|\))+\)")
NUMBER = re.compile(r"\b\d+\b")
VERB = re.compile(r'^(\w+).*?(?:(?:FROM|INTO|UPDATE) "(\w+)"|$)', re.DOTALL)
Noted = tuple[str, float]
"""The text of a query without its values, and milliseconds."""


class Notes:
    """This process's file."""

    folder: Path
    file: TextIO | None = None
    owner = 0
    lock = threading.Lock()

    def add(self, sql: str, seconds: float) -> None:
        """Note one query."""
        with self.lock:
            if self.owner != os.getpid():  # A fork has its parent's.
                self.owner = os.getpid()
                self.file = (self.folder / f"{self.owner}.jsonl").open("a", buffering=1)
            assert self.file is not None
            self.file.write(json.dumps([sql, round(seconds * 1000, 3)]) + "\n")


notes = Notes()


class TimedCursor(CursorWrapper):
    """Notes a query once its rows have been fetched: at the next one, or when it is closed."""

    sql = ""
    seconds = 0.0

    def took(self, what: Any, *args: Any) -> Any:
        """Do something, and count how long it takes."""
        began = time.perf_counter()
        try:
            return what(*args)
        finally:
            self.seconds += time.perf_counter() - began

    def note(self) -> None:
        """The query is over."""
        if self.sql:
            notes.add(self.sql, self.seconds)
        self.sql, self.seconds = "", 0.0

    def execute(self, sql: Any, params: Any = None) -> Any:
        self.note()
        self.sql = str(sql)
        return self.took(super().execute, sql, params)

    def executemany(self, sql: Any, param_list: Any) -> Any:
        self.note()
        self.sql = str(sql)
        return self.took(super().executemany, sql, param_list)

    def fetchone(self) -> Any:
        """The next row."""
        return self.took(self.cursor.fetchone)

    def fetchmany(self, *size: int) -> Any:
        """So many rows."""
        return self.took(self.cursor.fetchmany, *size)

    def fetchall(self) -> Any:
        """All rows."""
        return self.took(self.cursor.fetchall)

    def close(self) -> None:
        """It is done with."""
        self.note()
        self.cursor.close()

    def __exit__(self, *error: Any) -> None:
        self.note()
        super().__exit__(*error)


def start(folder: Path) -> None:
    """Time every query of this process from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    notes.folder = folder
    connection_created.connect(watch, weak=False)


def watch(connection: BaseDatabaseWrapper, **others: Any) -> None:
    """A connection's cursors are timed."""
    connection.make_cursor = lambda cursor: TimedCursor(cursor, connection)  # type: ignore[method-assign]


def noted(folder: Path, skip: dict[str, int] | None = None) -> Iterator[Noted]:
    """What was noted since files were as long as `skip` says."""
    for path in folder.glob("*.jsonl"):
        with path.open() as file:
            file.seek((skip or {}).get(path.name, 0))
            for line in file:
                if line.endswith("\n"):
                    sql, milliseconds = json.loads(line)
                    yield plain(sql), milliseconds


def lengths(folder: Path) -> dict[str, int]:
    """How long files are now."""
    return {path.name: path.stat().st_size for path in folder.glob("*.jsonl")}


def plain(sql: str) -> str:
    """A query without what differs from one call to the next."""
    return NUMBER.sub("0", LIST.sub("(…)", sql))


def name_of(sql: str) -> str:
    """Its verb and its table."""
    found = VERB.match(sql)
    return " ".join(filter(None, found.groups())) if found else sql[:30]
