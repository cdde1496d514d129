"""Drills for a whole class: who may begin one, and in whose clusters."""

import pytest
from django.urls import reverse

from portal.activities.models import Session
from portal.activities.services import sessions
from portal.catalog.models import LabVersion
from portal.classroom.models import AuditEntry, Class
from portal.classroom.tests.conftest import Entry, People
from portal.faults.models import Fault

FORM = {"lab": "week10", "fault": "pause:kafka"}


def test_a_drill_reaches_each_cluster_of_the_class_and_no_other(
    klass: Class, session: Session, people: People, version: LabVersion, enter: Entry
) -> None:
    other, _ = sessions.launch(people["stranger"].pk, version)
    Session.objects.filter(pk=other.pk).update(status="ready")
    sessions.launch(people["bo"].pk, version)  # Still waits for its cluster.
    teacher = enter(people["teacher"])
    overview = reverse("classroom:overview", args=[klass.pk])
    assert "kafka: paused" in teacher.get(overview).content.decode()
    said = teacher.post(reverse("classroom:drill", args=[klass.pk]), FORM, follow=True)
    assert "The drill begins in 1 session." in said.content.decode()
    fault = Fault.objects.get()
    assert (fault.session_id, fault.is_drill, fault.by) == (session.pk, True, people["teacher"])
    assert AuditEntry.objects.filter(verb="drill", session_id=session.pk).exists()
    again = teacher.post(reverse("classroom:drill", args=[klass.pk]), FORM, follow=True)
    assert "ada: Another fault is just being caused." in again.content.decode()


def test_without_a_cluster_there_is_no_drill(
    klass: Class, session: Session, people: People, enter: Entry
) -> None:
    Session.objects.filter(pk=session.pk).update(status="ended")
    address = reverse("classroom:drill", args=[klass.pk])
    said = enter(people["teacher"]).post(address, FORM, follow=True)
    assert "Nobody has a cluster of this lab now" in said.content.decode()


@pytest.mark.parametrize("who", ["ada", "colleague"])
def test_nobody_else_begins_one(
    klass: Class, session: Session, people: People, enter: Entry, who: str
) -> None:
    address = reverse("classroom:drill", args=[klass.pk])
    assert enter(people[who]).post(address, FORM).status_code == 404
    assert not Fault.objects.exists()
