"""The transcript as a shell script: readable by bash whatever was typed, and doing the same."""

import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.activities.models import Session
from portal.activities.services import code
from portal.engine.kinds.spark.lines import as_typed, with_earlier
from portal.engine.lab.shell import comments, heredoc
from portal.insights import script, services, transcript
from portal.insights.edits import saved_in
from tests.insights.sessions import CURL, SWORD, done
from tests.rows import make_session

SHIM = """#!/usr/bin/env bash
printf '%q ' "$@" >>"$SHIM_LOG"; printf '\\n' >>"$SHIM_LOG"
if [ "$1 $2" = "exec -T" ]; then cat >>"$SHIM_LOG"; fi
"""
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
AWKWARD = st.lists(
    st.sampled_from(["END", "END_", "\n", "'", '"', "\\", "$(false)", "`", "#", " ", "|| exit 9"]),
    max_size=12,
).map("".join)


def written(session: Session) -> str:
    """The script of a session."""
    return "".join(script.script(session, transcript.entries(session), saved_in(session)))


def replay(text: str, folder: Path) -> tuple[int, str]:
    """Run a script where docker-compose only says what it was asked; its status and that."""
    shim, log = folder / "docker-compose", folder / "log"
    shim.write_text(SHIM)
    shim.chmod(0o755)
    log.write_text("")
    path = f"{folder}:{os.environ['PATH']}"
    (folder / "session.sh").write_text(text)
    done = subprocess.run(
        ["bash", folder / "session.sh"],
        env={**os.environ, "PATH": path, "SHIM_LOG": str(log)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, log.read_text()


@pytest.mark.django_db
def test_it_asks_docker_compose_for_what_was_typed(tmp_path: Path) -> None:
    session = make_session()
    for step in ("prepare", "cluster", "topic"):
        done(session, step)
    done(session, "serve", "serving")
    done(session, "call", params={"commands": [CURL, SWORD]})
    done(session, "extract")
    done(session, "telnet")
    done(session, "down")
    session.files.create(path="game.py", content="one\nEND\ntwo")
    session.files.update(changed_at=session.created_at)
    status, log = replay(written(session), tmp_path)
    assert status == 0
    asked = [re.sub(r"\\(.)", r"\1", each).strip() for each in log.splitlines()]
    assert "up -d" in asked
    assert "exec -T mids curl -sS http://localhost:5000/purchase_a_sword" in asked
    assert asked.index("one") + 1 == asked.index("END") == asked.index("two") - 1
    assert "import json" in asked
    assert "GET /purchase_a_sword HTTP/1.1" in asked
    assert asked[-1] == "down"
    assert "docker rm" not in log


@pytest.mark.django_db
def test_each_server_runs_the_text_that_was_saved_last_before_it() -> None:
    session = make_session()
    up = done(session, "cluster")
    done(session, "serve")
    second = done(session, "serve")
    assert up.started_at
    assert second.started_at
    for text, at in (
        ("first", up.started_at),
        ("second", up.started_at),
        ("third", second.started_at),
        ("never run", second.started_at + timedelta(hours=1)),
    ):
        session.file_versions.create(path="game.py", content=text, saved_at=at)
    text = written(session)
    places = [text.find(each) for each in ("second\nEND", "flask run", "third\nEND")]
    assert -1 not in places
    assert places == sorted(places)
    assert "first\nEND" not in text
    assert "never run" not in text


@pytest.mark.django_db
def test_a_file_that_went_back_to_the_original_does_so_at_home() -> None:
    session = make_session()
    path = session.spec.files[0].path
    done(session, "cluster")
    code.save(session, path, "edited")
    session.file_versions.update(saved_at=done(session, "serve").started_at)
    code.reset(session, path)
    session.file_versions.exclude(content="edited").update(
        saved_at=done(session, "serve").started_at
    )
    text = written(session)
    original = session.version.file_contents()[path].decode()
    places = [text.find(each) for each in ("edited\nEND", "flask run", original)]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.django_db
def test_what_failed_here_may_fail_there(tmp_path: Path) -> None:
    session = make_session()
    done(session, "topic")
    done(session, "read", "failed")
    text = written(session)
    assert text.count("|| missed") == 1
    failing = text.replace("failed=0\n", "failed=0\ndocker-compose() { return 3; }\n", 1)
    assert replay(failing, tmp_path)[0] == 1


@settings(max_examples=25, deadline=None)
@given(TEXT | AWKWARD, AWKWARD | TEXT)
def test_nothing_that_was_typed_becomes_a_command(
    tmp_path_factory: pytest.TempPathFactory, typed: str, note: str
) -> None:
    folder = tmp_path_factory.mktemp("script")
    lines = "".join(comments(note))
    line, document = heredoc(typed)
    text = f"{lines}cat{line}\n{document}printf done >&2\n"
    shown = subprocess.run(["bash", "-c", text], capture_output=True, cwd=folder, check=True)
    assert shown.stdout.decode().removesuffix("\n") == typed.removesuffix("\n")
    assert shown.stderr == b"done"


@pytest.mark.django_db
def test_a_note_of_many_lines_stays_a_comment(tmp_path: Path) -> None:
    session = make_session()
    run = done(session, "topic")
    services.annotate(session, run, "one\ntouch hacked\r touch hacked2\u2028exit 5")
    status, _ = replay(written(session), tmp_path)
    assert status == 0
    assert not list(tmp_path.glob("hacked*"))


def test_blocks_end_where_a_shell_needs_it() -> None:
    code = "x = 1\ndef f():\n    return x\nfor i in range(2):\n\n    print(i)\nf()\n"
    lines = as_typed(code)
    assert lines == (
        "x = 1\ndef f():\n    return x\n\nexec('for i in range(2):\\n\\n    print(i)')\nf()"
    )


@pytest.mark.parametrize("code", ["def (", "x = 'open", "a\0b", "if x:\n\ty\n        z"])
def test_what_is_no_python_is_typed_as_it_is(code: str) -> None:
    assert as_typed(code) == code


def test_lines_bring_the_earlier_ones_that_they_need() -> None:
    earlier = ["import json\na = spark.range(3)", "b = 5", "a2 = a.toDF('x')"]
    assert with_earlier(earlier, "a2.show()") == (
        "import json\na = spark.range(3)\na2 = a.toDF('x')\na2.show()"
    )
    assert with_earlier(earlier, "spark.range(2).show()") == "spark.range(2).show()"
