"""The worker's own Celery application, with tasks that do nothing of use."""

import os
import re
import signal
import time
from pathlib import Path

from portal.celery import app
from portal.heart import heart


@app.task
def nap(seconds: float, mark: str) -> None:
    """Say that it begins and that it has ended, by files."""
    Path(f"{mark}.begun").touch()
    time.sleep(seconds)
    Path(f"{mark}.ended").touch()


@app.task
def work(seconds: float, mark: str) -> None:
    """As `nap`, without a rest: honest work that takes long."""
    Path(f"{mark}.begun").touch()
    until, total = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        total += sum(range(1000))
    Path(f"{mark}.ended").touch()


@app.task
def seize(seconds: float, mark: str) -> None:
    """Hold the interpreter's lock for ever: no thread of this process runs any more."""
    Path(f"{mark}.begun").touch()
    re.match(r"^(a+)+$", "a" * 60 + "!")


@app.task
def hang(seconds: float, mark: str) -> None:
    """Take longer than it may, and not notice."""
    Path(f"{mark}.begun").touch()
    with heart.working(seconds):
        time.sleep(3600)


@app.task
def die(seconds: float, mark: str) -> None:
    """Take the worker along."""
    Path(f"{mark}.begun").touch()
    os.kill(os.getpid(), signal.SIGKILL)
