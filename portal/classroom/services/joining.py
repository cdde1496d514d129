"""Ways into a class: join codes, guest links, and out again."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.classroom.models import Class, JoinCode, Membership, User
from portal.classroom.models.classes import CODE_LENGTH, LINK_LENGTH, new_code
from portal.classroom.roles import grant

MOST_GUESTS = 200
"""Guests that one class takes; a link that gets about must not fill the host."""


class NoEntry(Exception):
    """A code that admits nobody. One text for all reasons: a guess must learn nothing."""

    def __init__(self) -> None:
        super().__init__(
            "That code does not work. It may be mistyped, used up or expired: ask for a new one."
        )


def make_code(
    klass: Class, *, hours: int, is_single_use: bool = False, is_for_guests: bool = False
) -> JoinCode:
    """Make a way into a class that is open for so many hours."""
    return JoinCode.objects.create(
        klass=klass,
        code=new_code(LINK_LENGTH if is_for_guests else CODE_LENGTH),
        is_single_use=is_single_use,
        is_for_guests=is_for_guests,
        expires_at=timezone.now() + timedelta(hours=hours),
    )


def withdraw(code: JoinCode) -> None:
    """Let nobody in by it any more. Safe to repeat."""
    JoinCode.objects.filter(pk=code.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())


@transaction.atomic
def join(user: User, text: str) -> Class:
    """Make somebody a member by a code. Raises NoEntry.

    Whoever is a member already uses up nothing. Of two who use a single-use code, one gets in.
    """
    code = find_code(text, is_for_guests=False)
    if code.klass.memberships.filter(user=user).exists():
        return code.klass
    use_up(code)
    Membership.objects.create(klass=code.klass, user=user)
    return code.klass


@transaction.atomic
def admit_guest(text: str) -> tuple[User, Class]:
    """Make a guest of whoever has the link. Raises NoEntry."""
    code = find_code(text, is_for_guests=True)
    guests = code.klass.memberships.filter(origin=Membership.Origin.GUEST).count()
    if not code.klass.admits_guests or guests >= MOST_GUESTS:
        raise NoEntry
    use_up(code)
    guest = User.objects.create_user(username=f"guest-{secrets.token_hex(4)}", is_guest=True)
    grant(guest, User.Role.STUDENT)
    Membership.objects.create(klass=code.klass, user=guest, origin=Membership.Origin.GUEST)
    return guest, code.klass


def find_code(text: str, *, is_for_guests: bool) -> JoinCode:
    """The code that a text means, however it was typed. Raises NoEntry."""
    plain = "".join(text.upper().split()).replace("-", "")
    found = JoinCode.objects.filter(JoinCode.good(), code=plain, is_for_guests=is_for_guests)
    code = found.select_related("klass").first()
    if code is None or code.klass.archived_at is not None:
        raise NoEntry
    return code


def use_up(code: JoinCode) -> None:
    """Count a use, unless somebody was quicker. Raises NoEntry."""
    if not JoinCode.objects.filter(JoinCode.good(), pk=code.pk).update(uses=F("uses") + 1):
        raise NoEntry
