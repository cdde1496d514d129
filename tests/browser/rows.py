"""A portal's rows as they were, for a second try in the same portal."""

import contextlib
import sqlite3
from pathlib import Path

WAIT_SECONDS = 30
NUMBERS = "SELECT seq, name FROM sqlite_sequence"


class Rows:
    """A copy of a database that is in use, made when this is made."""

    def __init__(self, database: Path, copy: Path) -> None:
        self.database, self.copy = database, copy
        with opened(database) as live, opened(copy) as kept:
            live.backup(kept)

    def put_back(self) -> None:
        """Bring back the copied rows. No number is given twice: the portal may still know some."""
        with opened(self.database) as live, opened(self.copy) as kept:
            given = live.execute(NUMBERS).fetchall()
            kept.backup(live)
            live.executemany("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", given)
            live.commit()


def opened(database: Path) -> contextlib.closing[sqlite3.Connection]:
    """A connection, which waits for whoever writes."""
    return contextlib.closing(sqlite3.connect(database, timeout=WAIT_SECONDS))
