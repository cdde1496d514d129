"""SQL that people type: what it shows, what it can't reach, and whose turn it is."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from portal.activities.models import Session
from portal.results import sql, store
from portal.results.tests.test_browse import keep
from tests.rows import make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return make_session()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SELECT now() > TIMESTAMPTZ '2020-01-01'", True),
        ("SELECT TIMESTAMPTZ '2026-11-29 10:00:00+00' AS at", "2026-11-29 10:00:00+00"),
        ("SELECT [TIMESTAMPTZ '2026-11-29 10:00:00+00'] -- at last", "['2026-11-29 10:00:00+00']"),
        ("SELECT TIMETZ '10:00:00+00'", "10:00:00+00"),
        ("SELECT 1 AS a, 2 AS a;", 1),
    ],
)
def test_times_with_a_zone_are_shown_as_text(session: Session, text: str, value: object) -> None:
    kept = keep(session, {"event_type": "string"}, [("a",)])
    answer = sql.ask(kept, text)
    assert (answer.error, answer.rows[0][0]) == ("", value)


def test_the_moment_is_shown(session: Session) -> None:
    kept = keep(session, {"event_type": "string"}, [("a",)])
    answer = sql.ask(kept, "SELECT now() AS at, event_type FROM extracted_events")
    assert answer.error == ""
    assert answer.columns == ("at", "event_type")
    assert str(answer.rows[0][0]).startswith("20")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT path FROM duckdb_databases()",
        'SELECT * FROM "duckdb_databases"',
        "SELECT * FROM DuckDB_Settings()",
        "SELECT current_setting('allowed_paths')",
        "SELECT * FROM query('SELECT path FROM duckdb_' || 'databases()')",
        "SELECT * FROM duckdb_extensions()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM glob('*')",
        "SELECT * FROM read_text('kept.duckdb')",
        "SELECT * FROM read_csv('../sluice.sqlite3')",
        "SELECT nothing",
        "SELECT error('x')",
        "EXPLAIN SELECT * FROM nothing",
    ],
)
def test_no_answer_tells_where_the_server_keeps_things(session: Session, text: str) -> None:
    kept = keep(session, {"event_type": "string"}, [("a",)])
    answer = sql.ask(kept, text)
    said = f"{answer.error} {answer.rows}"
    assert answer.error
    assert str(store.folder()) not in said
    assert "Traceback" not in said
    assert "site-packages" not in said
    assert ".duckdb/" not in said


def test_the_process_can_open_nothing_once_it_is_confined() -> None:
    """Neither a file nor a socket, nor another program; what is open can be read on."""
    code = """
import os, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
import query_process
query_process.confine()
for deed in (
    lambda: open("/etc/passwd"),
    lambda: open("/proc/self/environ"),
    lambda: os.listdir("/"),
    lambda: os.readlink("/proc/self/exe"),
    lambda: socket.socket(),
    lambda: socket.socket(socket.AF_UNIX),
    lambda: os.fork(),
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.kill(os.getppid(), 0),
    lambda: os.unlink("/tmp/x"),
    lambda: os.memfd_create("x"),
    lambda: os.setuid(0),
):
    try:
        deed()
    except PermissionError:
        print("refused", end=" ")
"""
    folder = str(sql.PROGRAM.parent)
    argv = [sys.executable, "-I", "-c", code, folder]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["refused"] * 12, done.stderr


def test_where_nothing_confines_queries_none_is_run(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "query_process.py"
    text = sql.PROGRAM.read_text().replace("import pyseccomp", "import no_such_library")
    program.write_text(text)
    monkeypatch.setattr(sql, "PROGRAM", program)
    kept = keep(session, {"event_type": "string"}, [("a",)])
    assert "can't be run here" in sql.ask(kept, "SELECT 1").error


def test_one_persons_queries_hold_up_nobody_else(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One at a time a person: two slow ones of the same leave a place for another's."""
    monkeypatch.setattr(sql, "SECONDS", 4.0)
    kept = keep(session, {"event_type": "string"}, [("a",)])
    slow = "SELECT count(*) FROM range(10000000000000) a"
    answers: list[sql.Answer] = []
    hoggers = [
        threading.Thread(target=lambda: answers.append(sql.ask(kept, slow, "hog")))
        for _ in range(4)
    ]
    for each in hoggers:
        each.start()
    began = time.monotonic()
    answer = sql.ask(kept, "SELECT 1", "other")
    assert answer.rows == ((1,),), answer.error
    assert time.monotonic() - began < 3
    for each in hoggers:
        each.join(30)
    assert sum("waits already" in each.error for each in answers) == 2
    assert sum("longer than" in each.error for each in answers) == 2
