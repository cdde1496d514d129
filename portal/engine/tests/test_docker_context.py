"""What images are built from. No engine is needed."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker import dockerfile, packages
from portal.engine.runtimes.docker.context import Context, image_context
from portal.engine.runtimes.docker.images import jobs


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """An image with a command and a part."""
    for path, content in {
        "mids/bin/hello": "#!/bin/sh\n",
        "parts/big.jar": "x" * 10,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    (tmp_path / "mids/bin/hello").chmod(0o700)
    binds = {"/opt/images/mids": str(tmp_path / "mids"), "/opt/parts": str(tmp_path / "parts")}
    return Image("mids", tag="sluice/mids:1", binds=binds, folder=tmp_path / "mids")


def names(context: Context) -> set[str]:
    return {name for name, _ in context.entries}


def test_an_image_holds_what_a_sandbox_binds(tmp_path: Path, image: Image) -> None:
    found = names(image_context(image))
    assert {"code/opt/images/mids/bin/hello", "parts/opt/parts/big.jar"} <= found
    assert {"code/opt/sluice/guest/agent/__main__.py", "code/opt/sluice/first.py"} <= found
    assert not any("__pycache__" in name for name in found)


def test_what_is_ignored_is_left_out(tmp_path: Path, image: Image) -> None:
    (tmp_path / "mids" / ".dockerignore").write_text("parts/opt\n")
    assert not any(name.startswith("parts/") for name in names(image_context(image)))


def test_its_digest_changes_with_a_file_a_right_or_its_parent(tmp_path: Path, image: Image) -> None:
    def digest(parent: str = "") -> str:
        return image_context(image).digest(parent)

    seen = {digest(), digest("other")}
    (tmp_path / "mids/bin/hello").chmod(0o600)
    seen.add(digest())
    (tmp_path / "mids/bin/hello").write_text("#!/bin/sh\necho\n")
    seen.add(digest())
    assert len(seen) == 4
    assert digest() in seen


def test_all_of_it_is_roots_and_readable(tmp_path: Path, image: Image) -> None:
    file = io.BytesIO()
    image_context(image).write(file)
    with tarfile.open(fileobj=file) as archive:
        modes = {each.name: (each.uid, each.mode) for each in archive}
    assert modes["code/opt/images/mids/bin/hello"] == (0, 0o755)
    assert modes["Dockerfile"] == (0, 0o644)


def test_images_come_after_those_they_start_from() -> None:
    def named(name: str, parent: str) -> Image:
        return Image(name, tag=f"sluice/{name}:1", starts_from=parent)

    images = {"a": named("a", "b"), "b": named("b", "base"), "base": named("base", "")}
    found = jobs(images)
    assert [job.tag for job in found] == ["sluice/base:1", "sluice/b:1", "sluice/a:1"]
    assert [job.parent for job in found] == ["", "sluice/base:1", "sluice/b:1"]
    images["b"] = named("b", "a")
    with pytest.raises(RuntimeUnavailable, match="start from none"):
        jobs(images)


def test_packages_come_with_all_that_they_need() -> None:
    found = {path for path, _ in packages.files(["flask"])}
    for module in ("flask/app.py", "werkzeug/serving.py", "jinja2/environment.py"):
        assert str(packages.SITE / module) in found
    assert not any("django" in path for path in found)


def test_a_package_installed_the_old_way_comes_whole() -> None:
    found = {path for path, _ in packages.files(["pyspark"])}
    assert any("pyspark/jars/spark-core" in path for path in found)
    assert str(packages.SITE / "py4j/java_gateway.py") in found


def test_a_package_that_is_not_here_says_what_to_do() -> None:
    with pytest.raises(RuntimeUnavailable, match="no-such-package") as caught:
        list(packages.files(["no-such-package"]))
    assert "make up" in caught.value.advice


def test_code_for_another_python_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packages, "IMAGE_PYTHON", (3, 99))
    with pytest.raises(RuntimeUnavailable, match="another Python"):
        list(packages.files(["markupsafe"]))


def test_an_image_that_nobody_asked_for_is_not_built() -> None:
    large = Image("large", when_asked=True, binds={"/opt/large": "/none"})
    assert [
        each.image.name for each in jobs({"base": Image("base", starts_from=""), "large": large})
    ] == ["base"]


@pytest.mark.parametrize("script", ["echo half >$0.jsa; exit 3", "echo half >$0.jsa; sleep 600"])
def test_a_training_that_fails_or_never_ends_leaves_no_half_archive(
    tmp_path: Path, script: str
) -> None:
    (tmp_path / "train").write_text(script)
    words = dockerfile.attempt("spark", str(tmp_path), str(tmp_path / "train"), seconds=1)
    done = subprocess.run(["sh", "-c", words], capture_output=True, check=True, text=True)
    assert done.stdout.startswith("Note: spark has no archives of Java's classes")
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_ends_well_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("echo whole >$0.jsa")
    words = dockerfile.attempt("spark", str(tmp_path), str(tmp_path / "train"))
    done = subprocess.run(["sh", "-c", words], capture_output=True, check=True, text=True)
    assert done.stdout == ""
    assert (tmp_path / "train.jsa").read_text() == "whole\n"
