"""A small lab that the operator allows, in a folder and in the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from portal.catalog import services
from portal.catalog.models import LabVersion

SMALL = """\
name: small
title: Small lab
summary: Says hello.
description: "Read **this**. <script>alert(1)</script>"
tools: mids
services:
  - name: mids
    image: mids
files:
  - {path: app/hello.py, from: hello.py}
  - {path: note.txt, content: inline}
steps:
  - id: hello
    title: Say hello
    shows_command: docker-compose exec mids python app/hello.py
    run: {kind: exec}
"""
HELLO = "print('hello')\n"


@pytest.fixture(autouse=True)
def operator(tmp_path: Path) -> Iterator[None]:
    """What the operator of these tests allows."""
    images = tmp_path / "images"
    for name in ("base", "kafka", "mids"):
        (images / name).mkdir(parents=True)
        is_for_labs = "false" if name == "base" else "true"
        (images / name / "image.toml").write_text(f"summary = '{name}'\nfor_labs = {is_for_labs}\n")
    limits = {"memory_mb": 2048, "cpus": 2, "processes": 512, "disk_mb": 512}
    with override_settings(SLUICE_IMAGES_DIRS=[images], SLUICE_LIMITS=limits):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of labs that holds the small one."""
    lab = tmp_path / "labs" / "small"
    lab.mkdir(parents=True)
    (lab / "lab.yaml").write_text(SMALL)
    (lab / "hello.py").write_text(HELLO)
    return lab


@pytest.fixture
def version(folder: Path, db: None) -> LabVersion:
    """The small lab, loaded and published."""
    return services.store(services.read_folder(folder))[0]


def edit(folder: Path, old: str, new: str) -> None:
    """Replace words in a folder's definition."""
    path = folder / "lab.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
