"""What people want of a session."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.activities.models import Session
from portal.activities.services import sessions, steps
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus
from portal.activities.tests.conftest import LAB, Click, Person
from portal.activities.tests.host import Host, age
from portal.catalog.models import LabVersion
from portal.runner.services import clusters


def put(session: Session, status: SessionStatus) -> Session:
    """Have the row in a status, however it came there."""
    Session.objects.filter(pk=session.pk).update(status=status)
    session.refresh_from_db()
    return session


def test_a_launch_makes_a_session_that_waits_for_its_cluster(session: Session) -> None:
    assert (session.status, session.desired, session.generation) == ("queued", "up", 1)
    minutes = (session.expires_at - timezone.now()).total_seconds() / 60
    assert minutes == pytest.approx(180, abs=1)


def test_a_launch_makes_the_version_immutable(session: Session, version: LabVersion) -> None:
    version.refresh_from_db()
    assert version.is_used


def test_a_double_click_on_launch_gives_one_session(
    student: AbstractUser, version: LabVersion
) -> None:
    first, is_new = sessions.launch(student.pk, version)
    second, is_new_again = sessions.launch(student.pk, version)
    assert (is_new, is_new_again) == (True, False)
    assert first == second
    assert Session.objects.count() == 1


def test_two_clicks_at_the_same_moment_give_one_session(
    student: AbstractUser, version: LabVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = sessions.launch(student.pk, version)
    look, looks = sessions.live_session, []

    def look_too_early(owner_id: int, version: LabVersion) -> Session | None:
        looks.append(owner_id)
        return None if len(looks) == 1 else look(owner_id, version)

    monkeypatch.setattr(sessions, "live_session", look_too_early)
    assert sessions.launch(student.pk, version) == (first, False)


@pytest.mark.parametrize("status", [each for each in SessionStatus if each.is_live])
@pytest.mark.parametrize("number", [1, 2])
def test_the_database_refuses_a_second_live_session(
    session: Session, version: LabVersion, status: SessionStatus, number: int
) -> None:
    """With another version of the lab, too."""
    put(session, status)
    if number != version.number:
        version = LabVersion.objects.create(lab=version.lab, number=number, source=LAB + "# new\n")
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.create(owner=session.owner, version=version, expires_at=timezone.now())


def test_a_new_version_does_not_give_a_student_a_second_cluster(
    session: Session, version: LabVersion
) -> None:
    newer = LabVersion.objects.create(
        lab=version.lab, number=2, source=LAB + "# new\n", published_at=timezone.now()
    )
    again, is_new = sessions.launch(session.owner_id, newer)
    assert (again, is_new) == (session, False)


def test_a_lab_can_be_launched_again_after_its_session_ended(session: Session) -> None:
    put(session, SessionStatus.ENDED)
    again, is_new = sessions.launch(session.owner_id, session.version)
    assert is_new
    assert again != session


def test_two_students_share_nothing(session: Session, person: Person) -> None:
    other, is_new = sessions.launch(person("other").pk, session.version)
    assert is_new
    sessions.save_file(other, "app/game.py", "mine")
    assert sessions.files_of(session)["app/game.py"] == b"print('hello')"


def test_an_instructor_can_rehearse_beside_a_session_of_their_own(
    session: Session, version: LabVersion
) -> None:
    found = [sessions.launch(session.owner_id, version, is_rehearsal=True) for _ in range(2)]
    assert all(is_new for _, is_new in found)
    assert len({session.pk, *(each.pk for each, _ in found)}) == 3


@pytest.mark.parametrize(
    ("status", "after", "has_work"),
    [
        ("queued", "stopping", True),
        ("starting", "starting", False),
        ("ready", "stopping", True),
        ("failed", "stopping", True),
        ("stopping", "stopping", False),
        ("ended", "ended", False),
    ],
)
def test_a_session_can_be_torn_down_in_every_status(
    session: Session, status: SessionStatus, after: str, has_work: bool
) -> None:
    put(session, status)
    assert sessions.tear_down(session) is has_work
    session.refresh_from_db()
    assert session.status == after
    if status != "ended":
        assert (session.desired, session.end_reason) == ("down", "student")


def test_tearing_down_ends_run_all(ready: Session) -> None:
    steps.run_all(ready)
    sessions.tear_down(ready)
    assert not ready.is_autorunning


def test_tearing_down_while_a_reset_stops_the_cluster_ends_the_session(
    ready: Session, host: Host
) -> None:
    sessions.reset(ready)
    sessions.tear_down(ready)
    assert clusters.bring_down(ready.pk) is False
    ready.refresh_from_db()
    assert ready.status == "ended"


@pytest.mark.parametrize("status", ["queued", "starting", "stopping", "ended"])
def test_a_reset_is_refused_in_words_while_there_is_no_cluster(
    session: Session, status: SessionStatus
) -> None:
    put(session, status)
    with pytest.raises(NotNow, match="before you reset"):
        sessions.reset(session)
    session.refresh_from_db()
    assert session.status == status


def test_a_reset_keeps_what_was_recorded_and_counts_a_generation(
    ready: Session, do: Click, host: Host
) -> None:
    run = do("topic")
    sessions.save_file(ready, "app/game.py", "mine")
    assert sessions.reset(ready)
    assert clusters.bring_down(ready.pk)
    clusters.bring_up(ready.pk)
    ready.refresh_from_db()
    run.refresh_from_db()
    assert (ready.status, ready.generation) == ("ready", 2)
    assert (run.status, run.output, run.generation) == ("passed", "done\n", 1)
    assert host.runtime.get_file(ready.pk, "app/game.py") == b"mine"


def test_extending_moves_every_clock(session: Session) -> None:
    age(session, 175, "expires_at", "last_active_at", "last_watched_at")
    session.change(is_warned=True)
    sessions.extend(session)
    at, _ = sessions.ends_at(session)
    assert at > timezone.now() + timedelta(minutes=19)
    assert session.expires_at > timezone.now() + timedelta(minutes=59)
    assert not session.is_warned


def test_extending_never_shortens(session: Session) -> None:
    before = session.expires_at
    sessions.extend(session)
    assert session.expires_at == before


def test_extending_one_that_has_ended_is_refused_in_words(session: Session) -> None:
    put(session, SessionStatus.ENDED)
    with pytest.raises(NotNow, match="Launch the lab again"):
        sessions.extend(session)


def test_using_a_session_moves_its_clocks_and_takes_a_warning_back(session: Session) -> None:
    age(session, 55, "last_active_at", "last_watched_at")
    session.change(is_warned=True)
    sessions.touch(session)
    session.refresh_from_db()
    at, reason = sessions.ends_at(session)
    assert (reason, session.is_warned) == ("orphaned", False)
    assert at > timezone.now() + timedelta(minutes=19)


@pytest.mark.parametrize(
    ("field", "minutes", "reason"),
    [
        ("expires_at", 181, "expired"),
        ("last_active_at", 61, "idle"),
        ("last_watched_at", 21, "orphaned"),
    ],
)
def test_a_session_ends_for_the_reason_that_comes_first(
    session: Session, field: str, minutes: int, reason: str
) -> None:
    age(session, minutes, field)
    at, why = sessions.ends_at(session)
    assert at < timezone.now()
    assert why == reason


def test_a_page_that_shows_it_is_proof_that_it_is_no_orphan(session: Session) -> None:
    age(session, 21, "last_watched_at")
    _, reason = sessions.ends_at(session, is_watched=True)
    assert reason == "idle"


def test_a_rehearsal_needs_no_viewer(version: LabVersion, student: AbstractUser) -> None:
    rehearsal, _ = sessions.launch(student.pk, version, is_rehearsal=True)
    age(rehearsal, 21, "last_watched_at")
    at, reason = sessions.ends_at(rehearsal)
    assert reason == "idle"
    assert at > timezone.now()


def test_a_saved_file_takes_the_place_of_the_labs(session: Session) -> None:
    sessions.save_file(session, "app/game.py", "one\r\ntwo")
    sessions.save_file(session, "app/game.py", "three\r\nfour")
    assert sessions.files_of(session) == {
        "app/game.py": b"three\nfour",
        "notes.txt": b"read only",
    }


def test_going_back_to_the_labs_own_file(session: Session) -> None:
    sessions.save_file(session, "app/game.py", "mine")
    sessions.reset_file(session, "app/game.py")
    sessions.reset_file(session, "app/game.py")
    assert sessions.files_of(session)["app/game.py"] == b"print('hello')"


@pytest.mark.parametrize("path", ["notes.txt", "app/other.py", "../app/game.py", "/etc/passwd", ""])
def test_only_the_labs_editable_files_can_be_saved(session: Session, path: str) -> None:
    with pytest.raises(NotNow, match="can be edited"):
        sessions.save_file(session, path, "mine")
    assert not session.files.exists()


def test_a_file_that_is_too_large_is_refused_with_the_limit(session: Session) -> None:
    sessions.save_file(session, "app/game.py", "x" * sessions.FILE_LIMIT)
    with pytest.raises(NotNow, match="256 KB"):
        sessions.save_file(session, "app/game.py", "x" * (sessions.FILE_LIMIT + 1))


def test_a_file_with_a_nul_is_refused(session: Session) -> None:
    """PostgreSQL can't hold one, and Python refuses such a script."""
    with pytest.raises(NotNow, match="NUL"):
        sessions.save_file(session, "app/game.py", "print()\0")
