"""Beginning a lab, what is wrong in it, and loading it at each save."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from portal.catalog import writing
from portal.catalog.queries import latest_version
from portal.engine.lab.beside import DEFINITION


@pytest.fixture(autouse=True)
def operator() -> None:
    """The images that there are."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    writing.begin(tmp_path / "my-lab")
    return tmp_path / "my-lab"


def test_what_it_begins_with_is_a_lab_without_a_mistake(folder: Path) -> None:
    assert writing.mistakes(folder) == ()


def test_the_guide_shows_what_it_begins_with(tmp_path: Path) -> None:
    guide = (Path(settings.BASE_DIR) / "docs" / "writing-labs.md").read_text()
    first = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)[0]
    assert writing.begin(tmp_path / "hello-kafka").read_text() == first


@pytest.mark.parametrize("name", ["My lab", "1st", "x" * 41, "..", "a/b c"])
def test_a_name_that_no_lab_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(writing.CannotBegin, match="can't be a lab's name"):
        writing.begin(tmp_path / "labs" / name)
    assert list(tmp_path.iterdir()) == []


def test_a_lab_that_is_there_is_left_as_it_is(folder: Path) -> None:
    (folder / DEFINITION).write_text("mine")
    with pytest.raises(writing.CannotBegin, match="is there already"):
        writing.begin(folder)
    assert (folder / DEFINITION).read_text() == "mine"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(writing.CannotBegin, match=r"can't be written: Not a directory\."):
        writing.begin(tmp_path / "file" / "lab")


def test_all_mistakes_are_told_with_file_line_and_column(folder: Path) -> None:
    path = folder / DEFINITION
    text = path.read_text().replace("kind: exec", "kind: exce", 1).replace("topics:", "topcs:")
    path.write_text(text)
    first, second = writing.mistakes(folder)
    assert first.startswith(f"{path}:5:1: topcs: there is no such key here;")
    assert re.match(rf"{re.escape(str(path))}:\d+:17: steps\[1\]\.run\.kind: 'exce' is no", second)


@pytest.fixture
def watched(folder: Path) -> Iterator[Iterator[writing.Look]]:
    stop = threading.Event()
    seen = writing.looks(folder, stop)
    yield seen
    stop.set()


@pytest.mark.django_db
def test_it_is_loaded_at_once_and_after_each_save(
    folder: Path, watched: Iterator[writing.Look]
) -> None:
    path = folder / DEFINITION
    assert next(watched).loaded == "my-lab version 1: new"
    text = path.read_text()
    path.write_text(text.replace("title: My lab", "title: Ours"))
    assert next(watched).loaded == "my-lab version 1: updated"
    path.write_text(text.replace("tools: mids", "tools: nobody"))
    look = next(watched)
    assert "no service is called 'nobody'" in look.mistakes[0]
    version = latest_version("my-lab")
    assert version is not None
    assert version.spec.title == "Ours"
    path.unlink()
    assert "there is no file 'lab.yaml'" in next(watched).mistakes[0]
    path.write_text(text)
    assert next(watched).loaded == "my-lab version 1: updated"
