"""A table that is too large for a message: written to files, which `python -m guest.large` prints.

A row is a JSON list of texts and nulls, made by the JVM: Python workers would take far longer. The
files are gzip, so they print as one stream; whoever prints them removes them.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from . import kernel

ROWS = 1_000_000
BYTES = 256 * 2**20
"""What the rows may take as text, going by the first of them."""
COLUMNS = 1000
NESTED = ("struct", "array", "map", "variant")


def folder() -> Path:
    """Where the files are."""
    return kernel.folder() / "rows"


def write(frame: Any, bytes_a_row: int) -> int:
    """Write as much of a data frame as there may be; how many rows it has.

    They are counted as they are written: a second pass would be as long again.
    """
    from pyspark.sql import Observation, functions

    shutil.rmtree(folder(), ignore_errors=True)
    most = min(ROWS, BYTES // max(1, bytes_a_row))
    # Names may be there twice, and then they name nothing.
    named = frame.toDF(*(f"c{at}" for at in range(len(frame.columns))))
    seen = Observation()
    counted = named.observe(seen, functions.count(functions.lit(1)).alias("rows")).limit(most + 1)
    counted.select(line_of(named)).write.text(f"file://{folder()}", compression="gzip")
    count: int = seen.get["rows"]
    return count if count <= most else frame.count()


def line_of(frame: Any) -> Any:
    """A row as one text."""
    from pyspark.sql import functions

    cells = [
        functions.to_json(name) if kind.startswith(NESTED) else frame[name].cast("string")
        for name, kind in frame.dtypes
    ]
    return functions.to_json(functions.array(*cells)).alias("value")


def main() -> int:
    """Print the files in the order of their rows, and remove them."""
    try:
        for part in sorted(folder().glob("part-*.gz")):
            with part.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer, 64 * 1024)
    finally:
        shutil.rmtree(folder(), ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
