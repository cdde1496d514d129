"""Out of a class, and back into it as one was."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db import transaction

from portal.classroom.models import Class, Membership, Section, User

SALT = "classroom.leaving"
UNDO_SECONDS = 3600
MOST = 500
"""At once: what undoes it goes with the page."""


class NotUndone(Exception):
    """Somebody can't be put back; the text says why."""


def remove(member: Membership) -> str:
    """Take somebody out of their class. Returns what `put_back` takes to undo that."""
    return remove_all([member])


@transaction.atomic
def remove_all(members: Iterable[Membership]) -> str:
    """Take some people out of their class. Returns what `put_back` takes to undo that."""
    told = []
    for member in members:
        told.append(as_told(member))
        member.delete()
    return signing.dumps(told, salt=SALT, compress=True)


def as_told(member: Membership) -> dict[str, Any]:
    """All that a membership says."""
    return {
        "class": member.klass_id,
        "user": member.user_id,
        "origin": member.origin,
        "made_account": member.made_account,
        "joined_at": member.joined_at.isoformat(),
        "sections": [each.pk for each in member.sections.all()],
        "lms": member.lms,
        "time_multiplier": str(member.time_multiplier),
    }


@transaction.atomic
def put_back(klass: Class, told: str) -> list[User]:
    """Undo a removal from this class. Who has come back by themselves stays as they are.

    Raises NotUndone.
    """
    try:
        was = signing.loads(told, salt=SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        raise NotUndone("That was too long ago to be undone. Give them a join code.") from None
    users = User.objects.in_bulk([each["user"] for each in was])
    if any(each["class"] != klass.pk for each in was) or not users:
        raise NotUndone("They have no login here any more.")
    for each in was:
        if user := users.get(each["user"]):
            put_one_back(klass, user, each)
    return list(users.values())


def put_one_back(klass: Class, user: User, was: dict[str, Any]) -> None:
    """As they were; in those of their sections that are still there."""
    member, is_new = Membership.objects.get_or_create(
        klass=klass,
        user=user,
        defaults={
            "origin": was["origin"],
            "made_account": was["made_account"],
            "joined_at": datetime.fromisoformat(was["joined_at"]),
            "lms": was["lms"],
            "time_multiplier": Decimal(was["time_multiplier"]),
        },
    )
    if is_new:
        member.sections.set(Section.objects.filter(klass=klass, pk__in=was["sections"]))
