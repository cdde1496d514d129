"""What is done to several members at once, notes on one, and the queue of who wants help."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from portal.activities.models import Session, ShownHint
from portal.activities.services import sessions
from portal.catalog.models import LabVersion
from portal.classroom import queue
from portal.classroom.models import Class, Hint, RaisedHand, Staff, User
from portal.classroom.services import helping
from portal.classroom.services.roster import import_roster, read
from portal.classroom.tests.conftest import Entry, People, run_of


def test_several_are_put_into_a_section_and_out_again(
    klass: Class, people: People, enter: Entry
) -> None:
    teacher, where = enter(people["teacher"]), f"/classes/{klass.pk}/people/bulk/"
    both = [people["ada"].pk, people["bo"].pk]
    answer = teacher.post(
        where, {"verb": "section", "section": "Monday", "users": both}, follow=True
    )
    assert "2 students are in Monday now" in answer.content.decode()
    page = teacher.get(f"/classes/{klass.pk}/people/?section=Monday").content.decode()
    assert "member-ada" in page
    teacher.post(where, {"verb": "unsection", "section": "Monday", "users": both[:1]})
    page = teacher.get(f"/classes/{klass.pk}/people/?section=Monday").content.decode()
    assert "member-ada" not in page
    assert "member-bo" in page
    assert "member-ada" in teacher.get(f"/classes/{klass.pk}/people/?find=AD").content.decode()


def test_several_are_removed_after_a_question_with_their_number_and_put_back(
    klass: Class, people: People, enter: Entry
) -> None:
    """Who isn't in the class is not removed from it, whatever a form says."""
    section = klass.sections.create(name="Monday")
    klass.memberships.get(user=people["ada"]).sections.add(section)
    teacher, where = enter(people["teacher"]), f"/classes/{klass.pk}/people/bulk/"
    said = {"verb": "remove", "users": [people[each].pk for each in ("ada", "bo", "stranger")]}
    page = teacher.post(where, said).content.decode()
    assert "Remove 2 students from Monday?" in page
    assert klass.memberships.count() == 2
    page = teacher.post(where, {**said, "confirm": "1"}, follow=True).content.decode()
    assert "2 students are no longer in Monday" in page
    assert not klass.memberships.exists()
    told = unescape(re.findall(r'name="told"\s+value="([^"]+)"', page)[0])
    teacher.post(f"/classes/{klass.pk}/people/back/", {"told": told})
    assert [each.name for each in klass.memberships.get(user=people["ada"]).sections.all()] == [
        "Monday"
    ]
    assert klass.memberships.count() == 2


