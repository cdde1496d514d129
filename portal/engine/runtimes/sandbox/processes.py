"""What the host's /proc and bubblewrap tell about a sandbox's first process."""

import json
import os
import time
from pathlib import Path

from portal.engine.errors import RuntimeUnavailable

NO_NAMESPACES = (
    "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, and on Ubuntu "
    "kernel.apparmor_restrict_unprivileged_userns=0), run the portal as root, or use the docker "
    "runtime (SLUICE_RUNTIME=docker)."
)
REAP_SECONDS = 10.0


def started_at(pid: int) -> int | None:
    """When a process started, in clock ticks since boot: with its number, its identity.

    None when it has ended, reaped or not.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def wait_until_gone(pid: int, started: int) -> None:
    """Wait for a killed process to be gone, for as long as the kernel may take."""
    deadline = time.monotonic() + REAP_SECONDS
    while started_at(pid) == started and time.monotonic() < deadline:
        time.sleep(0.01)


def read_child_pid(info: int, log: Path) -> int:
    """The first process in a sandbox, as bubblewrap tells it (`info`: what it writes to).

    Raises RuntimeUnavailable with bubblewrap's own words when there is none.
    """
    data = b""
    while not data.rstrip().endswith(b"}") and (chunk := os.read(info, 4096)):
        data += chunk
    try:
        return int(json.loads(data)["child-pid"])
    except (ValueError, KeyError) as error:
        said = log.read_text(errors="replace").strip()[:300]
        raise RuntimeUnavailable(
            f"This host can't make sandboxes: {said}", advice=NO_NAMESPACES
        ) from error
