"""Images are found by looking, and a mistake in one is told with line and column."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal.images.read import SHIPPED, Found, folders, read_images
from portal.images.spec import Archive, Jars, ancestors

PARTS = Path("/parts")
BASE = 'summary = "What others start from"\nfor_labs = false\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of images, with what the others start from."""
    write(tmp_path, "base", BASE)
    return tmp_path


def write(folder: Path, name: str, text: str, *commands: str) -> None:
    """An image of that text, with these commands in its bin/."""
    (folder / name).mkdir()
    (folder / name / "image.toml").write_text(text)
    for each in commands:
        (folder / name / "bin").mkdir(exist_ok=True)
        (folder / name / "bin" / each).write_text("#!/bin/sh\n")


def read(*places: Path) -> Found:
    return read_images(places, PARTS)


def mistakes(folder: Path, text: str) -> list[str]:
    """What is said of a text, less the file's name."""
    write(folder, "odd", text)
    path = str(folder / "odd" / "image.toml")
    found = read(folder)
    assert "odd" not in found.images
    assert set(found.images) == {"base"}, "what is right can be used all the same"
    assert all(str(each).startswith(f"{path}:") for each in found.problems)
    return [str(each).removeprefix(f"{path}:") for each in found.problems]


def test_an_image_is_what_its_folder_says(folder: Path) -> None:
    write(
        folder,
        "hello",
        """\
summary = "Says hello"
environment = {GREETING = "hello"}
python = ["flask"]

[programs]
cowsay = ["cowsay", "xcowsay"]
jq = "jq"

[jars]
folder = "/opt/hello/libs"
coordinates = ["org.example:hello:1.0"]

[binds]
"/opt/hello/words" = "words"
""",
        "hello",
    )
    image = read(folder).images["hello"]
    assert (image.name, image.tag, image.starts_from) == ("hello", "sluice/hello:1", "base")
    assert image.path == ("/opt/images/hello/bin",)
    assert image.binds == {
        "/opt/images/hello": str(folder / "hello"),
        "/opt/hello/words": str(folder / "hello" / "words"),
        "/opt/hello/libs": "/parts/images/hello/jars",
    }
    assert image.programs == {"cowsay": ("cowsay", "xcowsay"), "jq": ("jq",)}
    assert image.packages == ("cowsay", "jq")
    assert image.jars == Jars("/opt/hello/libs", ("org.example:hello:1.0",))
    assert image.for_labs
    assert not read(folder).images["base"].for_labs


def test_it_has_all_of_what_it_starts_from(folder: Path) -> None:
    write(folder, "one", 'summary = "One"\nenvironment = {A = "1", B = "1"}\n', "one")
    text = 'summary = "Two"\nstarts_from = "one"\nenvironment = {B = "2"}\n[archive]\n'
    write(folder, "two", f'{text}folder = "/opt/two"\n', "two")
    (folder / "two" / "train.sh").touch()
    images = read(folder).images
    two = images["two"]
    assert two.path == ("/opt/images/two/bin", "/opt/images/one/bin")
    assert set(two.binds) == {"/opt/images/one", "/opt/images/two", "/opt/two"}
    assert set(two.own_binds) == {"/opt/images/two", "/opt/two"}
    assert two.environment == {"A": "1", "B": "2"}
    assert two.archive == Archive("/opt/two")
    assert [each.name for each in ancestors(two, images)] == ["one", "base"]


