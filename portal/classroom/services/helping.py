"""What passes between students and instructors: hands, hints, broadcasts."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from portal.activities.models import Session
from portal.classroom.models import Class, Hint, RaisedHand

LONGEST = 1000


def raise_hand(session: Session, text: str, step_id: str) -> None:
    """Ask for help. Asked again, the newest words count, and the place in line stays."""
    RaisedHand.objects.update_or_create(
        session=session, defaults={"text": text[:300], "step_id": step_id[:40]}
    )
    session.change()


def lower_hand(session: Session) -> bool:
    """No help is wanted any more. Return whether a hand was up."""
    count, _ = RaisedHand.objects.filter(session=session).delete()
    if count:
        session.change()
    return bool(count)


def leave_hint(session: Session, author: AbstractUser, text: str) -> Hint:
    """Say something in a session; that answers a hand."""
    RaisedHand.objects.filter(session=session).delete()
    hint = Hint.objects.create(session=session, author_id=author.pk, text=text[:LONGEST])
    session.change()
    return hint


def broadcast(klass: Class, author: AbstractUser, text: str) -> int:
    """Say something in every live session of a class. Return in how many."""
    return say_in(klass.live_sessions(), author, text)


def say_in(sessions: Iterable[Session], author: AbstractUser, text: str) -> int:
    """The same words in each session."""
    found = list(sessions)
    Hint.objects.bulk_create(
        Hint(session=each, author_id=author.pk, text=text[:LONGEST], is_broadcast=True)
        for each in found
    )
    for each in found:
        each.change()
    return len(found)


def put_away(session: Session, hint_id: int) -> None:
    """Its student has read a hint. Safe to repeat."""
    if session.hints.filter(pk=hint_id, seen_at=None).update(seen_at=timezone.now()):
        session.change()
