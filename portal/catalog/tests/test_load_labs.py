"""`manage.py load_labs`"""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from portal.catalog import queries
from portal.catalog.tests.conftest import edit
from portal.settings import SLUICE_IMAGES_DIRS, SLUICE_LIMITS

pytestmark = pytest.mark.django_db


def test_it_tells_a_line_for_each_lab(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_labs", folder.parent)
    call_command("load_labs", folder.parent)
    assert capsys.readouterr().out == "small version 1: new\nsmall version 1: unchanged\n"


def test_it_takes_the_folder_of_one_lab(folder: Path) -> None:
    call_command("load_labs", folder)
    assert queries.latest_version("small") is not None


def test_it_tells_where_a_lab_is_invalid_and_loads_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = shutil.copytree(folder, folder.parent / "bad")
    edit(bad, "title: Small lab", "titel: Small lab")
    with pytest.raises(CommandError, match="Not loaded: bad"):
        call_command("load_labs", folder.parent)
    told = capsys.readouterr()
    assert told.out == "small version 1: new\n"
    assert f"{bad / 'lab.yaml'}:2:1: titel: there is no such key here" in told.err


def test_a_folder_without_labs_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"holds no lab\.yaml"):
        call_command("load_labs", tmp_path)


@override_settings(SLUICE_IMAGES_DIRS=SLUICE_IMAGES_DIRS, SLUICE_LIMITS=SLUICE_LIMITS)
def test_it_loads_the_labs_that_come_with_the_portal() -> None:
    call_command("load_labs", settings.BASE_DIR / "labs")
    version = queries.latest_version("week10")
    assert version is not None
    assert len(version.spec.steps) == 16
    assert set(version.file_contents()) == {file.path for file in version.spec.files}
