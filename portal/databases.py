"""Where rows are kept, as the environment says: SQLite here, or a PostgreSQL."""

from pathlib import Path
from typing import Any

import environ


def configured(env: environ.Env, folder: Path) -> dict[str, dict[str, Any]]:
    """Django's DATABASES. Raises ImproperlyConfigured for an address that can't be read."""
    default = env.db("DATABASE_URL", default=f"sqlite:///{folder / 'sluice.sqlite3'}")
    options = default.setdefault("OPTIONS", {})
    if default["ENGINE"].endswith("sqlite3"):
        # Web, worker and relay write at the same time: WAL, and locks that are taken at once.
        options |= {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    elif most := env.int("SLUICE_DATABASE_POOL", default=0):
        # Each request would else connect anew: a process to start, a password to check.
        options["pool"] = {"min_size": 1, "max_size": most, "timeout": 10}
    return {"default": default}
