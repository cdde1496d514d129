"""What is taken home beside what runs there."""

import io
import zipfile

import pytest

from portal.activities import home
from portal.catalog import pictures
from portal.catalog.models import LabVersion
from portal.engine.tests import drawn


def test_pictures_lie_where_the_steps_look_for_them(
    version: LabVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    version.files = {"figures/a.png": pictures.keep(drawn.png()), "b.txt": "text"}
    monkeypatch.setattr(home, "entries", lambda *given: [])
    with zipfile.ZipFile(io.BytesIO(home.zip_of(version))) as archive:
        assert archive.namelist() == ["small/w205/", "small/figures/a.png"]
        assert archive.read("small/figures/a.png") == drawn.png()
