"""Run one query on one file and end: the request as JSON on stdin, the answer on stdout.

Started by `portal.results.sql` in the folder of the files. It imports nothing of the portal.
"""

import datetime
import json
import resource
import sys
import threading
import time
from typing import Any

import duckdb

ADDRESS_SPACE = 2 * 2**30
MEMORY = "192MB"
CELL_LIMIT = 2000
BYTES = 2 * 2**20
READS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
LOCKS = (
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def open_file(name: str, views: dict[str, str]) -> duckdb.DuckDBPyConnection:
    """The file, to be read, with the views that queries name; then every door is shut."""
    database = duckdb.connect(config={"memory_limit": MEMORY, "threads": 1})
    quoted = name.replace("'", "''")
    database.execute(f"ATTACH '{quoted}' AS kept (READ_ONLY)")
    for view, text in views.items():
        database.execute(f'CREATE VIEW "{view}" AS {text}')
    for each in LOCKS:
        database.execute(each)
    return database


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the query; what is wrong with it is the answer's `error`."""
    database = open_file(request["file"], request["views"])
    alarm = threading.Timer(request["seconds"], database.interrupt)
    alarm.daemon = True
    try:
        statements = database.extract_statements(request["sql"])
        if len(statements) != 1 or statements[0].type not in READS:
            return {"error": "One query at a time, and it can only read: begin with SELECT."}
        began = time.monotonic()
        alarm.start()
        result = database.execute(statements[0])
        found = result.fetchmany(request["rows"] + 1)
        names = [each[0] for each in result.description or ()]
        seconds = round(time.monotonic() - began, 3)
    except duckdb.InterruptException:
        return {"error": "timeout"}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"error": "memory"}
    except duckdb.Error as error:
        return {"error": str(error)[:CELL_LIMIT]}
    finally:
        alarm.cancel()
    rows = bounded(found[: request["rows"]])
    is_cut = len(rows) < len(found)
    return {"columns": names, "rows": rows, "is_cut": is_cut, "seconds": seconds}


def bounded(found: list[tuple[Any, ...]]) -> list[list[Any]]:
    """As many rows as a page can take."""
    rows, left = [], BYTES
    for each in found:
        row = [plain(value) for value in each]
        left -= len(json.dumps(row))
        if left < 0:
            break
        rows.append(row)
    return rows


def plain(value: Any) -> Any:
    """A value as JSON has it, and no longer than a cell."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= 2**53:
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    text = str(value)
    return text if len(text) <= CELL_LIMIT else f"{text[:CELL_LIMIT]}… ({len(text)} characters)"


def main() -> None:
    """Limit ourselves, then answer."""
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    seconds = int(request["seconds"]) + 3
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(answer(request), sys.stdout)


if __name__ == "__main__":
    main()
