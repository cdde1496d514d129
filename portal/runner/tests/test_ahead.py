"""What a class has ready: clusters that are its students', and places that are kept from others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.activities import ahead
from portal.activities.ahead import Ahead
from portal.activities.models import Host as HostRow
from portal.activities.models import PoolCluster, Session
from portal.activities.services import sessions
from portal.activities.tests.conftest import Person
from portal.activities.tests.host import Host
from portal.catalog.models import LabVersion
from portal.runner import reconciler
from portal.runner.services import clusters, pool, reporting, room, turns

Want = Callable[..., Ahead]


@pytest.fixture(autouse=True)
def roomy(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that has memory, and reports."""
    memory = {"MemTotal": 64 << 30, "MemAvailable": 32 << 30}
    monkeypatch.setattr(room, "read_memory", lambda path: memory)
    reporting.beat(settings.HOST_NAME)


@pytest.fixture
def ada(person: Person) -> Any:
    """A student of the class."""
    return person("ada")


@pytest.fixture
def want(version: LabVersion, ada: Any, host: Host, monkeypatch: pytest.MonkeyPatch) -> Want:
    """Says what the class wants; nothing else is wanted."""
    made: list[Ahead] = []
    monkeypatch.setattr(ahead, "_asked", [lambda: made])
    now = timezone.now()
    whole = Ahead(
        key="class:1",
        whose="Monday",
        version=version,
        runtime="sandbox",
        clusters=0,
        warm=0,
        places=0,
        begins_at=now + timedelta(minutes=5),
        places_until=now + timedelta(minutes=15),
        people=frozenset({ada.pk}),
    )

    def say(**fields: Any) -> Ahead:
        made[:] = [replace(whole, **fields)]
        return made[0]

    return say


def look(host: Host, times: int = 1) -> None:
    """The reconciler looks, and the worker does what comes of it."""
    for _ in range(times):
        reconciler.reconcile("local")
        host.deliver()


def launched(owner: Any, version: LabVersion) -> Session:
    """A session that was launched, and brought up if it is its turn."""
    session, _ = sessions.launch(owner.pk, version)
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    return session


def test_its_clusters_are_given_to_its_students_alone(
    want: Want, host: Host, version: LabVersion, ada: Any, person: Person
) -> None:
    want(clusters=1)
    look(host)
    (ready,) = pool.names("local")
    stranger = launched(person("stranger"), version)
    assert stranger.cluster == stranger.pk
    assert launched(ada, version).cluster == ready


def test_a_student_takes_a_warm_one_of_the_class_before_others(
    want: Want, host: Host, version: LabVersion, ada: Any, settings: Any
) -> None:
    settings.SLUICE_POOL = {version.lab.name: 1}
    want(clusters=2, warm=1)
    look(host, times=3)
    rows = PoolCluster.objects.order_by("created_at")
    assert [(each.kept_for, each.is_warm) for each in rows] == [
        ("class:1", True),
        ("class:1", False),
        ("", True),
    ]
    assert [each.pk for each in pool.fitting(sessions.launch(ada.pk, version)[0])] == [
        each.pk for each in rows
    ]


def test_it_ends_with_the_class(want: Want, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    want(clusters=2)
    look(host, times=2)
    assert len(host.runtime.list_all()) == 2
    monkeypatch.setattr(ahead, "_asked", [])
    look(host)
    assert (pool.names("local"), host.runtime.list_all()) == (set(), [])


def test_it_has_fewer_as_its_students_come(want: Want, host: Host) -> None:
    want(clusters=3)
    look(host, times=3)
    oldest = PoolCluster.objects.all()[0].pk
    want(clusters=1)
    look(host)
    assert pool.names("local") == {oldest}


def test_a_cluster_of_the_pool_is_a_place_that_the_host_has(
    want: Want, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    want(clusters=2)
    look(host, times=2)
    monkeypatch.setattr(room, "read_memory", lambda path: {"MemAvailable": 1 << 20})
    reporting.beat("local")
    assert HostRow.objects.get().places == 2 + 1


def test_hosts_share_it(want: Want, settings: Any) -> None:
    able = [{"name": "sandbox", "trouble": ""}]
    HostRow.objects.update(runtimes=able)
    HostRow.objects.create(name="other", runtimes=able, seen_at=timezone.now())
    HostRow.objects.create(name="unable", seen_at=timezone.now())
    want(clusters=5, warm=1, places=2)
    shares = [ahead.on_host(name) for name in ("local", "other", "unable")]
    parts = [[(each.clusters, each.warm, each.places) for each in share] for share in shares]
    assert parts == [[(3, 1, 1)], [(2, 0, 1)], []]


def test_others_wait_while_places_are_kept_and_its_students_do_not(
    want: Want, version: LabVersion, ada: Any, person: Person, settings: Any
) -> None:
    settings.SLUICE_MAX_SESSIONS = 2
    want(places=1)
    first, second = (launched(person(name), version) for name in ("first", "second"))
    assert (first.status, second.status) == ("ready", "queued")
    assert launched(ada, version).status == "ready"
    want(places=0)
    clusters.bring_up(second.pk)
    second.refresh_from_db()
    assert second.status == "queued"
    sessions.tear_down(first)
    clusters.bring_down(first.pk)
    clusters.bring_up(second.pk)
    second.refresh_from_db()
    assert second.status == "ready"


def test_no_more_get_in_by_kept_places_than_there_is_room(
    want: Want, version: LabVersion, ada: Any, person: Person, settings: Any
) -> None:
    settings.SLUICE_MAX_SESSIONS = 1
    bo = person("bo")
    want(places=5, people=frozenset({ada.pk, bo.pk}))
    assert [launched(each, version).status for each in (ada, bo)] == ["ready", "queued"]


def test_its_clusters_stay_though_others_wait(
    want: Want, host: Host, version: LabVersion, person: Person, settings: Any
) -> None:
    """Without places they make room, as each pool does."""
    settings.SLUICE_MAX_SESSIONS = 1
    want(clusters=1, places=1)
    look(host)
    kept = pool.names("local")
    waiting = launched(person("other"), version)
    look(host)
    assert pool.names("local") == kept
    assert Session.objects.get(pk=waiting.pk).status == "queued"
    want(clusters=1)
    clusters.bring_up(waiting.pk)
    look(host)
    assert pool.names("local") == set()
    assert Session.objects.get(pk=waiting.pk).status == "ready"


def test_its_clusters_are_made_though_others_wait_for_the_places(
    want: Want, host: Host, version: LabVersion, person: Person, settings: Any
) -> None:
    settings.SLUICE_MAX_SESSIONS = 1
    want(clusters=1, places=1)
    assert launched(person("other"), version).status == "queued"
    look(host)
    assert len(pool.names("local")) == 1


def test_its_students_are_asked_next(
    want: Want, version: LabVersion, ada: Any, person: Person
) -> None:
    want(places=1)
    sessions.launch(person("other").pk, version)
    mine, _ = sessions.launch(ada.pk, version)
    assert turns.first_in_line("local") == mine


def test_the_line_says_so(
    want: Want, version: LabVersion, ada: Any, person: Person, settings: Any
) -> None:
    settings.SLUICE_MAX_SESSIONS = 1
    kept = want(places=1)
    said: list[tuple[Any, str]] = [
        (person("other"), "kept for a class that begins at"),
        (ada, "your class"),
    ]
    for owner, words in said:
        session, _ = sessions.launch(owner.pk, version)
        browser = Client()
        browser.force_login(owner)
        assert words in browser.get(f"/s/{session.pk}/").content.decode()
    reporting.beat("local")
    first = Session.objects.earliest("created_at")
    assert sessions.place_free_at(first) == kept.places_until
