"""Every lab that needs no Python in the portal passes from its first step to its last."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("name", ["week9", "week10-kraft"])
def test_a_lab_passes(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    var = tmp_path_factory.mktemp("v")
    environment = {**os.environ, "SLUICE_VAR": str(var)}
    for arguments in (["migrate", "-v0"], ["load_labs"]):
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True
        )
    done = subprocess.run(
        [sys.executable, "manage.py", "lab", "run", name, "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    report = json.loads(done.stdout)
    assert report["passed"], [each for each in report["steps"] if not each["passed"]]
    assert done.returncode == 0
