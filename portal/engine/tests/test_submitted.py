"""What a script wrote is found."""

import os
from pathlib import Path

from portal.engine.guest import written


def test_folders_that_were_written_whole_are_found_the_newest_first(tmp_path: Path) -> None:
    for at, (name, part) in enumerate(
        [
            ("old", "part-0.snappy.parquet"),
            ("new", "part-0.snappy.parquet"),
            ("by_key/kind=a", "part-0.json"),
            ("text", "part-0.txt"),
        ]
    ):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / part).touch()
        mark = tmp_path / name.partition("/")[0] / "_SUCCESS"
        mark.touch()
        os.utime(mark, (1000 + at, 1000 + at))
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "part-0.parquet").touch()
    found = written.written(1001, (str(tmp_path),))
    assert [(path.name, kind) for _, path, kind in found] == [
        ("by_key", "json"),
        ("new", "parquet"),
    ]
