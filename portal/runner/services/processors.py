"""Whether a host's processors have time for one more who works: by what waits, not by a count."""

import os
import re
from pathlib import Path

from django.conf import settings

PRESSURE, LOAD = Path("/proc/pressure/cpu"), Path("/proc/loadavg")
CALMER = 20.0
"""There is time again where something waits so many percent less than `SLUICE_BUSY_PERCENT`, beyond
which steps of all take several times as long. In between it stays as it was, so that a line moves
by several at a time."""
WAITING_EACH = 2.0
"""Where the kernel counts no pressure: with so many that run or wait, for each processor, all of
the time something waits."""
ALWAYS_EACH = 8
"""Sessions that are awake, for each processor, which are never what fills it: whatever else does,
a line would not help."""


def read_pressure(pressure: Path = PRESSURE, load: Path = LOAD) -> float | None:
    """Percent of the last minute in which something waited; None where the system does not tell."""
    try:
        if found := re.search(r"^some .*\bavg60=([\d.]+)", pressure.read_text()):
            return float(found[1])
    except OSError:
        pass  # An older kernel, or one that was told not to count.
    try:
        return 100 * float(load.read_text().split()[0]) / (WAITING_EACH * (os.cpu_count() or 1))
    except (OSError, ValueError, IndexError):
        return None


class Processors:
    """Those of this host: busy or not, as they were seen last."""

    def __init__(self) -> None:
        self.are_busy = False

    def look(self, pressure: float | None, awake: int) -> bool:
        """Whether one more has to wait, with so many sessions awake."""
        busy = float(settings.SLUICE_BUSY_PERCENT) - (CALMER if self.are_busy else 0.0)
        self.are_busy = pressure is not None and pressure >= busy
        return self.are_busy and awake >= ALWAYS_EACH * (os.cpu_count() or 1)


processors = Processors()
"""Each process's own; they see the same figures, and need no row to agree."""
