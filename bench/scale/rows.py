"""A class of students with sessions at work, made in the portal's own shell."""

import json
import sys
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import F
from django.utils import timezone

from portal.activities.models import Session, StepRun
from portal.activities.status import StepStatus
from portal.classroom.models import Class, User
from tests.pictures.rows import HOST, enrol

AGAIN = 4
"""How often everybody has done every step before."""
PRINTED = "A line of what a step has printed, as long as they are.\n" * 20


def make(students: int) -> None:
    """All of them, and what they did so far; their logins are printed, with those of staff."""
    enrol(f"Student {number}" for number in range(students))
    Session.objects.filter(host=HOST).update(host=settings.HOST_NAME, cluster=F("id"))
    made = Session.objects.filter(host=settings.HOST_NAME).select_related("owner", "version")
    for session in made:
        StepRun.objects.bulk_create(past_of(session))
    told = {
        "students": [[entered(each.owner), each.pk] for each in made],
        "staff": [entered(User.objects.get(username=name)) for name in ("instructor", "admin")],
        "class": Class.objects.get().pk,
    }
    json.dump(told, sys.stdout)


def past_of(session: Session) -> list[StepRun]:
    """Every step of the lab, done several times in the last hour."""
    steps = [each.id for each in session.spec.steps if not each.optional][:-1]
    began = timezone.now() - timedelta(hours=1)
    return [
        StepRun(
            session=session,
            generation=1,
            step_id=step,
            status=StepStatus.PASSED,
            output=PRINTED,
            created_at=began,
            started_at=began,
            finished_at=began + timedelta(seconds=2),
        )
        for step in steps * AGAIN
    ]


def entered(user: User) -> str:
    """The key of a browser's session in which somebody is logged in."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)
