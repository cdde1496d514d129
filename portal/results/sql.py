"""SQL that people type, over one extraction: run by a process of its own that can do little.

The database is open to be read; the process can open nothing else, no file and no socket, and has
so much memory and time (`query_process`). People take turns: whoever types many queries waits for
their own, and for nobody longer than others do.
"""

import json
import logging
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.results import store
from portal.results.browse import Column, columns_of
from portal.results.export import unlike
from portal.results.ingest import quoted
from portal.results.models import Extraction
from portal.results.query_process import NOT_CONFINED
from portal.results.turns import NoTurn, Turns

log = logging.getLogger(__name__)
PROGRAM = Path(__file__).with_name("query_process.py")
SECONDS = 5.0
ROWS = 1000
TEXT_LIMIT = 20_000
AT_ONCE = 2
WAIT_SECONDS = 20.0
_turns = Turns(AT_ONCE)
"""A class that types SQL at the same time takes turns."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave, or why it gave nothing."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    is_cut: bool = False
    seconds: float = 0.0
    error: str = ""


@dataclass(slots=True)
class Schema:
    """The tables that a query can name, as views of what is kept."""

    views: dict[str, str] = field(default_factory=dict)
    columns: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def ask(extraction: Extraction, text: str, person: object = None) -> Answer:
    """Run one query for somebody. Raises RowsGone."""
    store.here(extraction.store)
    if not text.strip() or len(text) > TEXT_LIMIT:
        return Answer(error="Type a query, of at most 20,000 characters.")
    try:
        with _turns.turn(person, WAIT_SECONDS):
            return run(extraction, text)
    except NoTurn as no:
        return Answer(error=str(no))


def run(extraction: Extraction, text: str) -> Answer:
    """Have the process run it, for so long."""
    request = {
        "file": store.here(extraction.store).name,
        "views": schema_of(extraction).views,
        "sql": text,
        "rows": ROWS,
        "seconds": SECONDS,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(PROGRAM)],
            input=json.dumps(request).encode(),
            capture_output=True,
            cwd=store.folder(),
            env=NOWHERE,
            timeout=SECONDS + 5,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(error=TOO_LONG)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return Answer(error=why_it_ended(done))
    if said := found.get("error"):
        return Answer(error={"timeout": TOO_LONG, "memory": TOO_LARGE}.get(said, said))
    rows = tuple(map(tuple, found["rows"]))
    return Answer(tuple(found["columns"]), rows, found["is_cut"], found["seconds"])


def why_it_ended(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Why there is no answer at all."""
    if done.returncode == NOT_CONFINED:
        log.error("queries can't be confined here: %s", done.stderr.decode(errors="replace")[-300:])
        return "Queries can't be run here: the portal has no way to confine them on this machine."
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return TOO_LONG
    return TOO_LARGE


NOWHERE = {"HOME": "/nonexistent", "TZ": "UTC"}
"""All that the process knows of where it runs."""
TOO_LONG = f"The query took longer than {SECONDS:g} seconds and was ended. Ask for less of it."
TOO_LARGE = "The query needed more memory than it may have, and was ended. Ask for less of it."


def schema_of(extraction: Extraction) -> Schema:
    """The student's table by its own name, and the topic's records by the topic's."""
    schema, taken = Schema(), set[str]()
    if "own" in extraction.summary:
        name = unlike(plain_name(extraction.table_name, "extracted"), taken)
        add(schema, name, "own", {}, columns_of(extraction, "own"))
    if "records" in extraction.summary:
        name = unlike(plain_name(extraction.topic, "records"), taken)
        places = {
            "partition": ("partition", "INTEGER"),
            "offset": ('"offset"', "BIGINT"),
            "timestamp": ('make_timestamp("timestamp" * 1000)', "TIMESTAMP"),
        }
        add(schema, name, "records", places, columns_of(extraction, "records"))
    return schema


def plain_name(name: str, instead: str) -> str:
    """A name that needs no quotes in a query."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else instead


def add(
    schema: Schema,
    name: str,
    table: str,
    places: dict[str, tuple[str, str]],
    columns: tuple[Column, ...],
) -> None:
    """One view: names are made to differ where they only differed by case."""
    taken = {each.lower() for each in places}
    chosen = [f"{source} AS {quoted(each)}" for each, (source, _) in places.items()]
    listed = [(each, kind) for each, (_, kind) in places.items()]
    for column in columns:
        told = unlike(column.name, taken)
        chosen.append(f"{column.key} AS {quoted(told)}")
        listed.append((told, column.type))
    schema.views[name] = f"SELECT {', '.join(chosen) or 'n'} FROM kept.{table}"  # noqa: S608
    schema.columns[name] = listed
