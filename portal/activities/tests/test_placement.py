"""On which host a new session is brought up."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.utils import timezone
from pytest_django import Settings

from portal.activities import orders
from portal.activities.models import Host, Session
from portal.activities.services import placement, sessions
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus
from portal.activities.tests.conftest import Person
from portal.catalog.models import LabVersion
from portal.release import release

pytestmark = pytest.mark.django_db
DOCKER = {"name": "docker", "trouble": ""}


@pytest.fixture(autouse=True)
def ours(settings: Settings) -> None:
    """The web process has a name that no runner reports by."""
    settings.HOST_NAME = "ours"


def host(name: str, *runtimes: dict[str, str], **fields: Any) -> Host:
    """A host that has reported just now, with places for two."""
    row = {"seen_at": timezone.now(), "places": 2, "memory_available": 10**9}
    return Host.objects.create(name=name, runtimes=list(runtimes), **row | fields)


def test_our_own_host_is_chosen_while_none_reports() -> None:
    assert placement.choose_host("docker") == "ours"


def test_each_launch_takes_the_host_with_the_most_free_places(
    person: Person, version: LabVersion
) -> None:
    host("large", DOCKER, places=3)
    host("small", DOCKER, places=2)
    launched = [
        sessions.launch(person(f"student-{number}").pk, version, runtime="docker")[0]
        for number in range(5)
    ]
    assert [each.host for each in launched].count("large") == 3
    assert [each.host for each in launched].count("small") == 2


def test_of_hosts_with_as_many_places_the_one_with_more_memory_is_chosen() -> None:
    host("a", DOCKER)
    host("b", DOCKER, memory_available=2 * 10**9)
    host("c", DOCKER)
    assert placement.choose_host("docker") == "b"


def test_ended_sessions_take_no_place(student: AbstractUser, version: LabVersion) -> None:
    host("one", DOCKER, memory_available=2 * 10**9)
    host("two", DOCKER)
    session, _ = sessions.launch(student.pk, version, runtime="docker")
    assert session.host == "one"
    assert placement.choose_host("docker") == "two"
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
    assert placement.choose_host("docker") == "one"


@pytest.mark.parametrize(
    ("runtimes", "age_seconds"),
    [
        ([], 0),
        ([{"name": "sandbox", "trouble": ""}], 0),
        ([{"name": "docker", "trouble": "No Docker engine is running."}], 0),
        ([DOCKER], 3600),
    ],
    ids=["not looked at yet", "another runtime", "no engine", "silent"],
)
def test_a_host_that_could_not_start_it_is_passed_over(
    runtimes: list[dict[str, str]], age_seconds: int
) -> None:
    host("unable", *runtimes, seen_at=timezone.now() - timedelta(seconds=age_seconds))
    assert placement.choose_host("docker") == "ours"
    host("able", DOCKER, places=1)
    assert placement.choose_host("docker") == "able"


def test_a_launch_can_name_its_host(student: AbstractUser, version: LabVersion) -> None:
    host("roomy", DOCKER, places=9)
    session, _ = sessions.launch(student.pk, version, runtime="docker", host="here")
    assert session.host == "here"


@pytest.mark.parametrize(
    "fields",
    [{"is_draining": True}, {"clock_ahead": 61.0}, {"clock_ahead": -61.0}, {"release": "older"}],
    ids=["drained", "ahead", "behind", "another release"],
)
def test_a_host_that_takes_no_sessions_is_passed_over(
    fields: dict[str, Any], student: AbstractUser, version: LabVersion
) -> None:
    host("unfit", DOCKER, places=50, **fields)
    with pytest.raises(NotNow, match="No host takes new sessions just now"):
        sessions.launch(student.pk, version, runtime="docker")
    assert not Session.objects.exists()
    host("fit", DOCKER, places=1, release=release(), clock_ahead=-3.0)
    assert placement.choose_host("docker") == "fit"


def test_of_one_machine_web_and_runner_may_be_restarted_one_after_the_other() -> None:
    ours = host("ours", DOCKER, release="older")
    assert placement.choose_host("docker") == "ours"
    ours.is_draining = True
    ours.save(update_fields=["is_draining"])
    with pytest.raises(NotNow):
        placement.choose_host("docker")


def test_whose_host_is_silent_tears_down_and_launches_elsewhere(
    student: AbstractUser, version: LabVersion
) -> None:
    one = host("one", DOCKER, places=9)
    host("two", DOCKER)
    first, _ = sessions.launch(student.pk, version, runtime="docker")
    first.files.create(path="game_api.py", content="mine")
    first.move(SessionStatus.STARTING)
    first.move(SessionStatus.READY)
    run = first.runs.create(generation=1, step_id="call", status="running")
    one.seen_at -= timedelta(hours=1)
    one.save(update_fields=["seen_at"])

    orders.tear_down(first)
    first.refresh_from_db()
    run.refresh_from_db()
    assert (first.host, first.status, run.status) == ("one", "ended", "failed")
    assert first.files.get().content == "mine"
    second, is_new = sessions.launch(student.pk, version, runtime="docker")
    assert (is_new, second.host) == (True, "two")
