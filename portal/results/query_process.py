"""Run one query on one file and end: the request as JSON on stdin, the answer on stdout.

Started by `portal.results.sql` in the folder of the files. It imports nothing of the portal.

It is confined by limits of resources and by a filter of system calls that is loaded once the file
is open: from then on it can reckon, read what is open and write its answer. It can open nothing, no
file and no socket, start nothing, and see no other process.
"""

import datetime
import json
import os
import re
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
    "SET TimeZone = 'UTC'",
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
CONFINED_CALLS = (
    *("read", "write", "readv", "writev", "pread64", "lseek", "close", "fstat", "newfstatat"),
    *("mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "sched_yield"),
    *("clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "restart_syscall"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "tgkill", "getrandom"),
    *(
        "getcwd",
        "getpid",
        "gettid",
        "getrusage",
        "sched_getaffinity",
        "sysinfo",
        "exit",
        "exit_group",
    ),
    *("set_robust_list", "rseq", "poll", "ppoll"),
)
NOT_CONFINED = 77
"""Exit status where there is no such filter to be had: nothing is run then."""
TELLTALES = re.compile(
    r"duckdb_(?:databases|settings|secrets|logs|extensions)|current_setting|pragma_|\bquery\s*\(",
    re.IGNORECASE,
)
"""What tells of the server and not of the rows, and what runs text that nobody has looked at."""
PATH = re.compile(r"/[\w.+@-]+(?:/[\w.+@-]+)+")


def confine() -> None:
    """Give up every system call but those, in each thread, for good.

    Raises ImportError, OSError and RuntimeError where there is no such filter.
    """
    import pyseccomp

    allowed = pyseccomp.SyscallFilter(pyseccomp.ERRNO(1))
    for name in CONFINED_CALLS:
        allowed.add_rule(pyseccomp.ALLOW, name)
    allowed.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
    allowed.load()


def open_file(name: str, views: dict[str, str]) -> duckdb.DuckDBPyConnection:
    """The file, to be read, with the views that queries name; then every door is shut."""
    database = duckdb.connect(config={"memory_limit": MEMORY, "threads": 1})
    there = os.open(name, os.O_RDONLY)
    os.chdir("/")
    database.execute(f"ATTACH '/proc/self/fd/{there}' AS kept (READ_ONLY)")
    for view, text in views.items():
        database.execute(f'CREATE VIEW "{view}" AS {text}')
    for each in LOCKS:
        database.execute(each)
    return database


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the query; what is wrong with it is the answer's `error`."""
    if TELLTALES.search(request["sql"]):
        return {"error": "That tells of the portal's own machine. Ask for the rows."}
    database = open_file(request["file"], request["views"])
    alarm = threading.Timer(request["seconds"], database.interrupt)
    alarm.daemon = True
    alarm.start()
    try:
        confine()
    except (ImportError, OSError, RuntimeError) as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_CONFINED)
    try:
        return look(database, request["sql"], request["rows"])
    except duckdb.InterruptException:
        return {"error": "timeout"}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"error": "memory"}
    except duckdb.Error as error:
        return {"error": without_paths(str(error), request["sql"])[:CELL_LIMIT]}
    except Exception as error:
        return {"error": f"The answer can't be shown ({type(error).__name__}). Ask for it as text."}
    finally:
        alarm.cancel()


def look(database: duckdb.DuckDBPyConnection, text: str, most: int) -> dict[str, Any]:
    """What a query gives. Raises what DuckDB raises."""
    statements = database.extract_statements(text)
    if len(statements) != 1 or statements[0].type not in READS:
        return {"error": "One query at a time, and it can only read: begin with SELECT."}
    began = time.monotonic()
    statement = statements[0]
    result = database.execute(
        zoned_as_text(database, statement.query)
        if statement.type == duckdb.StatementType.SELECT
        else statement
    )
    found = result.fetchmany(most + 1)
    names = [each[0] for each in result.description or ()]
    seconds = round(time.monotonic() - began, 3)
    rows = bounded(found[:most])
    return {"columns": names, "rows": rows, "is_cut": len(rows) < len(found), "seconds": seconds}


def zoned_as_text(database: duckdb.DuckDBPyConnection, query: str) -> str:
    """The query; times with a zone as text, since Python's own want a library for their zones."""
    query = query.strip().removesuffix(";")
    described = database.execute(f"DESCRIBE {query}").fetchall()
    if not any("WITH TIME ZONE" in each[1] for each in described):
        return query
    places = [f"c{at}" for at in range(len(described))]
    chosen = [
        (f"CAST({place} AS VARCHAR)" if "WITH TIME ZONE" in kind else place) + f" AS {named(name)}"
        for place, (name, kind, *_) in zip(places, described, strict=True)
    ]
    return f"SELECT {', '.join(chosen)} FROM ({query}\n) AS asked({', '.join(places)})"  # noqa: S608


def named(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def without_paths(said: str, query: str) -> str:
    """What DuckDB says, without the server's own paths; those that were typed stay."""
    return PATH.sub(lambda found: found[0] if found[0] in query else "…", said)


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
