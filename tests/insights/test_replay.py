"""A transcript's script does week 10 again on a real cluster, and ends in the same table."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from portal.activities.models import Session
from portal.activities.runtimes import operator_images
from portal.engine.runtimes.base import ClusterSpec, Runtime, never
from portal.engine.runtimes.sandbox import SandboxRuntime
from portal.engine.steps import Job, perform
from portal.insights import script, transcript
from tests.contract.drivers import VENV
from tests.insights.sessions import CURL, SWORD, done
from tests.rows import make_session

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]
GAME = "flask-with-kafka-and-spark/game_api_with_json_events.py"
CHOSEN = {
    "call": {"commands": [SWORD, CURL, SWORD]},
    "call-extended": {"commands": [CURL, SWORD]},
}


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """A sandbox with room for two clusters."""
    folder = str(tmp_path / "run")
    made = SandboxRuntime(folder=folder, venv=str(VENV), images=operator_images())
    yield made
    for session in made.list_all():
        made.down(session)


def do_all(session: Session, runtime: Runtime, files: dict[str, bytes]) -> None:
    """Every step of the lab on a cluster, with a row for each as the portal keeps them."""
    list(runtime.up(ClusterSpec("first", session.spec, files)))
    last = {}
    for step in session.spec.steps:
        said: list[bytes] = []
        params = CHOSEN.get(step.id, {})
        if step.run.kind in ("exec", "server", "call", "spark", "http", "stop"):
            job = Job(
                runtime=runtime,
                session="first",
                lab=session.spec,
                step=step,
                params=params,
                write=lambda _, data, said=said: said.append(data),  # type: ignore[misc]
                cancelled=never,
            )
            perform(job)
        output = b"".join(said).decode(errors="replace")
        last[step.id] = done(session, step.id, params=params, output=output)
        # The second server ended the first, and was ended by the step that stops servers.
        for server, end in (("serve", "serve-extended"), ("serve-extended", "stop")):
            if step.id == end:
                last[server].finished_at = last[end].started_at
                last[server].save()
    runtime.down("first")


def table(text: str) -> list[str]:
    """The lines of the tables that Spark drew."""
    return [line for line in text.splitlines() if line.startswith(("|", "+-"))]


def test_the_script_ends_in_the_same_table(tmp_path: Path, runtime: Runtime) -> None:
    session = make_session()
    edited = session.version.file_contents()[GAME].decode().replace("purchase_sword", "edited")
    files = {**session.version.file_contents(), GAME: edited.encode()}
    do_all(session, runtime, files)
    shim = tmp_path / "docker-compose"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.insights.compose_shim "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "home").mkdir()
    paper = tmp_path / "home" / "session.sh"
    text = "".join(script.script(session, transcript.entries(session), {GAME: edited}))
    paper.write_text(text)
    subprocess.run(["bash", "-n", paper], check=True)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SHIM_FOLDER": str(tmp_path / "run"),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "portal.settings"),
        "SLUICE_VAR": str(settings.VAR_DIR),
    }
    replay = subprocess.run(
        ["bash", paper], env=environment, capture_output=True, text=True, timeout=500
    )
    assert replay.returncode == 0, replay.stdout[-4000:] + replay.stderr[-4000:]
    before = table(session.runs.get(step_id="extract").output)
    assert len(before) == 3 + 1 + 5, before
    assert table(replay.stdout) == before
    assert "edited" in replay.stdout
    assert replay.stdout.count("Sword Purchased!") == 4
    assert runtime.list_all() == []
