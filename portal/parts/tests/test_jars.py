"""Jars are taken only when they are the very ones that were committed."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from portal.images.spec import Jars
from portal.parts import jars
from portal.parts.places import PartsError


@pytest.fixture
def collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> jars.Collection:
    """One listed jar, and the folder that holds it."""
    folder = tmp_path / "libs"
    folder.mkdir()
    (folder / "log.jar").write_bytes(b"right")
    sums = tmp_path / "jars.sha256"
    sums.write_text(f"{hashlib.sha256(b'right').hexdigest()}  log.jar\n")
    found = jars.Collection("kafka", folder, tmp_path, Jars("/opt/kafka/libs"))
    monkeypatch.setattr(jars, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(jars, "collections", lambda: (found,))
    return found


def test_it_takes_the_jars_that_are_listed(collection: jars.Collection) -> None:
    jars.verify(collection, collection.folder)
    assert jars.is_ready()
    assert jars.needs_package() == []


def test_it_names_a_jar_that_was_changed(collection: jars.Collection) -> None:
    assert jars.is_ready()
    (collection.folder / "log.jar").write_bytes(b"wrong")
    with pytest.raises(PartsError, match=r"log\.jar .*checksum differs"):
        jars.verify(collection, collection.folder)
    assert not jars.is_ready()


def test_it_names_a_jar_that_is_not_there(collection: jars.Collection) -> None:
    (collection.folder / "log.jar").unlink()
    with pytest.raises(PartsError, match=r"log\.jar .*did not come"):
        jars.verify(collection, collection.folder)
    assert not jars.is_ready()


def test_it_refuses_a_jar_that_nobody_listed(collection: jars.Collection) -> None:
    (collection.folder / "extra.jar").write_bytes(b"")
    with pytest.raises(PartsError, match=r"extra\.jar .*not listed"):
        jars.verify(collection, collection.folder)


def test_it_keeps_the_old_folder_when_the_new_jars_are_wrong(
    collection: jars.Collection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (collection.folder / "log.jar").write_bytes(b"old")
    new = tmp_path / "kafka.new"

    def download(_: jars.Collection) -> Path:
        new.mkdir()
        (new / "log.jar").write_bytes(b"forged")
        return new

    monkeypatch.setattr(jars, "_download", download)
    with pytest.raises(PartsError, match="checksum differs"):
        jars.install()
    assert (collection.folder / "log.jar").read_bytes() == b"old"
    assert not new.exists()


def test_another_checkout_that_shares_them_finds_them_as_they_were(
    collection: jars.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = jars.fingerprint()
    elsewhere = collection.folder.rename(tmp_path / "elsewhere")
    found = replace(collection, folder=elsewhere)
    monkeypatch.setattr(jars, "collections", lambda: (found,))
    assert jars.fingerprint() == before
