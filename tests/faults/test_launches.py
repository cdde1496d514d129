"""A class that presses Launch at the same moment gets as many clusters as there are places."""

import json
import subprocess
import sys
from pathlib import Path

from tests.environment import ROOT
from tests.portal_process import environment

CROWD, PLACES = 40, 12


def test_of_forty_launches_at_once_twelve_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.launches", str(CROWD)],
        env={
            **environment(tmp_path, 0),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "SLUICE_MAX_SESSIONS": str(PLACES),
            "SLUICE_SESSION_MB": "1",
            "SLUICE_BUSY_PERCENT": "101",
            "SLUICE_SECRET_KEY": "only-for-tests",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["at_once"] <= PLACES
    assert said["holding"] == PLACES
