"""What a crash leaves of results goes, and nothing else."""

import os
import time
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from portal.results import store, sweep
from portal.results.models import Extraction
from tests.rows import make_session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder() -> Path:
    """Where the files are."""
    store.folder().mkdir(parents=True, exist_ok=True)
    return store.folder()


def leave(folder: Path, name: str, age: float) -> Path:
    """A file, or DuckDB's folder, that was written to so many seconds ago."""
    path = folder / name
    if name.endswith(".tmp"):
        path.mkdir()
        (path / "duckdb_temp_block-1.block").write_bytes(b"x")
    else:
        path.write_bytes(b"x")
    at = time.time() - age
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize(
    "name",
    ["x-1.duckdb", "x-1.part", "x-1.part.wal", "x-1.part.tmp", "tmpx.jsonl", "tmpx.parquet"],
)
def test_what_is_old_and_has_no_row_is_swept(folder: Path, name: str) -> None:
    path = leave(folder, name, 2 * sweep.SETTLED_SECONDS)
    assert name in sweep.sweep()
    assert not path.exists()


@pytest.mark.parametrize("name", ["x-2.duckdb", "x-2.part", "tmpy.jsonl"])
def test_what_may_be_in_the_making_is_left(folder: Path, name: str) -> None:
    path = leave(folder, name, sweep.SETTLED_SECONDS / 2)
    assert name not in sweep.sweep()
    path.unlink()


def test_what_has_a_row_is_kept(folder: Path) -> None:
    path = leave(folder, "x-3.duckdb", 2 * sweep.SETTLED_SECONDS)
    Extraction.objects.create(session=make_session(), store="x-3")
    assert path.name not in sweep.sweep()
    path.unlink()


def test_what_is_not_ours_is_left(folder: Path) -> None:
    path = leave(folder, "notes.txt", 2 * sweep.SETTLED_SECONDS)
    assert path.name not in sweep.sweep()
    assert path.exists()
    path.unlink()


def test_a_page_sweeps_the_folder_and_asks_no_bucket(
    folder: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    monkeypatch.setattr(sweep.of_bucket, "sweep", lambda: listed.append("bucket"))
    monkeypatch.setattr(sweep.folder_now_and_then, "next_at", 0.0)
    session = make_session()
    path = leave(folder, "x-4.duckdb", 2 * sweep.SETTLED_SECONDS)
    client.force_login(session.owner)
    client.get(reverse("results:download", args=[session.pk, 1, "csv"]))
    assert not path.exists()
    assert listed == []
