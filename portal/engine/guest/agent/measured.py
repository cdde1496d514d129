"""What everything in the cluster takes of its host."""

import contextlib
import os
from pathlib import Path
from typing import Any


def measured() -> dict[str, Any]:
    """Bytes of memory, how many processes there are, and seconds of processor time."""
    page, pages, count, ticks = os.sysconf("SC_PAGE_SIZE"), 0, 0, 0
    for statm in Path("/proc").glob("[0-9]*/statm"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = statm.read_text().split()
            pages += int(fields[1]) - int(fields[2])
            count += 1
            # Its own time, and that of its children which have ended.
            told = (statm.parent / "stat").read_text().rsplit(")", 1)[1].split()
            ticks += sum(map(int, told[11:15]))
    seconds = ticks / os.sysconf("SC_CLK_TCK")
    return {"memory": pages * page, "processes": count, "computed": seconds}
