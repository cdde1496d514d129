"""Tables that something wrote to files since a moment: `python -m guest.written 1764428000.5`.

Spark marks a folder that it has written whole by a file `_SUCCESS`. It prints, the newest first,
`{"type": "written", "path", "format", "at"}`.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from .lines import emit

ROOTS = ("/w205", "/tmp", "/data")  # noqa: S108 - inside of the cluster
FORMATS = ("parquet", "json", "orc")
MARK = "_SUCCESS"
MOST_FOLDERS = 5000
MOST_FOUND = 20


def folders(roots: tuple[str, ...]) -> Iterator[Path]:
    """Folders that were written whole."""
    seen = 0
    for root in roots:
        for folder, inside, files in os.walk(root):
            seen += 1
            if seen > MOST_FOLDERS:
                return
            # What Spark keeps for itself.
            inside[:] = [each for each in inside if not each.startswith(("_", ".", "spark-"))]
            if MARK in files:
                yield Path(folder)


def format_of(folder: Path) -> str:
    """What its parts are; empty for something else. They may be in folders by a key's value."""
    for _, _, files in os.walk(folder):
        for name in files:
            found = next((each for each in FORMATS if name.endswith(f".{each}")), "")
            if name.startswith("part-") and found:
                return found
    return ""


def written(since: float, roots: tuple[str, ...] = ROOTS) -> list[tuple[float, Path, str]]:
    """What was written since then, the newest first."""
    found = []
    for folder in folders(roots):
        with contextlib.suppress(OSError):
            at = (folder / MARK).stat().st_mtime
            if at >= since and (kind := format_of(folder)):
                found.append((at, folder, kind))
    return sorted(found, reverse=True)[:MOST_FOUND]


def main() -> int:
    """Tell of each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("since", type=float)
    for at, folder, kind in written(parser.parse_args().since):
        emit("written", path=str(folder), format=kind, at=at)
    return 0


if __name__ == "__main__":
    sys.exit(main())
