"""A session that the release before has begun goes on under this one: its cluster, and its rows.

The release before is what stood here before the newest change of what a live session depends on.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from portal.engine.runtimes.base import Runtime, State
from tests.contract.cluster import Cluster, eventually, new_session
from tests.contract.drivers import VENV, make_sandbox, sandbox_leftovers
from tests.environment import ROOT
from tests.portal_process import environment

DEPENDS_ON = ("portal/engine/guest/agent", "portal/engine/runtimes", "portal/*/migrations")
TREE = ("portal", "tests", "labs", "templates", "static", "manage.py", "pyproject.toml")
LAUNCH = """
import os, sys
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.contract.cluster import Cluster
folder, venv, session = sys.argv[1:]
images = {"mids": Image("mids", tag="sluice/mids:1")}
cluster = Cluster(SandboxRuntime(folder=folder, venv=venv, images=images), session)
cluster.up(files={"kept.txt": b"kept"})
count = "import time\\nfor n in range(10**6): print(n); time.sleep(.05)"
cluster.start("web", "python", "-uc", count)
assert len(cluster.lines(3)) == 3
os._exit(0)
"""
ROWS = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.rows import make_run, make_session
session = make_session()
make_run(session, "topic")
type(session).objects.filter(pk=session.pk).update(status="ready")
print(session.pk)
"""
LOOK = """
import sys
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
from portal.activities.models import Session
session = Session.objects.get(pk=sys.argv[1])
settings.ALLOWED_HOSTS = ["testserver"]
client = Client()
client.force_login(session.owner)
page = client.get(f"/s/{session.pk}/").content.decode()
print(session.status, 'data-testid="step-topic" data-state="passed"' in page)
"""


def git(*words: str) -> bytes:
    """What git says; it fails where there is no history."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the release before."""
    try:
        newest = git("log", "-1", "--format=%H", "--", *DEPENDS_ON).decode().strip()
        packed = git("archive", f"{newest}^", *TREE)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no history here")
    folder = tmp_path_factory.mktemp("before")
    subprocess.run(["tar", "-x"], cwd=folder, input=packed, check=True)
    return folder


def run(tree: Path, code: str, *arguments: str, var: Path) -> str:
    """Run some lines by the code of a tree."""
    env = {**environment(var, 0), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tree,
        env={**env, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def serves(runtime: Runtime, session: str) -> bool:
    """Whether its server runs."""
    process = runtime.observe(session).process("web")
    return process is not None and process.is_running


@pytest.mark.sandbox
def test_a_cluster_of_the_release_before_goes_on(before: Path, tmp_path: Path) -> None:
    session, folder = new_session(), tmp_path / "sessions"
    runtime = make_sandbox(folder)
    cluster = Cluster(runtime, session)
    try:
        run(before, LAUNCH, str(folder), str(VENV), session, var=tmp_path)
        assert runtime.observe(session).state is State.UP
        assert cluster.run("cat", "kept.txt").stdout == b"kept"
        runtime.put_file(session, "new.txt", b"new")
        assert runtime.get_file(session, "new.txt") == b"new"
        seen = [line.number for line in cluster.lines(20)]
        assert seen == list(range(1, 21)), "the log goes on, and nothing is missing"
        assert runtime.stats(session).memory_bytes > 0
        # Started again under the same name, it is left alone.
        cluster.start("web", "true")
        assert serves(runtime, session)
        runtime.interrupt(session, "web")
        eventually(lambda: not serves(runtime, session))
        assert runtime.list_all() == [session]
    finally:
        runtime.down(session)
    assert sandbox_leftovers(session) == []


def test_a_session_of_the_release_before_can_be_read(before: Path, tmp_path: Path) -> None:
    session = run(before, ROWS, var=tmp_path)
    assert run(ROOT, LOOK, session, var=tmp_path) == "ready True"
