"""The page of hosts: what admins see of each, and the button that prepares images."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from portal import vitals
from portal.activities import orders
from portal.activities.models import Host, Preparation, Session
from portal.classroom.models import AuditEntry
from portal.classroom.tests.conftest import Entry, People, run_of
from portal.release import release
from portal.results.models import Extraction

GIB = 1 << 30
LONG_AGO = timezone.now() - timedelta(minutes=9)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put into hosts' queues."""
    found: list[Any] = []
    monkeypatch.setattr(
        orders,
        "enqueue_on",
        lambda host, task, *args: found.append((host, task.rpartition(".")[2], *args)),
    )
    return found


@pytest.fixture
def boss(people: People, enter: Entry) -> Client:
    """An admin's browser."""
    return enter(people["boss"])


def make_host(name: str, **fields: Any) -> Host:
    """A host that has reported just now; it has Docker and one image that is missing."""
    docker = {"name": "docker", "about": "Docker 20.10.24", "trouble": "", "advice": ""}
    image = {"tag": "sluice/mids:1", "state": "missing", "size": 0, "built_at": ""}
    known = {"seen_at": timezone.now(), "places": 12, "runtimes": [docker], "images": [image]}
    memory = {"memory_total": 8 * GIB, "memory_available": 6 * GIB}
    return Host.objects.create(name=name, **{**known, **memory, **fields})


def page(client: Client) -> str:
    """The page's text."""
    return client.get("/hosts/").content.decode()


def test_a_portal_without_a_runner_says_how_to_start_one(boss: Client) -> None:
    assert "No host has reported yet" in page(boss)


def test_each_host_is_shown_with_what_runs_on_it(boss: Client, session: Session) -> None:
    make_host("one")
    Session.objects.filter(pk=session.pk).update(host="two")
    present = {"tag": "sluice/mids:1", "state": "present", "size": 465_000_000}
    present["built_at"] = "2026-11-24T10:00:00.123456789Z"
    make_host("two", clusters={session.pk: GIB}, images=[present])
    text = page(boss)
    one, two = text.split('data-testid="host-two"')
    assert "host.one" in one
    assert "0 of 12 places" in one
    assert "missing" in one
    assert session.pk not in one
    assert "host.two" in two
    assert "1 of 12 places, 1.0" in two
    assert "2.0" in two  # Memory that is used.
    assert session.pk in two
    assert "24 Nov 2026, 10:00" in two


@pytest.mark.parametrize(
    ("kind", "gives_back", "words"),
    [
        ("", False, "none: who sleeps keeps the memory"),
        ("zram", True, "1.0\xa0GB of 4.0\xa0GB used: who sleeps gives memory\n      back"),
        ("swap", False, "control groups can\u2019t be asked for it"),
    ],
)
def test_whether_who_sleeps_gives_memory_back_is_told(
    boss: Client, kind: str, gives_back: bool, words: str
) -> None:
    swap = {"kind": kind, "total": 4 * GIB, "used": GIB, "gives_back": gives_back}
    make_host("one", swap=swap)
    assert words in page(boss)


@pytest.mark.parametrize(
    ("is_known", "is_at_work", "words"),
    [
        (False, False, "can\u2019t merge it"),
        (True, False, "nothing is merged"),
        (True, True, "merged: 1.0\xa0GB saved"),
    ],
)
def test_what_merging_memory_saves_is_told_where_it_is_asked_for(
    boss: Client, is_known: bool, is_at_work: bool, words: str
) -> None:
    make_host("one", merging={"is_known": is_known, "is_at_work": is_at_work, "saved": GIB})
    make_host("two")
    text = page(boss)
    assert words in text
    assert text.count("Memory that is alike") == 1


def test_a_host_that_is_silent_says_what_to_do(boss: Client) -> None:
    make_host("one", seen_at=LONG_AGO)
    text = page(boss)
    assert "no sign of life" in text
    assert "make up" in text


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("stood-still", "stood still and was ended"),
        ("killed", "was killed"),
        ("ended", "ended by itself"),
    ],
)
def test_a_worker_that_came_to_grief_is_shown(boss: Client, why: str, words: str) -> None:
    """With whether another has taken over; an old story is none."""
    make_host("grief")
    now = time.time()
    vitals.note("grief", vitals.Worker(ended_at=now - 5, why=why))
    assert words in page(boss)
    assert "No other is up yet" in page(boss)
    vitals.note("grief", vitals.Worker(up_since=now, ended_at=now - 5, why=why))
    assert "Another has taken over" in page(boss)
    vitals.note("grief", vitals.Worker(up_since=now - 7200, ended_at=now - 7300, why=why))
    assert words not in page(boss)


