"""What passes between students and instructors: hands, hints, broadcasts."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.db.models import Q
from django.utils import timezone

from portal.activities.models import Session
from portal.classroom.models import Class, Hint, RaisedHand

LONGEST = 1000
CLAIM_LASTS = timedelta(minutes=15)


def raise_hand(session: Session, text: str, step_id: str) -> None:
    """Ask for help. Asked again, the newest words count, and the place in line stays."""
    RaisedHand.objects.update_or_create(
        session=session, defaults={"text": text[:300], "step_id": step_id[:40]}
    )
    session.change()


def claim(hand_id: int, helper: AbstractUser) -> RaisedHand | None:
    """Take on a hand; nothing if somebody else has, or it is down. Of two who try, one does.

    Whom a helper has kept waiting for long can be taken on by another.
    """
    is_free = Q(claimed_by=None) | Q(claimed_at__lt=timezone.now() - CLAIM_LASTS)
    won = RaisedHand.objects.filter(is_free, pk=hand_id).update(
        claimed_by=helper.pk, claimed_at=timezone.now()
    )
    hand = RaisedHand.objects.select_related("session__owner").filter(pk=hand_id).first()
    if not won or hand is None:
        return None
    hand.session.change()
    return hand


def give_back(hand_id: int, helper: AbstractUser) -> bool:
    """Somebody else may take it on. False if it isn't theirs to give."""
    mine = RaisedHand.objects.filter(pk=hand_id, claimed_by=helper.pk)
    if not mine.update(claimed_by=None, claimed_at=None):
        return False
    RaisedHand.objects.select_related("session").get(pk=hand_id).session.change()
    return True


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


def put_away(session: Session, hint_id: int, *, has_helped: bool | None = None) -> None:
    """Its student has read a hint, and may say whether it helped. Safe to repeat."""
    said = {"seen_at": timezone.now(), "has_helped": has_helped}
    if session.hints.filter(pk=hint_id, seen_at=None).update(**said):
        session.change()
