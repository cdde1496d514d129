"""What a runner tells of its host. Only the runner calls this; pages read the row."""

import contextlib
from dataclasses import asdict
from typing import Any

from django.conf import settings

from portal import clock
from portal.activities import queries
from portal.activities.models import Host, PoolCluster, PoolStatus
from portal.activities.status import SessionStatus
from portal.engine import merging, swap
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import Runtime
from portal.release import release
from portal.runner import images
from portal.runner.runtimes import get_runtime
from portal.runner.services.room import MEMINFO, free_places, is_busy, read_memory


def beat(host: str) -> bool:
    """The runner lives: note that, and what its clusters leave of the memory.

    Return whether the host is new, or was forgotten.
    """
    memory = read_memory(MEMINFO)
    # A cluster of the pool is a place that has its memory already.
    ready = PoolCluster.objects.filter(host=host, status=PoolStatus.READY).count()
    _, is_new = Host.objects.update_or_create(
        name=host,
        defaults={
            "seen_at": clock.now(),
            "clock_ahead": round(clock.ahead(), 1),
            "release": release(),
            "places": queries.holding_places(host) + max(0, free_places(host, ready)),
            "is_busy": is_busy(host),
            "memory_total": memory.get("MemTotal", 0),
            "memory_available": memory.get("MemAvailable", 0),
            "clusters": measure_clusters(host),
            "swap": swap_of_host(),
            "merging": asdict(merging.look()) if settings.SLUICE_MERGE_MEMORY else {},
        },
    )
    return is_new


def swap_of_host() -> dict[str, Any]:
    """Where memory of clusters that sleep goes, if anywhere."""
    found = swap.look()
    return {**asdict(found), "gives_back": found.gives_back}


def inspect(host: str) -> None:
    """Look at the host's runtimes, and at the images that they make."""
    found = [look_at_runtime(name) for name in settings.SLUICE_RUNTIMES]
    stock: list[dict[str, Any]] = []
    # Why there is nothing to tell is told by the runtime itself.
    with contextlib.suppress(ClusterError):
        stock = [asdict(each) for each in images.inventory()]
    Host.objects.filter(pk=host).update(runtimes=found, images=stock, inspected_at=clock.now())


def look_at_runtime(name: str) -> dict[str, Any]:
    """What it is made of, and what is wrong with it, with what helps."""
    runtime = get_runtime(name)
    found = {"name": name, "about": "", "trouble": "", "advice": ""}
    found["is_default"] = name == settings.SLUICE_DEFAULT_RUNTIME
    try:
        found["about"] = runtime.about()
        runtime.check()
        if not runtime.makes_images:
            found |= lacking(runtime)
    except ClusterError as error:
        found |= {"trouble": str(error), "advice": error.advice}
    return found


def lacking(runtime: Runtime) -> dict[str, str]:
    """What is to be said where the installer has not brought all that images need."""
    names = [each.tag for each in runtime.stock() if each.state != "present"]
    if not names:
        return {}
    trouble = f"Something is missing for the image{'s' * (len(names) > 1)} {', '.join(names)}."
    return {"trouble": trouble, "advice": "Run 'make install' on this host."}


def measure_clusters(host: str) -> dict[str, int]:
    """The memory of each cluster that is up, in bytes by session; of one asleep, the last known."""
    found = {}
    before = Host.objects.filter(pk=host).values_list("clusters", flat=True).first() or {}
    for session in queries.on_host(host).filter(status=SessionStatus.READY):
        if session.asleep_since and session.pk in before:
            found[session.pk] = before[session.pk]
            continue
        # One that has ended since is the reconciler's to see.
        with contextlib.suppress(ClusterError):
            found[session.pk] = get_runtime(session.runtime).stats(session.cluster).memory_bytes
    return found
