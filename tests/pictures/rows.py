"""A class at work, as rows: run in the portal's own shell by `tests.pictures` and `bench.pages`."""

import time
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from portal.activities.announce import announce
from portal.activities.models import Session, StepRun
from portal.catalog.queries import latest_version
from portal.classroom.models import Class, User
from portal.classroom.services import helping

NAMES = """Ada Lovelace, Edsger Dijkstra, Frances Allen, Grace Hopper, Hedy Lamarr, Ken Thompson,
Margaret Hamilton, Marvin Minsky, Niklaus Wirth, Peter Naur, Radia Perlman, Tony Hoare"""
ERRORS = {
    "no_broker": ("Kafka did not answer within 30 s.", "cluster"),
    "not_json": ("The record at offset 7 is not JSON.", "code"),
}


HOST = "elsewhere"
"""Not this one: nothing runs for these sessions, and nobody misses it."""
CHANGES = ("running", "passed", "failed")


def populate() -> None:
    """The class of the pictures."""
    enrol(" ".join(NAMES.split()).split(", "))


@transaction.atomic
def enrol(names: Iterable[str]) -> None:
    """Students of the demo class, each some steps further; every third has one of two errors."""
    version = latest_version("week10")
    klass = Class.objects.get()
    assert version is not None
    now = timezone.now()
    for number, name in enumerate(names):
        first, _, last = name.partition(" ")
        user = User.objects.create(username=last.lower(), first_name=first, last_name=last)
        klass.memberships.create(user=user)
        session = Session.objects.create(
            owner=user, version=version, runtime="sandbox", host=HOST, status="ready",
            ready_at=now - timedelta(minutes=40), expires_at=now + timedelta(hours=2),
        )  # fmt: skip
        steps = [step.id for step in version.spec.steps if not step.optional][: 3 + number % 8]
        for ago, step_id in enumerate(reversed(steps)):
            at = now - timedelta(minutes=3 * ago + number)
            StepRun.objects.create(
                session=session, generation=1, step_id=step_id, status="passed",
                created_at=at, started_at=at, finished_at=at + timedelta(seconds=2 + number % 4),
            )  # fmt: skip
            session.attempt().take(step_id)
        if number % 3 == 0:
            code, (said, part) = list(ERRORS.items())[number % 2]
            StepRun.objects.create(
                session=session, generation=1, step_id=steps[-1], status="failed", started_at=now,
                finished_at=now, error_code=code, error=said, error_part=part,
            )  # fmt: skip
        if number % 5 == 1:
            helping.raise_hand(session, "Which port do I curl?", steps[-1])


def churn(a_second: int, seconds: float) -> None:
    """Their newest steps run, pass and fail, one after the other, and pages are told of each."""
    newest = [
        (session.pk, session.runs.latest("pk").pk) for session in Session.objects.filter(host=HOST)
    ]
    began = time.monotonic()
    for done in range(int(a_second * seconds)):
        turn, at = divmod(done, len(newest))
        session, run = newest[at]
        StepRun.objects.filter(pk=run).update(status=CHANGES[turn % len(CHANGES)])
        announce(session)
        time.sleep(max(0.0, began + done / a_second - time.monotonic()))
