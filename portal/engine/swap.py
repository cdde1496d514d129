"""Where a host can put the memory of clusters that sleep: swap, or memory that is packed (zram)."""

from dataclasses import dataclass
from pathlib import Path

SWAPS = Path("/proc/swaps")
GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Swap:
    """What a host has of it."""

    kind: str
    """`zram`, `swap`, or empty where it has none."""
    total: int = 0
    """Bytes; of zram before they are packed."""
    used: int = 0
    can_reclaim: bool = False
    """Whether its kernel takes memory from a control group when it is told to."""

    @property
    def gives_back(self) -> bool:
        """Whether the memory of clusters that sleep goes there."""
        return bool(self.kind) and self.can_reclaim


def look(swaps: Path = SWAPS, groups: Path = GROUPS) -> Swap:
    """What there is now; it may be switched on and off at any time."""
    try:
        lines = swaps.read_text().splitlines()[1:]
    except OSError:
        lines = []
    parts = [line.split() for line in lines]
    names = [each[0] for each in parts]
    kind = "zram" if any("/zram" in each for each in names) else "swap" if names else ""
    return Swap(
        kind=kind,
        total=sum(int(each[-3]) << 10 for each in parts),
        used=sum(int(each[-2]) << 10 for each in parts),
        can_reclaim=any(groups.glob("*/memory.reclaim")),
    )
