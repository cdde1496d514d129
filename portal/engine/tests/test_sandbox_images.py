"""The sandbox tells which images have all that they need on this host."""

from pathlib import Path

from portal.engine.runtimes.base import Image, Stock
from portal.engine.runtimes.sandbox import SandboxRuntime


def runtime(tmp_path: Path, *images: Image) -> SandboxRuntime:
    named = {each.name: each for each in images}
    return SandboxRuntime(folder=str(tmp_path), venv=str(tmp_path), images=named)


def test_an_image_is_there_when_its_programs_and_folders_are(tmp_path: Path) -> None:
    image = Image("a", binds={"/opt/a": str(tmp_path)}, programs={"sh": ("dash",)})
    assert runtime(tmp_path, image).stock() == [Stock("a", "present")]
    assert list(runtime(tmp_path, image).prepare()) == []


def test_it_is_missing_when_one_of_them_is(tmp_path: Path) -> None:
    found = runtime(
        tmp_path,
        Image("b", programs={"sh": ("dash",), "no-such-program": ("nonesuch",)}),
        Image("a", binds={"/opt/a": str(tmp_path / "nonesuch")}),
        Image("base", for_labs=False, programs={"no-such-program": ("nonesuch",)}),
    ).stock()
    assert found == [Stock("a", "missing"), Stock("b", "missing")]
