"""A disk that fills up while students work: it is named, what runs can be read, and all goes on."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.faults.student import Student, eventually
from tests.portal_process import LAZY, Portal, free_port, start, stop

pytestmark = [pytest.mark.sandbox, pytest.mark.skipif(os.geteuid() != 0, reason="mounts a disk")]

SIZE_MB = 96
LOG_LINES = 300
"""What a minute of a full disk may write into all logs together."""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    folder = tmp_path / "d"
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "none", str(folder)], check=True
    )
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def cramped(small: Path) -> Iterator[Portal]:
    """A portal whose var/ is on it."""
    portal = start(small, free_port(), **LAZY)
    yield portal
    with contextlib.suppress(FileNotFoundError):
        (small / "filler").unlink()
    stop(portal)
    print(portal.logs())


def fill(folder: Path) -> None:
    """Leave no room at all."""
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


def lines_logged(folder: Path) -> int:
    """All lines of the logs."""
    return sum(len(each.read_bytes().splitlines()) for each in folder.glob("log/*.log"))


def test_a_full_disk_is_named_and_what_runs_goes_on(cramped: Portal, small: Path) -> None:
    student = Student(cramped)
    other = Student(cramped, "student2")
    student.launch()
    before = lines_logged(small)

    fill(small)
    health = cramped.address + "/healthz"
    eventually(lambda: requests.get(health, timeout=20).status_code == 503, 60, "health says it")
    assert "disk is full" in requests.get(health, timeout=20).text
    page = student.http.get(f"{cramped.address}/s/{student.session}/", timeout=30)
    assert page.status_code == 200
    assert "disk is full" in page.text

    form = {"version": "1", "csrfmiddlewaretoken": other.http.cookies["csrftoken"]}
    answer = other.http.post(cramped.address + "/launch/", data=form, timeout=30)
    assert "disk is full" in answer.text
    form = {"csrfmiddlewaretoken": student.http.cookies["csrftoken"]}
    run = f"{cramped.address}/s/{student.session}/run/topic/"
    assert student.http.post(run, data=form, timeout=30).status_code < 500 or "full" in page.text
    assert cramped.process.stdout is not None
    assert lines_logged(small) - before < LOG_LINES

    (small / "filler").unlink()
    eventually(lambda: requests.get(health, timeout=20).status_code == 200, 60, "there is room")
    eventually(lambda: student.state("topic") not in ("queued", "running"), 60, "no step hangs")
    if student.state("topic") != "passed":
        student.run("topic")
    student.tear_down()
