"""Which clusters a host's pool is to have, and what leaves it. Only the reconciler calls this.

What an operator wants is for everybody and always; what a class wants, for its students and for
a time.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from portal.activities import ahead, orders, queries
from portal.activities.models import Host, PoolCluster, PoolStatus
from portal.activities.status import SessionStatus
from portal.catalog.models import LabVersion
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import State
from portal.runner.runtimes import get_runtime
from portal.runner.services.losing import is_lost
from portal.runner.services.pool import NOBODYS, made_from, names
from portal.runner.services.room import MB, free_places

log = logging.getLogger(__name__)
NO_PLACE = "no more places"
NO_MEMORY = "no more memory"


@dataclass(frozen=True, slots=True)
class Wish:
    """Clusters that are to be ready on a host."""

    key: str
    whose: str
    version: LabVersion
    runtime: str
    count: int
    warm: int
    """So many of them with pyspark started."""
    made_from: str

    places: int = 0
    """So many places are kept for whoever gets them: they are filled though others wait."""

    def rows(self, host: str) -> QuerySet[PoolCluster]:
        """Those that a host has, or is to have."""
        return PoolCluster.objects.filter(
            host=host,
            version=self.version,
            runtime=self.runtime,
            kept_for=self.key,
            made_from=self.made_from,
        )


def look_at(host: str) -> None:
    """Sweep the pool, and have it filled by one more while the host has nothing else to do."""
    wanted = ahead.on_host(host)
    wishes = [*of_classes(wanted, host), *of_operator(host)]
    sweep(host, wishes, wanted)
    told = [begin(host, wish) for wish in wishes]
    Host.objects.filter(pk=host).exclude(pool=told).update(pool=told)


def of_classes(wanted: Iterable[ahead.Ahead], host: str) -> Iterable[Wish]:
    """What is wanted by somebody; who begins first comes first."""
    for each in wanted:
        made = made_from(each.version, each.runtime, host)
        yield Wish(
            each.key,
            each.whose,
            each.version,
            each.runtime,
            each.clusters,
            each.warm,
            made,
            each.places,
        )


def of_operator(host: str) -> Iterable[Wish]:
    """What `SLUICE_POOL` says: on what new sessions run on, of labs' newest versions.

    Nothing on a host that gets no new sessions.
    """
    if any(not each.takes_sessions for each in Host.objects.filter(pk=host)):
        return
    runtime = str(settings.SLUICE_DEFAULT_RUNTIME)
    for version in newest_versions():
        count = settings.SLUICE_POOL[version.lab.name]
        warm = settings.SLUICE_POOL_WARM.get(version.lab.name, count)
        made = made_from(version, runtime, host)
        yield Wish(NOBODYS, "", version, runtime, count, warm, made)


def newest_versions() -> list[LabVersion]:
    """The newest published version of each lab that has a pool of the operator's."""
    found = LabVersion.objects.filter(
        lab__name__in=list(settings.SLUICE_POOL), published_at__isnull=False, retired_at=None
    )
    newest = {each.lab_id: each for each in found.select_related("lab").order_by("number")}
    return list(newest.values())


def sweep(host: str, wishes: Sequence[Wish], wanted: Iterable[ahead.Ahead]) -> None:
    """Forget what nobody wants any more, what died or lost its worker, and what takes a place that
    a session needs."""
    mine = PoolCluster.objects.filter(host=host)
    good = {row.pk for wish in wishes for row in wish.rows(host)[: wish.count]}
    for row in mine:
        if row.pk not in good or is_dead(row):
            log.info("cluster %s leaves the pool", row)
            row.delete()
    surplus = queries.holding_places(host) + len(names(host)) - settings.SLUICE_MAX_SESSIONS
    if queries.on_host(host).filter(status=SessionStatus.QUEUED).exists():
        # One at a time: the next look sees what memory that gave.
        surplus = max(surplus, 1 - free_places(host))
    kept = {
        pk
        for each in wanted
        for pk in mine.filter(kept_for=each.key).values_list("pk", flat=True)[: each.places]
    }
    for row in mine.exclude(pk__in=kept).order_by("-created_at")[: max(0, surplus)]:
        row.delete()


def is_dead(row: PoolCluster) -> bool:
    """Whether nobody can be given it."""
    if row.status != PoolStatus.READY:
        return is_lost(row, row.host)
    try:
        return get_runtime(row.runtime).observe(row.pk).state is not State.UP
    except ClusterError:
        return True


def begin(host: str, wish: Wish) -> dict[str, Any]:
    """Have one more filled, if one is missing and the host is idle; what there is to tell."""
    rows = wish.rows(host)
    told = {
        "key": wish.key,
        "whose": wish.whose,
        "lab": wish.version.lab.name,
        "wanted": wish.count,
        "ready": rows.filter(status=PoolStatus.READY).count(),
        "why": "",
    }
    if rows.count() >= wish.count:
        return told
    if queries.holding_places(host) + len(names(host)) >= settings.SLUICE_MAX_SESSIONS:
        return told | {"why": NO_PLACE}
    free = Host.objects.filter(pk=host).values_list("memory_available", flat=True).first() or 0
    if free - needs(wish.version) < settings.SLUICE_POOL_RESERVE_MB * MB:
        return told | {"why": NO_MEMORY}
    if is_idle(host, though_others_wait=rows.count() < wish.places):
        row = PoolCluster.objects.create(
            host=host,
            runtime=wish.runtime,
            version=wish.version,
            made_from=wish.made_from,
            kept_for=wish.key,
            is_warm=rows.filter(is_warm=True).count() < wish.warm,
        )
        orders.enqueue_again(host, orders.FILL_POOL, row.pk)
    return told


def needs(version: LabVersion) -> int:
    """Bytes that a cluster may come to use, by its services' limits."""
    return sum(each.limits.memory_mb for each in version.spec.services) * MB


def is_idle(host: str, *, though_others_wait: bool) -> bool:
    """Whether nothing starts there, or is about to: no session, and no other of the pool."""
    begins = [SessionStatus.STARTING]
    if not though_others_wait:
        begins.append(SessionStatus.QUEUED)
    starts = queries.on_host(host).filter(status__in=begins).exists()
    fills = PoolCluster.objects.filter(host=host, status=PoolStatus.FILLING).exists()
    return not starts and not fills
