"""What people do with insights: students annotate, instructors say something to a group."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractUser

from portal.activities.models import Session, StepRun
from portal.activities.signals import acted
from portal.insights.models import Note

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

    A session's hints are classroom's, which is above: they are reached through the session.
    """
    count = 0
    for session in sessions:
        session.hints.create(author_id=author.pk, text=text[:HINT_LIMIT])
        session.change()
        acted.send(sender=Session, session=session, user=author, verb="hint", detail=text)
        count += 1
    return count
