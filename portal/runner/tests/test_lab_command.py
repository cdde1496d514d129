"""`manage.py lab run`: which version it runs, and what it tells of a step that failed."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from portal.catalog import images
from portal.catalog import services as catalog
from portal.runner.management.commands import lab
from portal.runner.rehearsal import StepReport

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a lab's folder, to be edited; the lab is published as it was."""
    made = Path(shutil.copytree(Path(settings.LABS_DIR) / "week9", tmp_path / "week9"))
    catalog.store(catalog.read_folder(made))[0]
    return made


def test_what_is_published_runs_when_the_folder_says_the_same(folder: Path) -> None:
    version = lab.Command().find_to_run(str(folder))
    assert (version.number, version.is_published) == (1, True)
    assert "as it is published" in lab.what_runs(version)


def test_an_edited_folder_is_run_as_it_is_and_nothing_is_published(folder: Path) -> None:
    text = (folder / "lab.yaml").read_text()
    (folder / "lab.yaml").write_text(text.replace("difficulty: beginner", "difficulty: advanced"))
    version = lab.Command().find_to_run(str(folder))
    assert (version.number, version.is_published) == (2, False)
    assert version.spec.difficulty == "advanced"
    assert "students are offered version 1" in lab.what_runs(version)
    assert lab.Command().find_to_run(str(folder)).pk == version.pk


def test_every_mistake_of_a_broken_folder_is_told_with_its_place(folder: Path) -> None:
    text = (folder / "lab.yaml").read_text()
    (folder / "lab.yaml").write_text(text.replace("tools: mids", "tools: nobody"))
    with pytest.raises(CommandError, match=r"lab\.yaml:\d+:\d+: tools: no service is called"):
        lab.Command().find_to_run(str(folder))


def test_a_step_that_failed_shows_what_it_printed(capsys: pytest.CaptureFixture[str]) -> None:
    output = "\n".join(f"line {number}" for number in range(40)) + "\n\x1b[31mred"
    lab.Command().tell(StepReport("read", "Read", False, 1.0, "No event.", output), quiet=False)
    said = capsys.readouterr().out
    assert "FAILED: No event." in said
    assert "… 11 lines more" in said
    assert "line 39" in said
    assert "\x1b" not in said


def test_a_check_names_the_command_that_fetches_a_labs_image(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(images, "unfetched", lambda: frozenset({"kafka"}))
    call_command("lab", "check", str(folder))
    assert 'make install IMAGES="kafka"' in capsys.readouterr().out