def test_first_links_are_mailed_to_those_who_have_an_address(
    klass: Class,
    people: People,
    enter: Entry,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teacher, where = enter(people["teacher"]), f"/classes/{klass.pk}/people/links/"
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert teacher.get(where).status_code == 403
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.CELERY_TASK_ALWAYS_EAGER = True
    from portal.classroom import tasks

    monkeypatch.setattr(tasks.send_mail, "delay_on_commit", tasks.send_mail)
    text = "username,email\ncleo,cleo@example.org\ndan,\n"
    import_roster(read(text, klass, takes_anybody=False), klass)
    page = teacher.get(where).content.decode()
    assert "Mail 1 first link?" in page
    assert "dan" in page
    teacher.post(where)
    assert [each.to for each in mail.outbox] == [["cleo@example.org"]]
    link = re.findall(r"http://testserver(/password/\S+)", str(mail.outbox[0].body))[0]
    assert enter(people["stranger"]).get(link, follow=True).status_code == 200


def test_a_note_is_for_staff_alone_unless_it_says_otherwise(
    klass: Class, people: People, enter: Entry
) -> None:
    klass.add_staff(people["stranger"], Staff.Role.ASSISTANT)
    helper, teacher = enter(people["stranger"]), enter(people["teacher"])
    where = f"/classes/{klass.pk}/students/{people['ada'].pk}/"
    helper.post(f"{where}note/", {"text": "struggles with offsets"})
    teacher.post(f"{where}note/", {"text": "see me on Friday", "is_shown": "on"})
    page = helper.get(where).content.decode()
    assert "struggles with offsets" in page
    assert "see me on Friday" in page
    own = enter(people["ada"]).get("/grades/").content.decode()
    assert "see me on Friday" in own
    assert "struggles" not in own
    assert "see me" not in enter(people["bo"]).get("/grades/").content.decode()
    shown = klass.notes.get(is_shown=True)
    assert helper.post(f"/classes/{klass.pk}/notes/{shown.pk}/remove/").status_code == 404
    teacher.post(f"/classes/{klass.pk}/notes/{shown.pk}/remove/")
    assert klass.notes.count() == 1


@pytest.fixture
def hands(
    klass: Class, session: Session, version: LabVersion, people: People
) -> tuple[RaisedHand, RaisedHand]:
    """Bo has waited for ten minutes, ada for five; bo is in a second class as well."""
    Class.objects.create(name="Second").memberships.create(user=people["bo"])
    second, _ = sessions.launch(people["bo"].pk, version)
    now = timezone.now()
    for each, minutes in ((second, 10), (session, 5)):
        helping.raise_hand(each, f"for {minutes}", "topic")
        RaisedHand.objects.filter(session=each).update(raised_at=now - timedelta(minutes=minutes))
    return RaisedHand.objects.get(session=second), RaisedHand.objects.get(session=session)


def test_a_message_is_mailed_to_who_asked_for_that_and_to_nobody_else(
    klass: Class,
    people: People,
    enter: Entry,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from portal.classroom import mail as ours
    from portal.classroom import tasks

    monkeypatch.setattr(tasks.send_mail, "delay_on_commit", tasks.send_mail)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ada, teacher = people["ada"], enter(people["teacher"])
    where, said = (
        f"/classes/{klass.pk}/students/{ada.pk}/note/",
        {"text": "Well done.\n\nSubject: x"},
    )
    for_them = said | {"is_shown": "on"}
    ada.email = "ada@example.org"
    ada.save()
    teacher.post(where, for_them)
    assert mail.outbox == []  # Nobody has asked them.
    assert "ada@example.org" in enter(ada).get("/password/").content.decode()
    enter(ada).post("/me/mail/", {"mails": "on"})
    teacher.post(where, said)
    assert mail.outbox == []  # Theirs to keep, not the student's to read.
    teacher.post(where, for_them)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ada@example.org"], ours.SUBJECT)
    assert "Well done." in str(sent.body)
    assert "http://testserver/password/" in str(sent.body)
    for _ in range(ours.TO_ONE.most + 2):
        teacher.post(where, for_them)
    assert len(mail.outbox) == ours.TO_ONE.most
    enter(ada).post("/me/mail/", {})
    ours.TO_ONE.clear(str(ada.pk))
    teacher.post(where, for_them)
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "/me/mail/" not in enter(ada).get("/password/").content.decode()
    assert len(mail.outbox) == ours.TO_ONE.most


def test_the_queue_has_the_longest_wait_first_with_its_reason(
    klass: Class, hands: tuple[RaisedHand, RaisedHand], people: People, enter: Entry
) -> None:
    found = queue.waiting(people["teacher"])
    assert [(each.hand, each.minutes, each.klass) for each in found] == [
        (hands[0], 10, klass),
        (hands[1], 5, klass),
    ]
    page = enter(people["teacher"]).get("/help/").content.decode()
    assert page.index("for 10") < page.index("for 5")
    assert queue.waiting(people["colleague"]) == []
    assert len(queue.waiting(people["boss"])) == 2


def test_of_two_who_take_on_a_hand_one_does(
    klass: Class, hands: tuple[RaisedHand, RaisedHand], people: People, enter: Entry
) -> None:
    klass.add_staff(people["stranger"], Staff.Role.ASSISTANT)
    first, where = hands[0], f"/help/hands/{hands[0].pk}/"
    helper, teacher = enter(people["stranger"]), enter(people["teacher"])
    assert helper.post(where).headers["Location"] == f"/s/{first.session_id}/"
    assert "Somebody else has taken" in teacher.post(where, follow=True).content.decode()
    assert (
        "stranger has seen it"
        in enter(people["bo"]).get(f"/s/{first.session_id}/").content.decode()
    )
    helper.post(where, {"back": "1"})
    assert teacher.post(where).headers["Location"] == f"/s/{first.session_id}/"
    RaisedHand.objects.update(claimed_at=timezone.now() - helping.CLAIM_LASTS - timedelta(1))
    assert helping.claim(first.pk, people["stranger"]) is not None
    assert enter(people["colleague"]).post(where).status_code == 404


def test_it_is_known_which_hints_helped(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    for number in (1, 2):
        ShownHint.objects.create(session=session, step_id="topic", number=number)
    ShownHint.objects.create(session=session, step_id="serve", number=1)
    run_of(session, "topic", "passed")
    found = [
        (each.step_id, each.number, each.asked, each.passed) for each in queue.lab_hints(klass)
    ]
    assert found == [("serve", 1, 1, 0), ("topic", 1, 1, 1), ("topic", 2, 1, 1)]
    hint = Hint.objects.create(session=session, author=people["teacher"], text="read the log")
    enter(people["ada"]).post(f"/help/{session.pk}/hint/{hint.pk}/seen/", {"helped": "yes"})
    hint.refresh_from_db()
    assert hint.has_helped
    page = enter(people["teacher"]).get(f"/classes/{klass.pk}/hints/").content.decode()
    assert "read the log" in page
    assert "<td>yes</td>" in page


def test_a_multiplier_is_set_on_the_students_page(
    klass: Class, people: People, enter: Entry
) -> None:
    teacher, where = enter(people["teacher"]), f"/classes/{klass.pk}/students/{people['ada'].pk}/"
    teacher.post(f"{where}change/", {"time_multiplier": "1.5"})
    assert klass.memberships.get(user=people["ada"]).time_multiplier == 1.5
    for bad in ("0.5", "9", "x"):
        teacher.post(f"{where}change/", {"time_multiplier": bad})
    assert klass.memberships.get(user=people["ada"]).time_multiplier == 1.5
    assert User.objects.count() == 6
