"""What people do with insights: students annotate, instructors say something to a group."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractUser

from portal.activities.models import Session, StepRun
from portal.activities.signals import acted
from portal.insights.models import Note
from portal.insights.signals import hinted

NOTE_LIMIT = 20_000
HINT_LIMIT = 1000


def annotate(session: Session, run: StepRun, text: str) -> None:
    """Keep a note beside a run; an empty one is taken away. One too long is cut."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()[:NOTE_LIMIT]
    if text:
        Note.objects.update_or_create(session=session, run=run, defaults={"text": text})
    else:
        Note.objects.filter(run=run).delete()


def hint(sessions: Iterable[Session], author: AbstractUser, text: str) -> int:
    """Say the same in each of some sessions; return in how many.

    Who keeps hints is an app above: where nobody does, nothing is said.
    """
    count = 0
    for session in sessions:
        said = {"session": session, "author": author, "text": text[:HINT_LIMIT]}
        if not hinted.send(sender=Session, **said):
            continue
        session.change()
        acted.send(sender=Session, session=session, user=author, verb="hint", detail=text)
        count += 1
    return count
