"""The tour of a session's page: who is offered it, and for how long."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.activities.models import Session
from portal.activities.services import sessions
from portal.catalog.models import LabVersion
from portal.classroom.models import User
from portal.classroom.tests.conftest import Entry, People

OFFER, AGAIN = "data-offer", "data-takes-tour"


def page_of(session: Session, enter: Entry, who: User) -> str:
    """The session's page, as somebody sees it."""
    return enter(who).get(f"/s/{session.pk}/").content.decode()


def test_it_is_offered_in_a_first_session_until_it_was_seen(
    session: Session, people: People, enter: Entry
) -> None:
    ada = enter(people["ada"])
    for _ in range(2):
        assert OFFER in ada.get(f"/s/{session.pk}/").content.decode()
    assert ada.post("/me/tour/").status_code == 204
    page = ada.get(f"/s/{session.pk}/").content.decode()
    assert OFFER not in page
    assert AGAIN in page


def test_when_it_was_seen_first_stays(session: Session, people: People, enter: Entry) -> None:
    then = timezone.now() - timedelta(days=3)
    User.objects.filter(pk=people["ada"].pk).update(toured_at=then)
    enter(people["ada"]).post("/me/tour/")
    assert User.objects.get(pk=people["ada"].pk).toured_at == then


@pytest.mark.parametrize("change", [{"status": "ended"}, {"is_rehearsal": True}])
def test_it_is_about_a_session_that_one_works_in(
    session: Session, people: People, enter: Entry, change: dict[str, object]
) -> None:
    Session.objects.filter(pk=session.pk).update(**change)
    assert OFFER not in page_of(session, enter, people["ada"])


def test_whoever_has_had_a_session_before_is_not_offered_it(
    session: Session, version: LabVersion, people: People, enter: Entry
) -> None:
    Session.objects.filter(pk=session.pk).update(status="ended")
    second, _ = sessions.launch(people["ada"].pk, version)
    assert OFFER not in page_of(second, enter, people["ada"])


def test_who_watches_takes_no_tour(session: Session, people: People, enter: Entry) -> None:
    assert AGAIN not in page_of(session, enter, people["teacher"])
