"""Faults by a button, by a lab and as a drill; and the way back."""

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.activities.tests.conftest import LAB, Person
from portal.activities.tests.host import Host, age
from portal.catalog.models import LabVersion
from portal.engine import faults as engine
from portal.engine.errors import ServiceNotReady
from portal.engine.runtimes.base import State
from portal.engine.runtimes.fake import Reply
from portal.faults import services, tasks  # noqa: F401 - tasks are enqueued by name
from portal.faults.models import Fault
from portal.runner import reconciler


@pytest.fixture
def own(client: Client, ready: Session) -> Client:
    """The student's browser."""
    client.force_login(ready.owner)
    return client


@pytest.fixture
def instructor(person: Person) -> Client:
    """Another browser, of somebody who may watch."""
    made = Client()
    made.force_login(person("instructor"))  # type: ignore[arg-type]
    return made


def post(client: Client, session: Session, name: str, *args: Any, **form: str) -> Any:
    """Press a button, as htmx does."""
    address = reverse(f"faults:{name}", args=[session.pk, *args])
    return client.post(address, form, headers={"HX-Request": "true"})


def page(client: Client, session: Session, name: str = "activities:session") -> str:
    """What somebody sees."""
    return client.get(reverse(name, args=[session.pk])).content.decode()


def is_held(host: Host, session: Session) -> bool:
    """Whether kafka is out of work."""
    found = host.runtime.observe(session.pk).process("kafka")
    return bool(found and found.is_held)


def test_a_button_breaks_something_and_one_click_puts_it_right(
    own: Client, ready: Session, host: Host
) -> None:
    assert post(own, ready, "cause", fault="kill:kafka").status_code == 204
    assert "every 1s" in page(own, ready, "faults:panel")
    host.deliver()
    assert "every 1s" not in page(own, ready, "faults:panel")
    assert is_held(host, ready)
    assert "kafka is killed." in page(own, ready)
    reconciler.reconcile(ready.host)
    ready.refresh_from_db()
    assert ready.status == "ready"  # It is no cluster that has failed.
    assert host.runtime.observe(ready.pk).state is State.UP
    post(own, ready, "put_right")
    host.deliver()
    assert not is_held(host, ready)
    assert "fault-notice" not in page(own, ready)
    assert "Put right at" in page(own, ready, "faults:panel")


def test_a_link_is_cut_and_one_click_makes_it_whole(
    own: Client, ready: Session, host: Host
) -> None:
    shown = page(own, ready, "faults:panel")
    assert "fault-slow-link:kafka" in shown
    assert "fault-cut-link:flask" not in shown
    post(own, ready, "cause", fault="cut-link:kafka")
    host.deliver()
    assert host.runtime.impaired(ready.pk) == {"kafka": "cut"}
    reconciler.reconcile(ready.host)
    assert "kafka is cut off from all others." in page(own, ready)
    post(own, ready, "put_right")
    host.deliver()
    assert host.runtime.impaired(ready.pk) == {}
    assert "fault-notice" not in page(own, ready)


def test_a_server_that_a_fault_has_ended_is_no_failed_step(
    own: Client, ready: Session, host: Host, do: Any
) -> None:
    do("topic")
    serve = do("serve")
    post(own, ready, "cause", fault="kill:flask")
    host.deliver()
    reconciler.reconcile(ready.host)
    serve.refresh_from_db()
    assert serve.status == "serving"
    post(own, ready, "put_right")
    host.deliver()
    assert host.serves()


def test_a_drill_is_found_by_its_student_and_told_to_nobody_before(
    own: Client, instructor: Client, ready: Session, host: Host
) -> None:
    post(instructor, ready, "cause", fault="pause:kafka")
    assert "drill" not in page(own, ready).lower().replace("a drill is", "")
    host.deliver()
    shown = page(own, ready)
    assert "A drill: something is wrong in your cluster" in shown
    assert "kafka is paused" not in shown + page(own, ready, "faults:panel")
    assert "kafka is paused" in page(instructor, ready)
    drill = Fault.objects.get()
    assert drill.is_drill
    post(own, ready, "diagnose", drill.pk, answer="")
    assert Fault.objects.get().tries == 0
    post(own, ready, "diagnose", drill.pk, answer="flask")
    assert "It is not flask" in page(own, ready)
    assert "1 try, not found yet" in " ".join(page(instructor, ready).split())
    post(own, ready, "diagnose", drill.pk, answer="kafka")
    assert "Right: kafka is paused." in page(own, ready)
    post(own, ready, "put_right")
    host.deliver()
    assert "Found, at try" in page(own, ready, "faults:panel")
    late = post(own, ready, "diagnose", drill.pk, answer="kafka")
    assert "That drill is over." in late.content.decode()


