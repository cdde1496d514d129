"""The pool: clusters that are up before anybody asks, and who gets which."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from portal.activities.models import Host as HostRow
from portal.activities.models import PoolCluster, Session
from portal.activities.services import sessions
from portal.activities.tests.conftest import Person
from portal.activities.tests.host import Host, MeddlingRuntime, age
from portal.catalog.models import LabVersion
from portal.engine.errors import CapacityExceeded, ServiceNotReady
from portal.engine.kinds.spark import Spark
from portal.engine.runtimes.base import ClusterSpec, Progress
from portal.engine.runtimes.faults import BrokenRuntime
from portal.runner import reconciler
from portal.runner.services import clusters, pool, reporting, room, stocking

ROOMY = {"MemTotal": 64 << 30, "MemAvailable": 32 << 30}


@pytest.fixture(autouse=True)
def roomy(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that has memory, and reports."""
    monkeypatch.setattr(room, "read_memory", lambda path: ROOMY)
    reporting.beat(settings.HOST_NAME)


@pytest.fixture
def filled(version: LabVersion, host: Host, settings: Any) -> list[str]:
    """A pool of two for the lab; their names, the older first."""
    settings.SLUICE_POOL = {version.lab.name: 2}
    look(host)
    look(host)
    return [each.pk for each in PoolCluster.objects.all()]


def look(host: Host) -> None:
    """The reconciler looks, and the worker does what comes of it."""
    reconciler.reconcile("local")
    host.deliver()


def launched(owner: Any, version: LabVersion) -> Session:
    """A session that was launched and brought up."""
    session, _ = sessions.launch(owner.pk, version)
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    return session


def test_it_is_filled_one_by_one_while_nothing_else_starts(filled: list[str], host: Host) -> None:
    assert len(filled) == 2
    assert host.runtime.list_all() == sorted(filled)
    look(host)
    assert len(pool.names("local")) == 2
    told = {"key": "", "whose": "", "lab": "small", "wanted": 2, "ready": 2, "why": ""}
    assert HostRow.objects.get().pool == [told]


def test_it_waits_while_a_session_starts(
    version: LabVersion, host: Host, settings: Any, student: Any
) -> None:
    settings.SLUICE_POOL = {version.lab.name: 1}
    sessions.launch(student.pk, version)
    look(host)
    assert pool.names("local") == set()
    look(host)
    assert len(pool.names("local")) == 1


def test_a_launch_gets_the_oldest_with_its_own_files(
    filled: list[str], host: Host, version: LabVersion, student: Any
) -> None:
    session, _ = sessions.launch(student.pk, version)
    path = next(each.path for each in session.spec.files if each.editable)
    sessions.save_file(session, path, "mine")
    before = len(host.runtime.list_all())
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    assert (session.status, session.cluster) == ("ready", filled[0])
    assert host.runtime.get_file(session.cluster, path) == b"mine"
    assert len(host.runtime.list_all()) == before
    assert session.files_put == session.files_saved


def test_no_cluster_is_given_twice(filled: list[str], version: LabVersion, person: Person) -> None:
    got = [launched(person(name), version).cluster for name in ("a1", "b1")]
    assert sorted(got) == sorted(filled)
    third = launched(person("c1"), version)
    assert third.cluster == third.pk


