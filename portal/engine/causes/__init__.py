"""All causes that Sluice can name. A new one is a line in one of these modules, and a test.

`python -m portal.engine.causes > docs/causes.md` writes the list down.
"""

from portal.engine.causes import calls, code, kafka, pyspark, records, servers, tables, timing
from portal.engine.causes.cause import Cause

__all__ = ["ALL", "GROUPS", "Cause"]

GROUPS: dict[str, tuple[Cause, ...]] = {
    "Your code": code.ALL,
    "Kafka": kafka.ALL,
    "Records": records.ALL,
    "Tables": tables.ALL,
    "pyspark itself": pyspark.ALL,
    "Servers": servers.ALL,
    "Calls": calls.ALL,
    "Time": timing.ALL,
}
"""Causes as `docs/causes.md` lists them."""
ALL: dict[str, Cause] = {each.name: each for group in GROUPS.values() for each in group}