def test_a_bad_record_stays_and_its_drill_ends_once_it_is_found(
    own: Client, instructor: Client, ready: Session, host: Host
) -> None:
    source = LAB.replace("tools: mids", "tools: mids\nbroker: kafka:29092")
    LabVersion.objects.filter(pk=ready.version_id).update(source=source)
    produced = b'{"type": "produced", "partition": 0, "offset": 3}\n'
    host.replies["guest.produce"] = Reply(stdout=produced)
    post(instructor, ready, "cause", fault="record:events")
    host.deliver()
    drill = Fault.objects.get()
    assert drill.said == "events has a bad record: partition 0, offset 3."
    post(own, ready, "diagnose", drill.pk, answer="events")
    assert "fault-notice" not in page(own, ready)


@pytest.mark.parametrize("status", [SessionStatus.ENDED, SessionStatus.STARTING])
def test_without_a_cluster_it_is_refused_in_words(
    own: Client, instructor: Client, ready: Session, status: SessionStatus
) -> None:
    Session.objects.filter(pk=ready.pk).update(status=status, ended_at=timezone.now())
    for client in (own, instructor):
        for name, form in (("cause", {"fault": "kill:kafka"}), ("put_right", {})):
            said = post(client, ready, name, **form).content.decode()
            assert "This session has ended" in said or "is still starting" in said
    assert not Fault.objects.exists()
    assert "There is no cluster to break" in page(own, ready, "faults:panel")


@pytest.mark.parametrize("wanted", ["", "kill", "kill:mids", "explode:kafka", "start:", "kill:x'>"])
def test_what_is_not_offered_is_refused(own: Client, ready: Session, wanted: str) -> None:
    assert "can&#x27;t have that fault" in post(own, ready, "cause", fault=wanted).content.decode()
    assert not Fault.objects.exists()


def test_a_fault_never_reaches_the_next_cluster(own: Client, ready: Session, host: Host) -> None:
    post(own, ready, "cause", fault="kill:kafka")
    Session.objects.filter(pk=ready.pk).update(generation=2)
    host.deliver()
    assert not is_held(host, ready)
    assert Fault.objects.get().said == "The cluster was not up any more."
    assert "fault-notice" not in page(own, ready)


def test_strangers_find_nothing(ready: Session, person: Person) -> None:
    stranger = Client()
    stranger.force_login(person("stranger"))  # type: ignore[arg-type]
    assert post(stranger, ready, "cause", fault="kill:kafka").status_code == 404
    assert post(stranger, ready, "put_right").status_code == 404
    assert not Fault.objects.exists()


def test_two_at_once_and_two_drills_are_refused(
    own: Client, instructor: Client, ready: Session, host: Host
) -> None:
    post(own, ready, "cause", fault="pause:kafka")
    assert "just being caused" in post(own, ready, "cause", fault="kill:kafka").content.decode()
    host.deliver()
    post(instructor, ready, "cause", fault="kill:kafka")
    host.deliver()
    said = post(instructor, ready, "cause", fault="stop:kafka").content.decode()
    assert "A drill is under way" in said


def test_a_step_that_starts_things_again_closes_what_a_step_broke(
    ready: Session, student: AbstractUser
) -> None:
    services.keep(ready, engine.Fault(engine.Deed.PAUSE, "kafka"))
    services.keep(ready, engine.Fault(engine.Deed.START, ""))
    assert Fault.objects.get().righted_at is not None


def test_what_can_not_be_put_right_is_said(
    own: Client, ready: Session, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(own, ready, "cause", fault="pause:kafka")
    host.deliver()

    def fails(*args: Any, **options: Any) -> None:
        raise ServiceNotReady("kafka did not work again.")

    monkeypatch.setattr(engine, "put_right", fails)
    post(own, ready, "put_right")
    host.deliver()
    assert "It could not be put right: kafka did not work again." in page(own, ready)


def test_a_fault_whose_worker_was_lost_keeps_nobody_from_the_next(
    own: Client, ready: Session, host: Host
) -> None:
    post(own, ready, "cause", fault="pause:kafka")
    host.queued.clear()
    age(Fault.objects.get(), 6, "asked_at")
    host.deliver()
    assert not is_held(host, ready)
    assert "nobody came to it in time." in page(own, ready, "faults:panel")
    assert "fault-notice" not in page(own, ready)
    assert post(own, ready, "cause", fault="pause:kafka").status_code == 204
