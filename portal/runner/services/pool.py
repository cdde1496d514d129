"""A host's pool: clusters that are up before anybody asks for them, and how a launch gets one.

Which there are to be is `stocking`'s.

Rows say what there is. A cluster whose row goes is a stranger, and the reconciler ends it: so a
pool is emptied, swept and taken back by deleting rows.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict

from django.db import transaction
from django.db.models import QuerySet

from portal.activities import ahead
from portal.activities.models import Host, PoolCluster, PoolStatus, Session
from portal.activities.services.sessions import files_of
from portal.catalog.images import operator_images
from portal.catalog.models import LabVersion
from portal.engine.errors import CapacityExceeded, ClusterError
from portal.engine.runtimes.base import Cancelled, ClusterSpec, Progress, Runtime, State
from portal.runner.runtimes import get_runtime
from portal.runner.services.beating import beating
from portal.runner.services.warming import warm_up

log = logging.getLogger(__name__)
NOBODYS = ""
"""Of whoever comes first: what an operator wants ready is for all."""


# -- what a launch does


def claim_for(session: Session, runtime: Runtime) -> bool:
    """Give the session a cluster of the pool, with its files laid; False where there is none.

    One that died meanwhile is passed over. Whoever is lost in the middle has left the session with
    that cluster's name: the launch that follows goes on with it.
    """
    while session.cluster != session.pk or claim(session):
        try:
            if runtime.observe(session.cluster).state is State.UP:
                runtime.put_files(session.cluster, files_of(session), session.spec.modes)
                return True
            runtime.down(session.cluster)
        except ClusterError as error:
            log.warning("cluster %s of the pool is of no use: %s", session.cluster, error)
        # What is left of it has no row any more.
        Session.objects.filter(pk=session.pk).update(cluster=session.pk)
        session.cluster = session.pk
    return False


def claim(session: Session) -> bool:
    """Take the first of the pool that fits: of two that try, one deletes its row."""
    for name in list(fitting(session).values_list("pk", flat=True)):
        with transaction.atomic():
            taken, _ = PoolCluster.objects.filter(pk=name, status=PoolStatus.READY).delete()
            if taken:
                Session.objects.filter(pk=session.pk).update(cluster=name)
        if taken:
            session.cluster = name
            return True
    return False


def make_room_and_up(
    session: Session, runtime: Runtime, spec: ClusterSpec, cancelled: Cancelled
) -> Iterator[Progress]:
    """A launch, phase by phase. Without room for it, clusters that wait for nobody make some."""
    while True:
        try:
            yield from runtime.up(spec, cancelled=cancelled)
            return
        except CapacityExceeded:
            if not give_way(session, runtime):
                raise


def give_way(session: Session, runtime: Runtime) -> bool:
    """End a cluster of the pool for a session that finds no room; False where none can go.

    What a class has reserved stays. Of others the newest goes first.
    """
    others = PoolCluster.objects.filter(
        host=session.host, runtime=session.runtime, kept_for=NOBODYS
    )
    for row in others.order_by("-created_at", "-pk"):
        if PoolCluster.objects.filter(pk=row.pk).delete()[0]:
            log.info("cluster %s of the pool gives way to session %s", row, session.pk)
            runtime.down(row.pk)
            return True
    return False


def fitting(session: Session) -> QuerySet[PoolCluster]:
    """Those that are ready, and as the session's own would be.

    First those of its student's class, then those that are warm, the oldest before the others.
    """
    whose = [NOBODYS, *(each.key for each in ahead.wanted() if each.is_for(session))]
    return PoolCluster.objects.filter(
        host=session.host,
        runtime=session.runtime,
        version=session.version_id,
        kept_for__in=whose,
        status=PoolStatus.READY,
        made_from=made_from(session.version, session.runtime, session.host),
    ).order_by("-kept_for", "-is_warm", "created_at", "pk")


def made_from(version: LabVersion, runtime: str, host: str) -> str:
    """One word for all that a cluster is made from: the version's text, and this host's images."""
    stock = Host.objects.filter(pk=host).values_list("images", flat=True).first()
    said = json.dumps([version.digest, runtime, stock, images_in_words()], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def images_in_words() -> str:
    """All that images say, alike in each process: the relay's and the worker's compare them."""
    images = {name: asdict(each) for name, each in operator_images().items()}
    return json.dumps(images, sort_keys=True, default=in_order)


def in_order(value: object) -> object:
    """What JSON has no word for: each process has an order of its own for sets."""
    return sorted(value) if isinstance(value, frozenset) else str(value)


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
            if row.is_warm:
                warm_up(runtime, name, lab)
    except ClusterError as error:
        log.warning("cluster %s of the pool did not start: %s", name, error)
        row.delete()
        return
    PoolCluster.objects.filter(pk=name).update(status=PoolStatus.READY)


def names(host: str) -> set[str]:
    """The clusters of a host's pool."""
    return set(PoolCluster.objects.filter(host=host).values_list("pk", flat=True))
