"""What the kernel tells of memory that it merges."""

import resource
from pathlib import Path

import pytest

from portal.engine.merging import Merging, look


def test_a_kernel_that_knows_nothing_of_it(tmp_path: Path) -> None:
    assert look(tmp_path / "none") == Merging()


@pytest.mark.parametrize(("run", "is_at_work"), [("0", False), ("1", True), ("2", False)])
def test_whether_it_is_at_work_and_what_it_saves(
    tmp_path: Path, run: str, is_at_work: bool
) -> None:
    (tmp_path / "run").write_text(f"{run}\n")
    (tmp_path / "pages_sharing").write_text("1000\n")
    assert look(tmp_path) == Merging(True, is_at_work, 1000 * resource.getpagesize())
