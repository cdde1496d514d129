"""Calls that nobody chose are of the running server's routes, and the page says so."""

import pytest
from django.utils import timezone

from portal.activities import queries
from portal.activities.models import Session, StepRun
from portal.activities.services import steps
from portal.insights import transcript
from tests.rows import make_run, make_session

pytestmark = pytest.mark.django_db
AXE = "docker-compose exec mids curl http://localhost:5000/get_axe/kind"
SWORD = "docker-compose exec mids curl http://localhost:5000/purchase_a_sword"
KEPT = {
    "routes": [{"rule": "/", "methods": ["GET"]}, {"rule": "/get_axe/<kind>", "methods": ["GET"]}],
    "port": 5000,
}


@pytest.fixture
def session() -> Session:
    """A session of week 10 whose cluster is up, and where a script of the student's serves."""
    session = make_session()
    Session.objects.filter(pk=session.pk).update(status="ready", generation=1)
    session.refresh_from_db()
    for step in ("prepare", "cluster", "topic"):
        make_run(session, step)
    StepRun.objects.create(
        session=session, generation=1, step_id="serve", status="serving", evidence=KEPT
    )
    return session


def test_run_all_calls_the_routes_that_there_are(session: Session) -> None:
    run, _ = steps.request(session, session.spec.step("call"), {})
    assert set(run.params["commands"]) == {SWORD.replace("/purchase_a_sword", "/"), AXE}
    assert run.params["guessed"] == [AXE]
    now = timezone.now()
    StepRun.objects.filter(pk=run.pk).update(status="passed", started_at=now, finished_at=now)
    assert list(transcript.entries(session)[-1].commands) == run.params["commands"]


def test_a_click_on_a_labs_button_makes_the_labs_call(session: Session) -> None:
    run, _ = steps.request(session, session.spec.step("call"), {"command": "1"})
    assert run.params == {"commands": [SWORD]}


def test_routes_of_a_server_that_has_ended_are_not_asked_for(session: Session) -> None:
    assert queries.routes_served(session) == {5000: KEPT["routes"]}
    StepRun.objects.filter(step_id="serve").update(status="passed")
    assert queries.routes_served(session) == {}
