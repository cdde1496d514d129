"""A lab from its first step to its last on a real cluster, as its operator would try it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from portal.engine.lab.parse import load_lab
from portal.parts.places import ROOT, known
from tests.docker.engine import FIRST_TIME_SECONDS
from tests.kubernetes import sessions

LAB_SECONDS = 600
pytestmark = [
    pytest.mark.kubernetes,
    pytest.mark.timeout(FIRST_TIME_SECONDS + LAB_SECONDS),
]


@pytest.fixture
def var():
    """A portal's folder, whose sockets' paths are short."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        yield Path(folder)


def test_week_10_passes_step_by_step(kubernetes_sessions, docker_engine, var):
    spec = load_lab(ROOT / "labs" / "week10").spec
    tags = sorted({known()[each.image].tag for each in spec.services})
    sessions.bring_in(kubernetes_sessions, docker_engine, tags)
    done = subprocess.run(
        [sys.executable, "manage.py", "lab", "run", "week10", "--json"],
        cwd=ROOT,
        env={**os.environ, **sessions.environment(kubernetes_sessions, var)},
        capture_output=True,
        timeout=LAB_SECONDS,
        check=False,
    )
    assert done.stdout, done.stderr.decode()
    told = json.loads(done.stdout)
    assert [each for each in told["steps"] if not each["passed"]] == []
    assert told["runtime"] == "kubernetes"
    assert {each.id for each in spec.steps if not each.run.needs_somebody} == {
        each["id"] for each in told["steps"]
    }
    at = ("--namespace", sessions.NAMESPACE, "--selector", "sluice.session", "--output", "name")
    assert kubernetes_sessions.kubectl("get", "pods,secrets", *at) == ""
