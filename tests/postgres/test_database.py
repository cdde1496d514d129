"""What is promised of rows holds on PostgreSQL as it does on SQLite, and with many at once."""

import os
import subprocess
import sys

import pytest

from portal.parts.places import ROOT
from tests.docker.engine import FIRST_TIME_SECONDS
from tests.postgres.server import postgresql

pytestmark = [pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]

SELECTED = (
    "tests/postgres/audit.py",
    "tests/postgres/races.py",
    "portal/runner/tests/test_clusters.py",
    "portal/activities/tests/test_forgetting.py",
    "portal/runner/tests/test_reconciler.py",
    "portal/runner/tests/test_runs.py",
    "portal/activities/tests/test_sessions.py",
    "portal/activities/tests/test_status.py",
    "portal/activities/tests/test_steps.py",
    "portal/catalog/tests/test_models.py",
    "portal/catalog/tests/test_services.py",
    "portal/classroom/tests/test_audit.py",
    "portal/classroom/tests/test_connecting.py",
    "portal/classroom/tests/test_gradebook.py",
    "portal/classroom/tests/test_joining.py",
    "portal/classroom/tests/test_members.py",
    "portal/classroom/tests/test_overview.py",
    "portal/classroom/tests/test_privacy.py",
    "portal/classroom/tests/test_roster.py",
    "portal/results/tests/test_results.py",
    "portal/wire/tests/test_wire.py",
)
"""Tests whose rows are claimed, locked, constrained, or hold what students made."""


def test_the_same_tests_pass_on_postgresql(docker_engine: str) -> None:
    with postgresql(docker_engine) as address:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--create-db", *SELECTED],
            cwd=ROOT,
            env={**os.environ, "SLUICE_TEST_DATABASE_URL": address, "SLUICE_DATABASE_POOL": "64"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout
