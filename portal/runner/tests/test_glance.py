"""Which sessions need no closer look."""

import pytest
from django.conf import LazySettings

from portal.activities.models import Session
from portal.activities.tests.conftest import Click
from portal.activities.tests.host import Host, age
from portal.engine.runtimes.faults import BrokenRuntime
from portal.runner import reconciler
from portal.runner.glance import LOOKS, Glance


def glance() -> Glance:
    """One after which it is nobody's turn for a closer look."""
    made = Glance()
    made.turns = lambda calm: []  # type: ignore[method-assign]
    return made


def test_who_is_up_and_does_nothing_is_well(ready: Session, host: Host) -> None:
    assert glance().well(ready.host) == {ready.pk}
    assert glance().well("elsewhere") == set()


def test_who_is_well_is_passed_over(
    ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(reconciler, "look_at", lambda session: seen.append(session.pk))
    reconciler.reconcile(ready.host, glance())
    assert seen == []
    reconciler.reconcile(ready.host)
    assert seen == [ready.pk]


def test_a_server_that_runs_is_well_until_it_ends(do: Click, ready: Session, host: Host) -> None:
    do("topic")
    serving = do("serve")
    assert glance().well(ready.host) == {ready.pk}
    name = serving.spec.run.process_name
    assert name is not None
    host.runtime.end(ready.pk, name, 1)
    reconciler.reconcile(ready.host, glance())
    serving.refresh_from_db()
    assert serving.status == "failed"


def test_a_cluster_that_is_gone_is_looked_at(ready: Session, host: Host) -> None:
    host.runtime.down(ready.pk)
    reconciler.reconcile(ready.host, glance())
    ready.refresh_from_db()
    assert ready.status == "failed"


def test_what_can_not_be_asked_is_looked_at(ready: Session, host: Host) -> None:
    host.use(BrokenRuntime())
    assert glance().well(ready.host) == set()


@pytest.mark.parametrize(
    "wish", [{"desired": "down"}, {"is_autorunning": True}, {"files_saved": 7, "files_put": 6}]
)
def test_a_wish_is_looked_at(ready: Session, host: Host, wish: dict[str, object]) -> None:
    Session.objects.filter(pk=ready.pk).update(**wish)
    assert glance().well(ready.host) == set()


def test_a_step_at_work_is_looked_at(click: Click, ready: Session, host: Host) -> None:
    click("topic")
    assert glance().well(ready.host) == set()


def test_whoever_may_fall_asleep_is_looked_at(
    ready: Session, host: Host, settings: LazySettings
) -> None:
    settings.SLUICE_SLEEP_MINUTES = 10
    for clock in ("wanted_at", "last_active_at"):
        age(ready, 11, clock)
    assert glance().well(ready.host) == set()


@pytest.mark.parametrize("count", [1, LOOKS, 3 * LOOKS + 1])
def test_everybody_has_a_turn_within_so_many_looks(count: int) -> None:
    there, looks = [f"s{number}" for number in range(count)], Glance()
    turns = [looks.turns(there) for _ in range(LOOKS)]
    assert {pk for each in turns for pk in each} == set(there)
    assert max(map(len, turns)) <= count // LOOKS + 1


def test_who_is_new_has_the_next_turn() -> None:
    looks = Glance()
    looks.turns(["a", "b"])
    assert looks.turns(["a", "b", "c"]) == ["c"]