def test_a_relay_that_came_to_grief_is_shown_too(boss: Client) -> None:
    make_host("mute")
    now = time.time()
    vitals.note("mute", vitals.Worker(ended_at=now - 5, why="stood-still"), vitals.RELAY)
    assert "relay stood still and was ended" in page(boss)
    assert "var/log/relay.log" in page(boss)
    vitals.note("mute", vitals.Worker(now, now - 5, "stood-still"), vitals.RELAY)
    assert "Logs and topics go on where they stood" in page(boss)
    assert "worker-mute" not in page(boss)


def test_a_worker_that_was_told_to_stop_did_not_come_to_grief(boss: Client) -> None:
    make_host("calm")
    vitals.note("calm", vitals.Worker(ended_at=time.time(), why="stopped"))
    assert "worker-calm" not in page(boss)


@pytest.mark.parametrize(
    ("trouble", "advice"),
    [
        ("No Docker engine is running on this host.", "Install Docker and start it"),
        ("The portal may not use Docker's socket.", "Add its user to the group docker"),
        ("The Docker engine does not fit: it is 19.03", "Install Docker 20.10 or newer"),
    ],
)
def test_what_a_runtime_lacks_is_said_with_what_helps(
    boss: Client, trouble: str, advice: str
) -> None:
    docker = {"name": "docker", "about": "", "trouble": trouble, "advice": advice}
    make_host("one", runtimes=[docker], images=[])
    text = page(boss)
    assert trouble.replace("'", "&#x27;") in text
    assert advice in text
    assert "Nothing is known of images here" in text
    assert "disabled" in text, "there is nothing to prepare, and nothing to prepare it with"


def test_prepare_is_queued_once_however_often_it_is_clicked(
    boss: Client, queued: list[Any]
) -> None:
    make_host("one")
    make_host("two")
    for _ in range(3):
        assert boss.post("/hosts/two/prepare/").status_code == 302
    made = Preparation.objects.get()
    assert queued == [("two", "prepare_images", made.pk)]
    entry = AuditEntry.objects.get(verb="prepare-images")
    assert (entry.actor, entry.detail) == ("boss", "two")
    text = page(boss)
    assert "are being prepared already" in text
    assert "Waits for the host" in text


def test_a_preparation_is_followed_on_the_page(boss: Client) -> None:
    host = make_host("one")
    image = {"tag": "sluice/mids:1", "state": "building", "step": "Step 2/5 : RUN x", "seconds": 0}
    host.preparations.create(asked_by="boss", status="running", images=[image], log="line")
    text = boss.get("/hosts/live/").content.decode()
    assert "Step 2/5 : RUN x" in text
    assert "Being prepared" in text
    assert "disabled" in text


def test_a_preparation_that_failed_says_why_and_can_be_tried_again(boss: Client) -> None:
    host = make_host("one")
    host.preparations.create(
        asked_by="boss", status="failed", error="The disk is full.", error_advice="Make room."
    )
    text = page(boss)
    assert "The disk is full. Make room." in text
    assert "disabled" not in text


def test_a_host_that_nobody_knows_is_not_prepared(boss: Client, queued: list[Any]) -> None:
    assert boss.post("/hosts/nonesuch/prepare/").status_code == 404
    assert queued == []


def test_a_silent_host_is_forgotten_with_what_was_on_it(
    boss: Client, session: Session, people: People, enter: Entry
) -> None:
    make_host(session.host, seen_at=LONG_AGO)
    run = run_of(session, "spark", "passed")
    Extraction.objects.create(session=session, step_run=run, error="kept words")
    text = page(boss)
    assert f'data-opens="confirm-forget-{session.host}"' in text
    assert "The 1 session on it ends, and what was running is lost" in text
    text = boss.post(f"/hosts/{session.host}/forget/", follow=True).content.decode()
    assert f"{session.host} is forgotten; 1 session ended." in text
    assert "No host has reported yet" in text
    told = AuditEntry.objects.filter(verb="forget-host").order_by("pk")
    assert [(each.actor, each.session_id, each.detail) for each in told] == [
        ("boss", "", f"{session.host}: 1 session ended"),
        ("boss", session.pk, session.host),
    ]
    student = enter(people["ada"])
    assert "the host that it ran on is gone" in student.get(f"/s/{session.pk}/").content.decode()
    assert "kept words" in student.get(f"/s/{session.pk}/results/").content.decode()


