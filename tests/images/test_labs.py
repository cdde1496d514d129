"""Images and labs that are data alone work from the first step to the last, on both runtimes."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient
from docker.errors import ImageNotFound

from portal.parts.docker_images import DEBIAN
from portal.parts.places import ROOT
from tests.docker.engine import FIRST_TIME_SECONDS

LAB_SECONDS = 240
NAME = "only-for-tests"
IMAGE = """\
summary = "Says what time it is on another planet"
environment = {PLANET = "Mars"}

[programs]
bc = "bc"
"""
COMMAND = '#!/bin/sh\n# The hour there.\necho "$PLANET: $(echo "$1 * 2" | bc)"\n'
LAB = f"""\
name: {NAME}
title: Another planet
summary: What time is it there?
tools: there
services:
  - {{name: there, image: {NAME}}}
steps:
  - {{id: up, title: Go there, shows_command: docker-compose up -d, run: {{kind: up}}}}
  - id: hour
    title: Ask
    shows_command: docker-compose exec there hour 11
    run: {{kind: exec}}
    needs: [up]
    check: {{matches: "^Mars: 22$", message: It is another hour.}}
"""
TYPED = (
    "ab -V",
    "nc -h",
    "jq --version",
    "vim --version",
    "nano --version",
    "python -c 'import numpy, pandas; print(pandas.DataFrame(numpy.eye(2)))'",
)
"""What the course types in both, whichever week it is."""
TABLE = "print(SparkSession.builder.getOrCreate().range(3).toPandas().id.sum())"
TYPED_IN = {
    "mids": TYPED,
    "spark": (*TYPED, f"python -c 'from pyspark.sql import SparkSession; {TABLE}'"),
}
TOOLS = """\
name: tools
title: Tools
summary: Every tool answers.
tools: mids
services:
  - {name: mids, image: mids}
  - {name: spark, image: spark, limits: {memory_mb: 1500}}
steps:
  - {id: up, title: Up, shows_command: docker-compose up -d, run: {kind: up}}
"""
STEP = """\
  - id: {id}
    title: A tool
    shows_command: >-
      docker-compose exec {service} {command}
    run: {{kind: exec}}
    needs: [up]
    timeout: 120
"""


@dataclass
class Portal:
    """The command line, on folders of its own."""

    runtime: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command, whatever it comes to."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=LAB_SECONDS,
        )

    def lab(self, name: str) -> dict[str, Any]:
        """What came of a whole lab."""
        done = self.run("lab", "run", name, "--runtime", self.runtime, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report


def portal_on(runtime: str, var: Path) -> Portal:
    """A portal whose state is in a folder."""
    return Portal(
        runtime,
        {
            "SLUICE_VAR": str(var),
            "SLUICE_PARTS": os.environ.get("SLUICE_PARTS") or str(ROOT / "var" / "parts"),
            "DATABASE_URL": f"sqlite:///{var}/lab.sqlite3",
            "REDIS_URL": f"unix://{var}/run/redis.sock",
        },
    )


@pytest.fixture(
    params=[
        pytest.param("sandbox", marks=pytest.mark.sandbox),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]),
    ]
)
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """A portal that runs labs in each of the runtimes, one after the other."""
    made = portal_on(request.param, tmp_path_factory.mktemp("v"))
    if request.param == "docker":
        made.environment["DOCKER_HOST"] = request.getfixturevalue("docker_engine")
    return made


def write_image(images: Path) -> Path:
    """An image of an operator's; its image.toml."""
    folder = images / NAME
    (folder / "bin").mkdir(parents=True)
    (folder / "image.toml").write_text(IMAGE)
    (folder / "bin" / "hour").write_text(COMMAND)
    (folder / "bin" / "hour").chmod(0o755)
    return folder / "image.toml"


@pytest.fixture
def another(portal: Portal, tmp_path: Path) -> Iterator[Portal]:
    """The same portal, whose operator has an image and a lab of their own."""
    write_image(tmp_path / "images")
    lab = tmp_path / "labs" / NAME
    lab.mkdir(parents=True)
    (lab / "lab.yaml").write_text(LAB)
    portal.environment["SLUICE_IMAGES_DIRS"] = str(tmp_path / "images")
    portal.environment["SLUICE_LABS"] = str(lab.parent)
    yield portal
    if portal.runtime == "docker":
        client = APIClient(portal.environment["DOCKER_HOST"], version="auto")
        with contextlib.suppress(ImageNotFound):
            client.remove_image(f"sluice/{NAME}:1", force=True)
        client.close()


@pytest.mark.parametrize(("name", "step"), [("scoreboard", "scores"), ("redis", "gone")])
def test_a_lab_on_redis_passes(portal: Portal, name: str, step: str) -> None:
    report = portal.lab(name)
    assert (report["runtime"], report["passed"]) == (portal.runtime, True)
    assert [each["id"] for each in report["steps"] if not each["passed"]] == []
    assert step in [each["id"] for each in report["steps"]]


def test_what_the_course_types_is_there(portal: Portal, tmp_path: Path) -> None:
    steps = [
        STEP.format(id=f"{service}-{number}", service=service, command=command)
        for service, commands in TYPED_IN.items()
        for number, command in enumerate(commands)
    ]
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "lab.yaml").write_text("".join([TOOLS, *steps]))
    portal.environment["SLUICE_LABS"] = str(tmp_path)
    done = portal.lab("tools")["steps"]
    assert [each["id"] for each in done if not each["passed"]] == []
    assert len([each for each in done if each["id"].partition("-")[0] in TYPED_IN]) == len(steps)
    assert done[-1]["output"].strip().endswith("3"), "0 + 1 + 2, by way of a data frame"


def test_a_lab_runs_on_an_image_that_was_made_just_now(another: Portal) -> None:
    if another.runtime == "docker":
        built = another.run("hosts", "prepare", "--base", DEBIAN)
        assert built.returncode == 0, built.stdout + built.stderr
        assert f"sluice/{NAME}:1" in built.stdout
    report = another.lab(NAME)
    assert [(each["id"], each["passed"]) for each in report["steps"]][:2] == [
        ("up", True),
        ("hour", True),
    ]


def test_a_mistake_in_an_image_is_told_where_it_stands(tmp_path: Path) -> None:
    path = write_image(tmp_path / "images")
    path.write_text(IMAGE.replace('"bc"', "['bc', 'b c']"))
    portal = portal_on("sandbox", tmp_path / "v")
    portal.environment["SLUICE_IMAGES_DIRS"] = str(tmp_path / "images")
    done = portal.run("check")
    assert done.returncode != 0
    assert f"{path}:5:13: programs.bc[1]: 'b c' is not the name of a Debian package" in done.stderr
