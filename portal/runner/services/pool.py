"""A host's pool: clusters that are up before anybody asks for them, and how a launch gets one.

Rows say what there is. A cluster whose row goes is a stranger, and the reconciler ends it: so a
pool is emptied, swept and taken back by deleting rows.
"""

import hashlib
import json
import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from portal.activities import orders, queries
from portal.activities.models import Host, PoolCluster, PoolStatus, Session
from portal.activities.services.sessions import files_of
from portal.activities.status import SessionStatus
from portal.catalog.images import operator_images
from portal.catalog.models import LabVersion
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import ClusterSpec, Runtime, State
from portal.runner.runtimes import get_runtime
from portal.runner.services.beating import beating
from portal.runner.services.losing import is_lost
from portal.runner.services.room import MB, free_places
from portal.runner.services.warming import warm_up

log = logging.getLogger(__name__)
NO_PLACE = "no more places"
NO_MEMORY = "no more memory"


# -- what a launch does


def claim_for(session: Session, runtime: Runtime) -> bool:
    """Give the session a cluster of the pool, with its files laid; False where there is none.

    One that died meanwhile is passed over. Whoever is lost in the middle has left the session with
    that cluster's name: the launch that follows goes on with it.
    """
    while session.cluster != session.pk or claim(session):
        try:
            if runtime.observe(session.cluster).state is State.UP:
                for path, content in files_of(session).items():
                    runtime.put_file(
                        session.cluster, path, content, mode=session.spec.mode_of(path)
                    )
                return True
            runtime.down(session.cluster)
        except ClusterError as error:
            log.warning("cluster %s of the pool is of no use: %s", session.cluster, error)
        # What is left of it has no row any more.
        Session.objects.filter(pk=session.pk).update(cluster=session.pk)
        session.cluster = session.pk
    return False


def claim(session: Session) -> bool:
    """Take the oldest of the pool that fits: of two that try, one deletes its row."""
    for name in list(fitting(session).values_list("pk", flat=True)):
        with transaction.atomic():
            taken, _ = PoolCluster.objects.filter(pk=name, status=PoolStatus.READY).delete()
            if taken:
                Session.objects.filter(pk=session.pk).update(cluster=name)
        if taken:
            session.cluster = name
            return True
    return False


def fitting(session: Session) -> QuerySet[PoolCluster]:
    """Those that are ready, and as the session's own would be; the oldest first."""
    return PoolCluster.objects.filter(
        host=session.host,
        runtime=session.runtime,
        version=session.version_id,
        status=PoolStatus.READY,
        made_from=made_from(session.version, session.runtime, session.host),
    )


def made_from(version: LabVersion, runtime: str, host: str) -> str:
    """One word for all that a cluster is made from: the version's text, and this host's images."""
    stock = Host.objects.filter(pk=host).values_list("images", flat=True).first()
    images = [stock, sorted(map(repr, operator_images().values()))]
    said = json.dumps([version.digest, runtime, images], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


# -- what the worker does


def fill(name: str) -> None:
    """Bring a cluster of the pool up, with what its lab finds started. Safe to repeat."""
    row = (
        PoolCluster.objects.select_related("version__lab")
        .filter(pk=name, status=PoolStatus.FILLING)
        .first()
    )
    if row is None:
        return
    runtime, lab = get_runtime(row.runtime), row.version.spec
    spec = ClusterSpec(name, lab.services, lab.tools, row.version.file_contents(), lab.modes)
    try:
        with beating(row):
            for _ in runtime.up(spec, cancelled=lambda: name not in names(row.host)):
                pass
            warm_up(runtime, name, lab)
    except ClusterError as error:
        log.warning("cluster %s of the pool did not start: %s", name, error)
        row.delete()
        return
    PoolCluster.objects.filter(pk=name).update(status=PoolStatus.READY)


# -- what the reconciler does


def names(host: str) -> set[str]:
    """The clusters of a host's pool."""
    return set(PoolCluster.objects.filter(host=host).values_list("pk", flat=True))


def look_at(host: str) -> None:
    """Sweep the pool, and have it filled by one more while the host has nothing else to do."""
    wanted = {version: settings.SLUICE_POOL[version.lab.name] for version in versions()}
    sweep(host, {each.pk: made_from(each, runtime_of(), host) for each in wanted})
    told = [begin(host, version, count) for version, count in wanted.items()]
    Host.objects.filter(pk=host).exclude(pool=told).update(pool=told)


def versions() -> list[LabVersion]:
    """The newest published version of each lab that has a pool."""
    found = LabVersion.objects.filter(
        lab__name__in=list(settings.SLUICE_POOL), published_at__isnull=False, retired_at=None
    )
    newest = {each.lab_id: each for each in found.select_related("lab").order_by("number")}
    return list(newest.values())


def runtime_of() -> str:
    """What a pool's clusters run on: what new sessions do."""
    return str(settings.SLUICE_DEFAULT_RUNTIME)


def sweep(host: str, current: dict[int, str]) -> None:
    """Forget what died, lost its worker, or was made from what is no more, and what takes a place
    that a session needs."""
    rows = list(PoolCluster.objects.filter(host=host))
    for row in rows:
        if current.get(row.version_id) != row.made_from or is_dead(row):
            log.info("cluster %s leaves the pool", row)
            row.delete()
    surplus = queries.holding_places(host) + len(names(host)) - settings.SLUICE_MAX_SESSIONS
    if queries.on_host(host).filter(status=SessionStatus.QUEUED).exists():
        # One at a time: the next look sees what memory that gave.
        surplus = max(surplus, 1 - free_places(host))
    for row in PoolCluster.objects.filter(host=host).order_by("-created_at")[: max(0, surplus)]:
        row.delete()


def is_dead(row: PoolCluster) -> bool:
    """Whether nobody can be given it."""
    if row.status != PoolStatus.READY:
        return is_lost(row, row.host)
    try:
        return get_runtime(row.runtime).observe(row.pk).state is not State.UP
    except ClusterError:
        return True


def begin(host: str, version: LabVersion, wanted: int) -> dict[str, Any]:
    """Have one more filled, if one is missing and the host is idle; what there is to tell."""
    rows = PoolCluster.objects.filter(host=host, version=version)
    told = {
        "lab": version.lab.name,
        "wanted": wanted,
        "ready": rows.filter(status=PoolStatus.READY).count(),
        "why": "",
    }
    if rows.count() >= wanted:
        return told
    if queries.holding_places(host) + len(names(host)) >= settings.SLUICE_MAX_SESSIONS:
        return told | {"why": NO_PLACE}
    free = Host.objects.filter(pk=host).values_list("memory_available", flat=True).first() or 0
    if free - needs(version) < settings.SLUICE_POOL_RESERVE_MB * MB:
        return told | {"why": NO_MEMORY}
    if is_idle(host):
        row = PoolCluster.objects.create(
            host=host,
            runtime=runtime_of(),
            version=version,
            made_from=made_from(version, runtime_of(), host),
        )
        orders.enqueue_again(host, orders.FILL_POOL, row.pk)
    return told


def needs(version: LabVersion) -> int:
    """Bytes that a cluster may come to use, by its services' limits."""
    return sum(each.limits.memory_mb for each in version.spec.services) * MB


def is_idle(host: str) -> bool:
    """Whether nothing starts there: no session, and no other cluster of the pool."""
    begins = (SessionStatus.QUEUED, SessionStatus.STARTING)
    starts = queries.on_host(host).filter(status__in=begins).exists()
    return (
        not starts and not PoolCluster.objects.filter(host=host, status=PoolStatus.FILLING).exists()
    )