def test_a_host_that_answers_is_not_forgotten(boss: Client, session: Session) -> None:
    make_host(session.host)
    assert "confirm-forget" not in page(boss)
    text = boss.post(f"/hosts/{session.host}/forget/", follow=True).content.decode()
    assert f"{session.host} answers, so it can&#x27;t be forgotten. Stop its runner first" in text
    assert Host.objects.filter(pk=session.host).exists()
    session.refresh_from_db()
    assert session.status == "ready"
    assert not AuditEntry.objects.filter(verb="forget-host").exists()


def test_to_forget_a_host_again_is_harmless(boss: Client) -> None:
    text = boss.post("/hosts/nonesuch/forget/", follow=True).content.decode()
    assert "There is no host nonesuch any more." in text
    assert not AuditEntry.objects.filter(verb="forget-host").exists()


def test_only_a_form_of_an_admins_forgets_a_host(people: People, enter: Entry) -> None:
    make_host("one", seen_at=LONG_AGO)
    for name in ("ada", "teacher"):
        assert enter(people[name]).post("/hosts/one/forget/").status_code == 403
    assert enter(people["boss"]).get("/hosts/one/forget/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["boss"])
    assert strict.post("/hosts/one/forget/").status_code == 403
    assert Host.objects.filter(pk="one").exists()


def test_who_may_only_look_at_hosts_forgets_none(people: People, enter: Entry) -> None:
    make_host("one", seen_at=LONG_AGO)
    people["teacher"].user_permissions.add(Permission.objects.get(codename="view_host"))
    teacher = enter(people["teacher"])
    assert "no sign of life" in page(teacher)
    assert "confirm-forget" not in page(teacher)
    assert teacher.post("/hosts/one/forget/").status_code == 403


def test_an_instructor_sees_no_hosts(people: People, enter: Entry) -> None:
    teacher = enter(people["teacher"])
    assert teacher.get("/hosts/").status_code == 403
    assert "/hosts/" not in teacher.get("/").content.decode()
    assert "/hosts/" in enter(people["boss"]).get("/").content.decode()


def test_a_host_is_drained_and_used_again(
    boss: Client, people: People, enter: Entry, session: Session
) -> None:
    make_host(session.host)
    text = boss.post(f"/hosts/{session.host}/drain/", {"drain": "1"}, follow=True).content.decode()
    assert f"{session.host} gets no new sessions; 1 session left." in text
    assert f'data-testid="draining-{session.host}"' in text
    assert not Host.objects.get(pk=session.host).takes_sessions
    boss.post(f"/hosts/{session.host}/drain/", {"drain": "0"})
    assert Host.objects.get(pk=session.host).takes_sessions
    verbs = AuditEntry.objects.filter(verb__endswith="-host").values_list("verb", flat=True)
    assert set(verbs) == {"drain-host", "use-host"}
    assert boss.post("/hosts/nonesuch/drain/").status_code == 404
    assert enter(people["teacher"]).post(f"/hosts/{session.host}/drain/").status_code == 403


@pytest.mark.parametrize(
    ("fields", "testid", "words"),
    [
        ({"clock_ahead": 3600.0}, "clock-one", "It is 3,600 s ahead of"),
        ({"clock_ahead": -90.5}, "clock-one", "It is 90 s behind"),
        ({"release": "another"}, "release-one", "Its runner is of another, web of "),
    ],
)
def test_a_host_that_does_not_fit_is_told_with_what_to_do(
    boss: Client, fields: dict[str, Any], testid: str, words: str
) -> None:
    assert make_host("fit", release=release(), clock_ahead=2.0).takes_sessions
    assert not make_host("one", **fields).takes_sessions
    text = page(boss)
    assert f'data-testid="{testid}"' in text
    assert words in text
    assert text.count(f'data-testid="{testid.partition("-")[0]}-') == 1