def test_of_two_with_one_name_the_operators_counts(folder: Path, tmp_path: Path) -> None:
    write(folder, "hello", 'summary = "The first"\n')
    (tmp_path / "more").mkdir()
    write(tmp_path / "more", "hello", 'summary = "The second"\n')
    assert read(folder, tmp_path / "more").images["hello"].summary == "The second"
    environment = {"SLUICE_IMAGES_DIRS": f"{tmp_path}, /elsewhere"}
    assert folders(environment) == [SHIPPED, tmp_path, Path("/elsewhere")]
    assert folders({}) == [SHIPPED]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("summary = 'x'\npython = flask\n", "2:10: is not TOML: Invalid value"),
        ("summary = 'x", '1:13: is not TOML: Expected "\'"'),
        ("for_labs = true\n", "1:1: summary: is missing"),
        (
            "# Hello\n\nsummary = 'x'\n  pyton = ['flask']\n",
            "4:3: pyton: there is no such key here; choose from archive, binds, environment, "
            "for_labs, jars, path, portal_python, programs, python, starts_from, summary, tag, "
            "when_asked (did you mean 'python'?)",
        ),
        ("summary = 3\n", "1:1: summary: must be text, in quotes"),
        (
            "summary = 'x'\npython = [\n  'flask', # the web\n  'kafka python',\n]\n",
            "4:3: python[1]: 'kafka python' is not the name of a Python package",
        ),
        (
            "summary = 'x'\n[programs]\nredis-server = 'redis server'\n",
            "3:1: programs.redis-server: 'redis server' is not the name of a Debian package",
        ),
        (
            "summary = 'x'\n[binds]\n'/usr/lib/x' = 'x'\n",
            "3:1: binds./usr/lib/x: '/usr/lib/x' is not a path below /opt, as a cluster sees it",
        ),
        (
            "summary = 'x'\n[binds]\n'/opt/venv/x' = 'x'\n",
            "3:1: binds./opt/venv/x: /opt/venv is the portal's own: choose another folder below "
            "/opt",
        ),
        (
            "summary = 'x'\n[jars]\nfolder = '/opt/x'\ncoordinates = ['a:b']\n",
            "4:16: jars.coordinates[0]: 'a:b' is not group:artifact:version, as Maven has it",
        ),
        ("summary = 'x'\n[jars]\nfolder = '/opt/x'\n", "2:1: jars.coordinates: is missing"),
        (
            "summary = 'x'\narchive = {folder = '/opt/x', guest = ['nonesuch.py']}\n",
            "2:1: archive.guest[0]: the guest has no program 'nonesuch.py'",
        ),
        (
            "summary = 'x'\nstarts_from = 'bases'\n",
            "2:1: starts_from: 'bases' is no image; choose from base, odd (did you mean 'base'?)",
        ),
        ("summary = 'x'\nstarts_from = 'odd'\n", "2:1: starts_from: goes round in a circle"),
        ("summary = 'x'\ntag = 'Odd One'\n", "2:1: tag: 'Odd One' is not name:version"),
    ],
)
def test_a_mistake_is_told_where_it_stands(folder: Path, text: str, said: str) -> None:
    assert any(each.startswith(said) for each in mistakes(folder, text)), said


def test_every_mistake_is_told_at_once(folder: Path) -> None:
    told = mistakes(folder, "sumary = 'x'\nfor_labs = 'yes'\npath = '/opt/x'\n")
    assert [each.partition(": ")[0] for each in told] == ["1:1", "2:1", "3:1", "1:1"]


def test_a_folder_that_is_not_there_and_a_text_that_is_none_are_told(folder: Path) -> None:
    write(folder, "odd", "")
    (folder / "odd" / "image.toml").write_bytes(b"\xff")
    told = [each.message for each in read(folder, Path("/nonesuch")).problems]
    assert told == ["is not UTF-8 text", "there is no such folder: see SLUICE_IMAGES_DIRS"]


def test_those_that_come_with_the_portal_are_right() -> None:
    found = read(SHIPPED)
    assert found.problems == ()
    assert {"base", "kafka", "kafka-kraft", "mids", "redis", "spark"} <= set(found.images)


def test_nobody_looks_for_an_image_inside_a_lab() -> None:
    found = (each for each in SHIPPED.parent.glob("*/images/**/*") if each.is_file())
    # Switching branches leaves what Python compiled.
    assert [each for each in found if "__pycache__" not in each.parts] == []


def test_reading_them_takes_the_standard_library_alone() -> None:
    program = (
        "from portal.images.read import *; print(len(read_images(folders({}), Path()).images))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {program}"],
        cwd=SHIPPED.parents[1],
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) > 5, done.stderr


def test_what_starts_from_an_image_that_is_asked_for_is_asked_for_too(folder: Path) -> None:
    write(folder, "files", 'summary = "Files"\nwhen_asked = true\n')
    write(folder, "queries", 'summary = "Queries"\nstarts_from = "files"\n')
    images = read(folder).images
    assert {name for name, each in images.items() if each.when_asked} == {"files", "queries"}
