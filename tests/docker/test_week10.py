"""Week 10: every step on real containers, and nothing left of it. `make labs` does all labs."""

import json
import os
import subprocess
import sys

import pytest
from docker import APIClient

from portal.parts.places import ROOT
from tests.docker.engine import FIRST_TIME_SECONDS

pytestmark = [pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]
LAB_SECONDS = 240


def on_the_engine(address: str) -> list[set[str]]:
    """What `docker ps -a`, `docker network ls` and `docker volume ls` tell."""
    client = APIClient(address, version="auto")
    try:
        return [
            {each["Id"] for each in client.containers(all=True)},
            {each["Id"] for each in client.networks()},
            {each["Name"] for each in client.volumes()["Volumes"] or ()},
        ]
    finally:
        client.close()


def test_every_step_passes_and_nothing_is_left(docker_engine, tmp_path):
    before = on_the_engine(docker_engine)
    environment = {
        **os.environ,
        "DOCKER_HOST": docker_engine,
        "SLUICE_VAR": str(tmp_path),
        "SLUICE_PARTS": os.environ.get("SLUICE_PARTS") or str(ROOT / "var" / "parts"),
        # Another checkout's database or Redis is none of this test's.
        "DATABASE_URL": f"sqlite:///{tmp_path}/lab.sqlite3",
        "REDIS_URL": f"unix://{tmp_path}/run/redis.sock",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "lab", "run", "week10", "--runtime", "docker", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LAB_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["runtime"] == "docker"
    assert [each["id"] for each in report["steps"] if not each["passed"]] == []
    assert len(report["steps"]) > 10
    assert on_the_engine(docker_engine) == before
