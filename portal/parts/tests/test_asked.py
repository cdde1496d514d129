"""A large image is fetched for whoever asks for it, and for nobody else."""

from pathlib import Path

import pytest

from portal.images.spec import COMMANDS, Archive, Image, Jars
from portal.parts import archives, install, jars, places

KNOWN = {
    "base": Image("base", starts_from=""),
    "files": Image("files", when_asked=True, folder=Path("/files"), jars=Jars("/opt/files")),
    "queries": Image("queries", starts_from="files", when_asked=True),
}


@pytest.fixture(autouse=True)
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three images, two of them large, and nothing installed."""
    monkeypatch.setattr(places, "known", lambda: KNOWN)
    monkeypatch.setattr(places, "PARTS", tmp_path)
    return tmp_path


def test_nothing_of_it_is_wanted_until_somebody_asks() -> None:
    assert set(places.images()) == {"base"}
    assert jars.collections() == ()
    places.ask(["files"])
    assert set(places.images()) == {"base", "files"}
    assert [each.name for each in jars.collections()] == ["files"]


def test_what_it_starts_from_is_asked_for_with_it() -> None:
    places.ask(["queries"])
    assert set(places.images()) == {"base", "files", "queries"}


def test_one_that_is_always_here_can_be_named_too() -> None:
    places.ask(["base"])
    assert set(places.images()) == {"base"}


def test_a_name_that_is_none_is_told_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert install.main(["install", "--images", "flies"]) == 1
    assert "there is no image flies. Choose from base, files, queries" in capsys.readouterr().err


def test_it_is_here_once_its_parts_are(tmp_path: Path) -> None:
    jars_of = tmp_path / "jars"
    image = Image("files", when_asked=True, binds={f"{COMMANDS}files": str(jars_of)})
    before = image.is_here
    jars_of.mkdir()
    assert (before, image.is_here) == (False, True)
    assert Image("base", binds={"/opt/none": str(tmp_path / "none")}).is_here


def test_jars_that_come_later_make_no_archive_of_others_anew(
    parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Image("broker", jars=Jars("/opt/broker"), folder=parts, archive=Archive("/opt/cds"))
    tools = Image("tools", starts_from="broker", archive=Archive("/opt/tools"))
    monkeypatch.setattr(places, "known", lambda: {**KNOWN, "broker": broker, "tools": tools})
    (parts / "jars.sha256").write_text("00  broker.jar\n")
    monkeypatch.setattr(jars, "PARTS", parts)
    kept = jars.fingerprint({"broker"})

    def wanted() -> dict[str, str]:
        return {each.image.name: each._wanted() for each in archives.wanted()}

    before = wanted()
    places.ask(["files"])
    monkeypatch.setattr(jars, "_wanted", lambda each: {f"{each.name}.jar": "00"})
    assert jars.fingerprint({"broker"}) == kept
    assert wanted() == before
    folder = next(each.folder for each in jars.collections() if each.name == "broker")
    jar = folder / "new.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    assert {name for name, state in wanted().items() if state != before[name]} == {*before}
