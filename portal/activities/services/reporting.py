"""What a runner tells of its host. Only the runner calls this; pages read the row."""

import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from portal.activities import images, queries
from portal.activities.models import Host
from portal.activities.runtimes import get_runtime
from portal.activities.status import SessionStatus
from portal.engine.errors import ClusterError

MEMINFO = Path("/proc/meminfo")


def beat(host: str) -> bool:
    """The runner lives: note that, and what its clusters leave of the memory.

    Return whether the host is new, or was forgotten.
    """
    memory = read_memory(MEMINFO)
    _, is_new = Host.objects.update_or_create(
        name=host,
        defaults={
            "seen_at": timezone.now(),
            "places": settings.SLUICE_MAX_SESSIONS,
            "memory_total": memory.get("MemTotal", 0),
            "memory_available": memory.get("MemAvailable", 0),
            "clusters": measure_clusters(host),
        },
    )
    return is_new


def inspect(host: str) -> None:
    """Look at the host's runtimes, and at the images of the one that has such."""
    found = [look_at_runtime(name) for name in settings.SLUICE_RUNTIMES]
    stock: list[dict[str, Any]] = []
    if "docker" in settings.SLUICE_RUNTIMES:
        # Why there is nothing to tell is told by the runtime itself.
        with contextlib.suppress(ClusterError):
            stock = [asdict(each) for each in images.inventory()]
    Host.objects.filter(pk=host).update(runtimes=found, images=stock, inspected_at=timezone.now())


def look_at_runtime(name: str) -> dict[str, Any]:
    """What it is made of, and what is wrong with it, with what helps."""
    runtime = get_runtime(name)
    found = {"name": name, "about": "", "trouble": "", "advice": ""}
    found["is_default"] = name == settings.SLUICE_DEFAULT_RUNTIME
    try:
        found["about"] = runtime.about()
        runtime.check()
    except ClusterError as error:
        found |= {"trouble": str(error), "advice": error.advice}
    return found


def measure_clusters(host: str) -> dict[str, int]:
    """The memory of each cluster that is up, in bytes by session."""
    found = {}
    for session in queries.on_host(host).filter(status=SessionStatus.READY):
        # One that has ended since is the reconciler's to see.
        with contextlib.suppress(ClusterError):
            found[session.pk] = get_runtime(session.runtime).stats(session.pk).memory_bytes
    return found


def read_memory(path: Path) -> dict[str, int]:
    """The kernel's own figures, in bytes; none where it has no such file."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    fields = (line.replace(":", "").split() for line in lines)
    return {each[0]: int(each[1]) << 10 for each in fields if each[-1] == "kB"}
