"""A transcript's script does week 10 again on a real cluster, and ends in the same table."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from portal.activities.models import Session
from portal.activities.runtimes import operator_images
from portal.engine.runtimes.base import Runtime
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.contract.drivers import VENV
from tests.docker.engine import FIRST_TIME_SECONDS
from tests.insights.week10 import do_with_edited_game, move_in, table
from tests.rows import make_session

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """A sandbox with room for two clusters."""
    folder = str(tmp_path / "run")
    made = SandboxRuntime(folder=folder, venv=str(VENV), images=operator_images())
    yield made
    for session in made.list_all():
        made.down(session)


def replay(session: Session, paper: Path, **environment: str) -> None:
    """Run a script, and compare what Spark drew with what it drew in the session."""
    subprocess.run(["bash", "-n", paper], check=True)
    done = subprocess.run(
        ["bash", paper],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    before = table(session.runs.get(step_id="extract").output)
    assert len(before) == 3 + 1 + 5, before
    assert table(done.stdout) == before
    assert "edited" in done.stdout
    assert done.stdout.count("Sword Purchased!") == 4


def test_the_script_ends_in_the_same_table(tmp_path: Path, runtime: Runtime) -> None:
    """Through a docker-compose that talks to the sandbox."""
    session = make_session()
    paper = tmp_path / "home" / "session.sh"
    paper.parent.mkdir()
    paper.write_text(do_with_edited_game(session, runtime))
    shim = tmp_path / "docker-compose"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.insights.compose_shim "$@"\n')
    shim.chmod(0o755)
    replay(
        session,
        paper,
        PATH=f"{tmp_path}:{os.environ['PATH']}",
        PYTHONPATH=str(ROOT),
        SHIM_FOLDER=str(tmp_path / "run"),
        DJANGO_SETTINGS_MODULE="portal.settings",
        SLUICE_VAR=str(settings.VAR_DIR),
    )
    assert runtime.list_all() == []


@pytest.mark.docker
@pytest.mark.timeout(FIRST_TIME_SECONDS + 600)
def test_the_script_does_the_same_on_a_compose_file(
    tmp_path: Path, runtime: Runtime, docker_engine: str
) -> None:
    """As at home: docker-compose itself, on containers."""
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed")
    session = make_session()
    text = do_with_edited_game(session, runtime)
    home = tmp_path / "week10"
    home.mkdir()
    move_in(home, session.spec, session.version.file_contents())
    (home / "session.sh").write_text(text)
    try:
        replay(session, home / "session.sh", DOCKER_HOST=docker_engine)
    finally:
        subprocess.run(
            ["docker-compose", "down", "--volumes"],
            cwd=home,
            env={**os.environ, "DOCKER_HOST": docker_engine},
            capture_output=True,
            check=False,
        )
