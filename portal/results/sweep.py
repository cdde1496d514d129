"""Files that nobody will ask for: what a killed portal left half written, or without a row.

A file is left alone for an hour, since its row is written after it: no ingest takes as long. What
lies in a bucket is left until this process's next look.
"""

import logging
import shutil
import time
from pathlib import Path

from portal.bucket import Sweeper
from portal.results import store
from portal.results.models import Extraction
from portal.seldom import Seldom

SETTLED_SECONDS = 3600.0
"""What has not been written to for so long is not being written."""
UNFINISHED = (".part", ".wal", ".tmp", ".jsonl", ".parquet")
log = logging.getLogger(__name__)


def sweep() -> list[str]:
    """Delete what is old and has no row, here and in the bucket; return the names."""
    return sweep_folder() + of_bucket.sweep()


def sweep_folder() -> list[str]:
    """The same for this host's folder alone: no bucket is asked, which may take long."""
    swept = []
    for path in settled():
        if path.suffix == ".duckdb":
            # Asked once the file was found: a row is not there later than its file's hour.
            if Extraction.objects.filter(store=path.stem).exists():
                continue
            store.remove(path.stem)
        elif path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        swept.append(path.name)
    if swept:
        log.info("swept %d files of results that no row knows", len(swept))
    return swept


now_and_then = Seldom(SETTLED_SECONDS, sweep)
folder_now_and_then = Seldom(SETTLED_SECONDS, sweep_folder)


def known() -> set[str]:
    """The files that have a row."""
    names = Extraction.objects.exclude(store="").values_list("store", flat=True)
    return {f"{each}{store.SUFFIX}" for each in names}


of_bucket = Sweeper(store.FOLDER, known)


def settled() -> list[Path]:
    """What is ours and nobody has written to for a while. Gone meanwhile is fine.

    A folder is what DuckDB puts aside of a file that it makes.
    """
    found, limit = [], time.time() - SETTLED_SECONDS
    for path in store.folder().glob("*"):
        try:
            if path.suffix in (".duckdb", *UNFINISHED):
                found += [path] if path.stat().st_mtime < limit else []
        except FileNotFoundError:
            continue
    return found
