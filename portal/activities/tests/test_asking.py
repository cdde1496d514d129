"""A question on the pages: kept, compared, and left out by run all."""

import json

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse

from portal.activities import queries
from portal.activities.models import Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.services.wishes import NotNow
from portal.activities.tests.conftest import LAB
from portal.activities.tests.host import Host
from portal.catalog.models import Lab, LabVersion
from portal.engine.runtimes.fake import Reply
from portal.runner import (
    rehearsal,
    tasks,  # noqa: F401 - they are what is enqueued
)
from portal.runner.services import clusters

ASKS = """\
  - id: predict
    title: Predict
    shows_command: How many records will there be?
    optional: true
    run: {kind: ask, asks: number, of: records, topic: events, after: topic}
  - id: columns
    title: Name them
    shows_command: Which columns?
    optional: true
    run: {kind: ask, asks: columns, key: [a, b]}
  - id: choice
    title: Choose
    shows_command: Who keeps <events>?
    optional: true
    run: {kind: ask, asks: choice, choices: [Kafka, <Flask>], key: Kafka}
"""
ASKING = LAB.replace("  - id: topic\n", f"{ASKS}  - id: topic\n").replace(
    "tools: mids\n", "tools: mids\nbroker: kafka:29092\n"
)


def holding(records: int) -> Reply:
    """A topic with so many."""
    topic = {
        "name": "events",
        "partitions": [[0, 0, records]],
        "count": 1,
        "identity": "",
        "is_internal": False,
        "replicas": 1,
        "configs": {},
    }
    return Reply(stdout=json.dumps({"type": "topics", "topics": [topic]}).encode() + b"\n")


@pytest.fixture
def asking(student: AbstractUser, host: Host) -> Session:
    """A session of a lab with a question, whose cluster is up."""
    lab = Lab.objects.create(name="small", title="Small lab")
    version = LabVersion.objects.create(lab=lab, number=1, source=ASKING)
    session = sessions.launch(student.pk, version)[0]
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    return session


def answer(client: Client, session: Session, host: Host, text: str, step: str = "predict") -> str:
    """Answer as its form does; what the page says then."""
    client.force_login(session.owner)
    client.post(reverse("activities:run_step", args=[session.pk, step]), {"answer": text})
    host.deliver()
    page = reverse("activities:session", args=[session.pk]) + f"?step={step}"
    return client.get(page).content.decode()


def newest(session: Session) -> StepRun:
    """The last answer."""
    return session.runs.filter(step_id="predict").latest("pk")


def test_a_prediction_is_kept_and_compared_once_it_can_be(
    asking: Session, client: Client, host: Host
) -> None:
    host.replies["guest.topics"] = holding(2)
    shown = answer(client, asking, host, "2")
    assert "Your answer, 2, is kept. Once “Create the topic” is done" in shown
    assert "Compare</button>" in shown
    assert 'value="2"' in shown
    assert newest(asking).evidence == {"found": 2}
    assert newest(asking).status == "cancelled"
    answer(client, asking, host, "", step="topic")
    host.replies["guest.topics"] = holding(5)
    shown = answer(client, asking, host, "2")
    assert "the topic events has 5 records. So many there were when you first answered" in shown
    assert "your answer" in shown
    assert newest(asking).status == "failed"
    shown = answer(client, asking, host, "5")
    assert newest(asking).status == "passed"
    kept = asking.runs.filter(step_id="predict").values_list("params__answer", flat=True)
    assert list(kept) == [2, 2, 5]


def test_words_are_no_answer_and_nothing_is_lost(
    asking: Session, client: Client, host: Host
) -> None:
    answer(client, asking, host, "7")
    with pytest.raises(NotNow, match=r"“seven” is not a whole number: write digits"):
        steps.request(asking, asking.spec.step("predict"), {"answer": "seven"})
    assert newest(asking).params["answer"] == 7


def test_a_broker_that_is_silent_makes_no_answer_right(
    asking: Session, client: Client, host: Host
) -> None:
    answer(client, asking, host, "", step="topic")
    host.replies["guest.topics"] = Reply(status=1)
    assert "whether it is right is not known" in answer(client, asking, host, "2")
    assert newest(asking).status == "cancelled"