def test_of_two_that_claim_at_once_one_gets_it(
    filled: list[str], version: LabVersion, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has seen the same row."""
    first, second = (sessions.launch(person(name).pk, version)[0] for name in ("a1", "b1"))
    seen = list(PoolCluster.objects.all()[:1])
    atomic = transaction.atomic

    def meanwhile() -> Any:
        monkeypatch.setattr(transaction, "atomic", atomic)
        assert pool.claim(second)
        return atomic()

    monkeypatch.setattr(transaction, "atomic", meanwhile)
    assert pool.claim(first)
    assert second.cluster == seen[0].pk != first.cluster


@pytest.fixture
def full(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime has room for two clusters, as a quota has, and nobody else knows of it."""
    up = host.runtime.up

    def until_it_is_full(spec: ClusterSpec, **options: Any) -> Iterator[Progress]:
        if len(host.runtime.list_all()) >= 2:
            raise CapacityExceeded("The quota is spent.")
        yield from up(spec, **options)

    monkeypatch.setattr(host.runtime, "up", until_it_is_full)


@pytest.mark.usefixtures("full")
def test_where_there_is_no_room_the_newest_gives_way(
    filled: list[str], host: Host, session: Session
) -> None:
    PoolCluster.objects.update(made_from="another lab")
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    assert session.status == "ready"
    assert pool.names("local") == {filled[0]}
    assert sorted(host.runtime.list_all()) == sorted([filled[0], session.pk])


@pytest.mark.usefixtures("full")
def test_what_a_class_has_reserved_does_not_give_way(
    filled: list[str], host: Host, session: Session
) -> None:
    PoolCluster.objects.update(made_from="another lab", kept_for="class-1")
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    assert (session.status, session.error) == ("failed", "The quota is spent.")
    assert sorted(host.runtime.list_all()) == sorted(filled)


def test_one_that_died_is_passed_over_by_a_launch(
    filled: list[str], host: Host, version: LabVersion, student: Any
) -> None:
    del host.runtime.clusters[filled[0]]
    assert launched(student, version).cluster == filled[1]


def test_one_that_died_leaves_the_pool_and_another_comes(filled: list[str], host: Host) -> None:
    del host.runtime.clusters[filled[0]]
    look(host)
    assert filled[0] not in pool.names("local")
    look(host)
    assert len(pool.names("local")) == 2


def test_a_claim_that_lost_its_worker_goes_on_with_the_cluster_it_got(
    filled: list[str], host: Host, version: LabVersion, student: Any
) -> None:
    session, _ = sessions.launch(student.pk, version)
    assert pool.claim(session)
    reconciler.end_strangers("local")
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    assert (session.status, session.cluster) == ("ready", filled[0])


def test_a_version_that_changes_empties_its_pool(
    filled: list[str], host: Host, version: LabVersion
) -> None:
    LabVersion.objects.filter(pk=version.pk).update(digest="another")
    look(host)
    assert not set(filled) & pool.names("local")
    assert not set(filled) & set(host.runtime.list_all())


def test_an_image_that_is_replaced_empties_the_pool(
    filled: list[str], host: Host, version: LabVersion, student: Any
) -> None:
    HostRow.objects.update(images=[{"tag": "mids", "built_at": "now"}])
    assert launched(student, version).cluster not in filled
    look(host)
    assert not set(filled) & pool.names("local")


def test_each_process_says_the_same_of_what_clusters_are_made_from() -> None:
    """The relay fills the pool, and the worker takes from it; sets have another order in each."""
    words = "import django; django.setup(); from portal.runner.services import pool; "
    said = {
        subprocess.run(
            [sys.executable, "-c", f"{words}print(pool.images_in_words())"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_a_newer_version_has_the_pool(filled: list[str], host: Host, version: LabVersion) -> None:
    newer = LabVersion.objects.create(
        lab=version.lab, number=2, source=version.source, published_at=version.published_at
    )
    look(host)
    look(host)
    assert {each.version_id for each in PoolCluster.objects.all()} == {newer.pk}


def test_a_reset_gets_a_cluster_that_nobody_had(
    filled: list[str], host: Host, version: LabVersion, student: Any
) -> None:
    session = launched(student, version)
    sessions.reset(session)
    assert clusters.bring_down(session.pk)
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    assert (session.status, session.cluster) == ("ready", filled[1])
    assert filled[0] not in host.runtime.list_all()


def test_a_pool_larger_than_the_places_is_bounded_and_told(
    version: LabVersion, host: Host, settings: Any, student: Any
) -> None:
    settings.SLUICE_POOL, settings.SLUICE_MAX_SESSIONS = {version.lab.name: 5}, 2
    for _ in range(4):
        look(host)
    assert len(pool.names("local")) == 2
    assert HostRow.objects.get().pool[0]["why"] == stocking.NO_PLACE


def test_a_pool_larger_than_the_memory_is_bounded_and_told(
    version: LabVersion, host: Host, settings: Any
) -> None:
    settings.SLUICE_POOL = {version.lab.name: 5}
    HostRow.objects.update(memory_available=1 << 30)
    look(host)
    assert pool.names("local") == set()
    assert HostRow.objects.get().pool[0]["why"] == stocking.NO_MEMORY


def test_a_session_of_another_lab_takes_a_place_from_the_pool(
    filled: list[str], host: Host, settings: Any, student: Any
) -> None:
    settings.SLUICE_MAX_SESSIONS = 2
    session = Session.objects.create(
        owner=student,
        version=PoolCluster.objects.all()[0].version,
        runtime=settings.SLUICE_DEFAULT_RUNTIME,
        host="local",
        status="ready",
        expires_at=PoolCluster.objects.all()[0].created_at,
    )
    stocking.look_at("local")
    assert session.cluster == session.pk
    assert pool.names("local") == {filled[0]}


def test_one_that_does_not_start_is_not_kept(
    version: LabVersion, host: Host, settings: Any
) -> None:
    settings.SLUICE_POOL = {version.lab.name: 1}
    host.use(BrokenRuntime(error=ServiceNotReady("no"), verbs=("up",)))
    look(host)
    assert pool.names("local") == set()


def test_one_that_lost_its_worker_is_begun_anew(
    version: LabVersion, host: Host, settings: Any
) -> None:
    settings.SLUICE_POOL = {version.lab.name: 1}
    reconciler.reconcile("local")
    host.queued.clear()
    lost = PoolCluster.objects.get()
    age(lost, 2, "beat_at")
    reconciler.reconcile("local")
    assert lost.pk not in pool.names("local")


def test_one_that_leaves_while_it_is_filled_is_ended(
    version: LabVersion, host: Host, settings: Any
) -> None:
    settings.SLUICE_POOL = {version.lab.name: 1}
    host.use(MeddlingRuntime(up=PoolCluster.objects.all().delete))
    look(host)
    reconciler.end_strangers("local")
    assert host.runtime.list_all() == []


def test_pyspark_is_warm_in_as_many_as_the_operator_wants(
    version: LabVersion, host: Host, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    warmed: list[str] = []
    monkeypatch.setattr(Spark, "warm_up", lambda _, runtime, name, lab: warmed.append(name))
    settings.SLUICE_POOL, settings.SLUICE_POOL_WARM = {"small": 2}, {"small": 1}
    look(host)
    look(host)
    assert warmed == [each.pk for each in PoolCluster.objects.filter(is_warm=True)]
    assert len(warmed) == 1
    settings.SLUICE_POOL = {"small": 1}
    look(host)
    assert pool.names("local") == set(warmed)


def test_nobody_has_a_pool_unless_the_operator_wants_one(version: LabVersion, host: Host) -> None:
    look(host)
    assert pool.names("local") == set()
