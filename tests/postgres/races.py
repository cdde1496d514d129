"""Several at once, each on a connection of its own: run by test_database.py, on PostgreSQL."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.activities.models import Host, Session, StepRun
from portal.activities.services import forgetting, sessions, steps
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus
from portal.catalog import services as catalog
from portal.catalog.models import LabVersion, VersionIsUsed
from portal.classroom.models import Class, Identity, JoinCode, Membership
from portal.classroom.services import identities, joining
from portal.engine import http
from portal.runner.services import clusters, reporting, room
from portal.wire import services as wire
from portal.wire.models import Exchange
from tests.rows import make_run, make_session, make_user

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8
WITHIN = 20.0
Result = TypeVar("Result")


def at_once(*deeds: Callable[[], Result]) -> list[Result | Exception]:
    """Do all of them at the same moment; what each returned or raised."""
    gate = threading.Barrier(len(deeds))

    def do(deed: Callable[[], Result]) -> Result | Exception:
        try:
            connection.ensure_connection()
            gate.wait(WITHIN)
            return deed()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def test_this_is_postgresql() -> None:
    assert connection.vendor == "postgresql"


def test_of_many_launches_one_makes_a_session() -> None:
    owner, version = make_user(), make_session().version
    found: Any = at_once(*[lambda: sessions.launch(owner.pk, version)] * CROWD)
    assert sorted(is_new for _, is_new in found) == [False] * (CROWD - 1) + [True]
    assert len({session.pk for session, _ in found}) == 1


def test_of_many_moves_one_wins() -> None:
    session = make_session()
    rows = [Session.objects.get(pk=session.pk) for _ in range(CROWD)]
    found = at_once(*[lambda row=row: row.move(SessionStatus.STARTING) for row in rows])
    assert found.count(True) == 1
    assert found.count(False) == CROWD - 1


def test_of_many_clicks_one_makes_a_run() -> None:
    session = make_session()
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.READY)
    make_run(session, "cluster")
    session.refresh_from_db()
    step = session.spec.step("topic")
    found: Any = at_once(*[lambda: steps.request(session, step, {})] * CROWD)
    assert [each for each in found if isinstance(each, Exception)] == []
    assert sum(is_new for _, is_new in found) == 1
    assert session.runs.filter(step_id="topic").count() == 1


def test_a_host_that_reports_while_it_is_forgotten_has_a_row() -> None:
    """It answers in time and is kept, or it is forgotten and registers anew."""
    long_ago = timezone.now() - timedelta(hours=1)
    Host.objects.create(name="one", seen_at=long_ago)
    deeds: list[Callable[[], Any]] = [lambda: forgetting.forget("one")] * (CROWD // 2)
    deeds += [lambda: reporting.beat("one")] * (CROWD // 2)
    found = at_once(*deeds)
    assert not Host.objects.get(pk="one").is_silent
    expected = (list, bool, NotNow, Host.DoesNotExist)
    assert [each for each in found if not isinstance(each, expected)] == []
    assert sum(isinstance(each, list) for each in found) <= 1


def test_of_a_crowd_with_a_single_use_code_one_gets_in() -> None:
    klass = Class.objects.create(name="x")
    later = timezone.now() + timedelta(hours=1)
    code = JoinCode.objects.create(klass=klass, is_single_use=True, expires_at=later)
    people = [make_user() for _ in range(CROWD)]
    found = at_once(*[lambda user=user: joining.join(user, code.code) for user in people])
    assert sum(isinstance(each, joining.NoEntry) for each in found) == CROWD - 1
    assert Membership.objects.count() == 1


def test_of_many_logins_one_is_connected_to_an_identity() -> None:
    people = [make_user() for _ in range(CROWD)]
    found = at_once(*[lambda user=user: identities.connect(user, {"sub": "1"}) for user in people])
    assert sum(isinstance(each, identities.Refused) for each in found) == CROWD - 1
    assert Identity.objects.count() == 1


def test_of_many_identities_one_is_connected_to_a_login() -> None:
    user = make_user()
    subjects = [str(number) for number in range(CROWD)]
    found = at_once(*[lambda sub=sub: identities.connect(user, {"sub": sub}) for sub in subjects])
    assert sum(isinstance(each, identities.Refused) for each in found) == CROWD - 1
    assert Identity.objects.count() == 1


def test_a_lab_that_is_loaded_by_many_at_once_has_one_version() -> None:
    folder = Path(settings.LABS_DIR) / "week10"
    found: Any = at_once(*[lambda: catalog.store(catalog.read_folder(folder))[0]] * CROWD)
    assert {each.number for each in found} == {1}
    assert LabVersion.objects.count() == 1


def test_a_version_that_a_session_is_about_to_use_is_not_changed() -> None:
    version = make_session().version
    edited = LabVersion.objects.get(pk=version.pk)
    edited.source += "\n"
    used, looked = threading.Event(), threading.Event()

    def use() -> None:
        with transaction.atomic():
            catalog.mark_used(version)
            used.set()
            looked.wait(0.3)  # The other is waiting for this row by now, or will come to it.

    def edit() -> None:
        assert used.wait(WITHIN)
        edited.save()

    _, outcome = at_once(use, edit)
    assert isinstance(outcome, VersionIsUsed)
    assert not LabVersion.objects.get(pk=version.pk).source.endswith("\n\n")


def test_what_a_run_left_is_kept_once() -> None:
    session = make_session()
    run = make_run(session, "http")

    # A server can answer whatever it likes, NUL too, which this database takes in no text.
    exchange = http.Exchange(
        "mids", 5000, b"x", b"HTTP/1.1 200 \0\xff\r\n\r\n", 0, None, 0, "close"
    )
    found: Any = at_once(*[lambda: wire.keep(session, run, exchange)] * CROWD)
    assert {each.pk for each in found} == {Exchange.objects.get().pk}


def test_of_many_who_cancel_and_begin_a_run_one_wins() -> None:
    run = StepRun.objects.create(session=make_session(), generation=1, step_id="spark")
    rows = [StepRun.objects.get(pk=run.pk) for _ in range(CROWD)]
    begin = [lambda row=row: row.move(row.state.RUNNING) for row in rows[: CROWD // 2]]
    cancel = [lambda row=row: row.withdraw() for row in rows[CROWD // 2 :]]
    assert at_once(*begin, *cancel).count(True) == 1


def test_of_many_launches_as_many_start_as_there_are_places(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them looks at the line and takes its place in one go."""
    settings.SLUICE_MAX_SESSIONS = 5
    monkeypatch.setattr(room, "LEAST_STARTS", 10)
    waiting = [make_session() for _ in range(2 * CROWD)]
    found = at_once(*[lambda row=row: clusters.claim_place(row) for row in waiting])
    assert [each for each in found if isinstance(each, Exception)] == []
    assert Session.objects.filter(status=SessionStatus.STARTING).count() == found.count(True) <= 5
    # Whoever came before its turn is asked again.
    for row in waiting:
        clusters.claim_place(row)
    assert Session.objects.filter(status=SessionStatus.STARTING).count() == 5