def test_run_all_leaves_a_question_to_the_student(asking: Session, host: Host) -> None:
    run = steps.run_all(asking)
    assert run is not None
    assert run.step_id == "topic"


def test_a_rehearsal_leaves_questions_out(asking: Session, host: Host) -> None:
    assert "predict" not in {each.id for each in rehearsal.rehearse(asking)}


def test_who_went_past_an_optional_step_is_not_led_back(
    asking: Session, client: Client, host: Host
) -> None:
    client.force_login(asking.owner)
    page = reverse("activities:session", args=[asking.pk])
    assert 'data-step="predict" data-state="idle"' in client.get(page).content.decode()
    answer(client, asking, host, "", step="topic")
    assert 'data-step="serve" data-state="idle"' in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("step", "text", "status", "shown"),
    [
        ("columns", "b, a", "passed", 'value="b, a"'),
        ("columns", "a, <c>", "failed", "There is no &lt;c&gt;."),
        ("choice", "Kafka", "passed", "<option selected>Kafka</option>"),
        ("choice", "<Flask>", "failed", "<option selected>&lt;Flask&gt;</option>"),
    ],
)
def test_columns_and_choices_are_shown_as_they_were_answered(
    asking: Session, client: Client, host: Host, step: str, text: str, status: str, shown: str
) -> None:
    assert shown in answer(client, asking, host, text, step=step)
    assert asking.runs.get(step_id=step).status == status


BRANCHES = """\
  - id: wrong
    title: Who forgets
    shows_command: docker-compose exec mids true
    when: {question: choice, answer: <Flask>}
    run: {kind: exec}
  - id: right
    title: Who keeps
    shows_command: docker-compose exec mids true
    when: {question: choice, was: right}
    run: {kind: exec}
"""


@pytest.fixture
def branching(asking: Session) -> Session:
    """The same with a step for whoever is wrong, and one for whoever is right."""
    source = ASKING.replace("  - id: topic\n", f"{BRANCHES}  - id: topic\n")
    LabVersion.objects.filter(pk=asking.version_id).update(source=source)
    return Session.objects.get(pk=asking.pk)


def shown(session: Session) -> set[str]:
    """Which of the branches are."""
    return {"wrong", "right"} & {each.id for each in queries.steps_shown(session)}


def test_an_answer_shows_its_branch_which_stays(
    branching: Session, client: Client, host: Host
) -> None:
    assert shown(branching) == set()
    page = answer(client, branching, host, "<Flask>", step="choice")
    assert shown(branching) == {"wrong"}
    assert 'data-testid="step-wrong"' in page
    assert 'data-testid="step-right"' not in page
    page = answer(client, branching, host, "Kafka", step="choice")
    assert shown(branching) == {"wrong", "right"}
    assert "by your answer" in answer(client, branching, host, "", step="right")
    branching.change(generation=branching.generation + 1)
    assert shown(branching) == set()


def test_a_branch_that_is_not_shown_can_not_be_run(branching: Session, host: Host) -> None:
    with pytest.raises(NotNow, match="for those who answered something else"):
        steps.request(branching, branching.spec.step("wrong"), {})


def test_a_branch_counts_as_a_step_once_it_is_done(
    branching: Session, client: Client, host: Host
) -> None:
    of, before = branching.attempt().points_of, len(branching.spec.common_steps)
    answer(client, branching, host, "<Flask>", step="choice")
    assert branching.attempt().steps == before
    answer(client, branching, host, "", step="wrong")
    made = branching.attempt()
    assert (made.steps, made.points_of, "wrong" in made.done) == (before + 1, of, True)


def test_run_all_goes_along_the_branch_that_was_taken(
    branching: Session, client: Client, host: Host
) -> None:
    answer(client, branching, host, "<Flask>", step="choice")
    run = steps.run_all(branching)
    assert run is not None
    assert run.step_id == "wrong"


def test_a_rehearsal_does_all_branches(branching: Session, host: Host) -> None:
    branching.change(is_rehearsal=True)
    assert {"wrong", "right"} <= {each.id for each in rehearsal.rehearse(branching)}
