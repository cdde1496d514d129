"""A lab that runs on large images says which, and its README how they are fetched."""

from pathlib import Path

import pytest

from portal.engine.lab.parse import load_lab
from portal.images.spec import Image, ancestors
from portal.parts.places import ROOT, known


def asked_for(folder: Path) -> set[str]:
    """The images that somebody has to ask for before this lab can run."""
    services = load_lab(folder).spec.services
    return {each.image for each in services if known()[each.image].when_asked}


LABS = sorted(path.parent for path in (ROOT / "labs").glob("*/lab.yaml"))
LARGE = [folder for folder in LABS if asked_for(folder)]


@pytest.mark.parametrize("folder", LARGE, ids=lambda each: each.name)
def test_its_readme_says_what_to_fetch(folder: Path) -> None:
    names = " ".join(sorted(asked_for(folder)))
    wanted = f'IMAGES="{names}"' if " " in names else f"IMAGES={names}"
    assert f"make install {wanted}" in (folder / "README.md").read_text()


def test_a_connector_is_fetched_with_its_server() -> None:
    def line(name: str) -> list[Image]:
        return [known()[name], *ancestors(known()[name], known())]

    folders = {each.jars.folder for each in line("trino") if each.jars}
    assert folders == {"/opt/trino/libs", "/opt/trino/hive"}
    assert "pyspark" in {package for each in line("hive") for package in each.python}
