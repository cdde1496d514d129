"""Somebody has what is known of them erased, though they may be at work in a session now.

Their login is made nobody's at once, and the audit names a pseudonym in their place. What they
recorded goes as soon as their clusters have ended.
"""

import re

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from portal.activities import keys, orders
from portal.activities.models import LIVE, Session
from portal.classroom import gradebook
from portal.classroom.models import AuditEntry, Class, Erasure, KeptGrade, Staff, User

LONGEST = AuditEntry._meta.get_field("detail").max_length or 500


class NotErased(Exception):
    """Nothing was erased; the text says why, and what to do."""


def why_not(user: User) -> str:
    """Why somebody can't be erased as things are; empty if they can."""
    if user.is_superuser:
        return "You run this portal: have another admin take your role first."
    alone = [
        post.klass.name
        for post in user.staffing.filter(role=Staff.Role.OWNER).select_related("klass")
        if not post.klass.staffing.filter(role=Staff.Role.OWNER).exclude(user=user).exists()
    ]
    if alone:
        return f"You are the only owner of {', '.join(alone)}: hand it over, or delete it, first."
    return ""


def erase(user: User) -> Erasure:
    """Forget somebody. Raises NotErased."""
    if reason := why_not(user):
        raise NotErased(reason)
    with transaction.atomic():
        made = Erasure.objects.create()
        if settings.KEEP_GRADES:
            keep_grades(user)
        pseudonymise(user, made.pseudonym)
        make_nobody(user, made.pseudonym)
        AuditEntry.objects.create(actor=made.pseudonym, verb="erase my data")
    for session in Session.objects.filter(owner=user, status__in=LIVE):
        orders.tear_down(session, reason="erased")
    finish(made)
    return made


def keep_grades(user: User) -> None:
    """Under their name, for those who grade: an institution may have to."""
    for klass in Class.objects.filter(memberships__user=user):
        for line in gradebook.book_of(klass, [user.pk]).lines:
            known = {value for told in line.member.lms.values() for value in told.values()}
            KeptGrade.objects.bulk_create(
                KeptGrade(
                    klass=klass,
                    name=line.name,
                    identifiers=", ".join(sorted({user.username, *known} - {""}))[:400],
                    lab=score.column.assignment.title,
                    points=score.points,
                    possible=score.column.possible,
                    completed_at=score.completed_at,
                )
                for score in line.scores
                if score.points is not None
            )


def pseudonymise(user: User, pseudonym: str) -> None:
    """The audit says what was done, and no longer by or to whom."""
    entries: models.QuerySet[AuditEntry] = models.QuerySet(AuditEntry)  # Its own never changes any.
    name = user.username
    entries.filter(actor_id=user.pk).update(actor=pseudonym, actor_id=None)
    entries.filter(owner=name).update(owner=pseudonym)
    word = re.compile(rf"(?<![\w.@+-]){re.escape(name)}(?![\w.@+-])")
    for entry in entries.filter(detail__contains=name).only("pk", "detail"):
        told = word.sub(pseudonym, entry.detail)[:LONGEST]
        if told != entry.detail:
            entries.filter(pk=entry.pk).update(detail=told if pseudonym in told else pseudonym)


def make_nobody(user: User, pseudonym: str) -> None:
    """A login that nobody can use, in no class, with nothing that says whose it was."""
    user.memberships.all().delete()
    user.staffing.all().delete()
    user.grades.all().delete()
    user.class_notes.all().delete()
    user.identities.all().delete()
    user.username, user.time_zone = pseudonym, ""
    user.first_name = user.last_name = user.email = ""
    user.is_active = user.is_staff = user.is_author = user.may_publish = False
    user.groups.clear()
    user.set_unusable_password()
    user.save()
    user.end_sessions()


def finish(erasure: Erasure) -> bool:
    """Remove what is left once nothing of theirs runs any more; whether that is so. Repeatable."""
    user = User.objects.filter(username=erasure.pseudonym).first()
    if user is not None:
        sessions = Session.objects.filter(owner=user)
        if sessions.filter(status__in=LIVE).exists():
            return False
        for session in sessions:
            keys.forget_session(session)
        user.delete()
    Erasure.objects.filter(pk=erasure.pk).update(finished_at=timezone.now())
    return True


def finish_all() -> int:
    """The erasures that waited for clusters to end. Return how many are done now."""
    return sum(map(finish, Erasure.objects.filter(finished_at=None)))
