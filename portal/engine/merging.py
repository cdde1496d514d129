"""Whether the kernel merges pages of memory that are alike (KSM), and what that has saved.

Processes have to ask for it, which a cluster's agent does for all in it where the operator wants
that; and the system's own daemon has to be at work, which is the operator's to begin.
"""

import contextlib
import resource
from dataclasses import dataclass
from pathlib import Path

KSM = Path("/sys/kernel/mm/ksm")
AT_WORK = "1"


@dataclass(frozen=True, slots=True)
class Merging:
    """What a host's kernel does of it."""

    is_known: bool = False
    """Whether the kernel can do it at all."""
    is_at_work: bool = False
    saved: int = 0
    """Bytes that nobody takes a second time; those of other programs that ask for it count, too."""


def look(folder: Path = KSM) -> Merging:
    """What it does now; it may be switched on and off at any time."""
    told = {}
    for name in ("run", "pages_sharing"):
        with contextlib.suppress(OSError):
            told[name] = (folder / name).read_text().strip()
    saved = int(told.get("pages_sharing") or 0) * resource.getpagesize()
    return Merging("run" in told, told.get("run") == AT_WORK, saved)
