"""Carry a good roster out, in a few statements whatever its length."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from portal.classroom.models import Class, Membership, Section, User
from portal.classroom.roles import ensure_groups
from portal.classroom.services.roster.judging import Roster


@transaction.atomic
def import_roster(roster: Roster, klass: Class) -> int:
    """Make the logins that are missing, and everybody a member. Return how many came in.

    Members keep what they have; their sections and what other systems call them become the
    roster's, where it says any.
    """
    fresh = [line.person for line in roster.lines if line.plan == "new login"]
    made = User.objects.bulk_create(
        User(**person, password=make_password(None), role=User.Role.STUDENT) for person in fresh
    )
    ensure_groups()
    Group.objects.get(name=User.Role.STUDENT.label).user_set.add(*made)
    joining = [line.person["username"] for line in roster.lines if line.plan == "joins"]
    known = User.objects.filter(username__in=joining)
    Membership.objects.bulk_create(
        [
            Membership(
                klass=klass, user=user, origin=Membership.Origin.ROSTER, made_account=is_made
            )
            for users, is_made in ((made, True), (known, False))
            for user in users
        ],
        ignore_conflicts=True,
    )
    note(roster, klass)
    return len(made) + len(joining)


def note(roster: Roster, klass: Class) -> None:
    """Everybody's sections, and what other systems call them."""
    members = {each.user.username: each for each in klass.memberships.select_related("user").all()}
    named = [
        (members[line.person["username"]], line)
        for line in roster.lines
        if line.person["username"] in members
    ]
    told = [(member, line.lms) for member, line in named if line.lms]
    for member, lms in told:
        member.lms = {**member.lms, **lms}
    Membership.objects.bulk_update([member for member, _ in told], ["lms"], batch_size=500)
    put_in_sections(klass, [(member, line.sections) for member, line in named if line.sections])


def put_in_sections(klass: Class, wanted: list[tuple[Membership, list[str]]]) -> None:
    """These are in these sections, and in no others; sections that are missing are made."""
    names = {name for _, sections in wanted for name in sections}
    Section.objects.bulk_create(
        (Section(klass=klass, name=name) for name in sorted(names)), ignore_conflicts=True
    )
    sections = {each.name: each for each in klass.sections.all()}
    through = Membership.sections.through
    through.objects.filter(membership__in=[member.pk for member, _ in wanted]).delete()
    through.objects.bulk_create(
        [
            through(membership_id=member.pk, section_id=sections[name].pk)
            for member, found in wanted
            for name in dict.fromkeys(found)
        ],
        ignore_conflicts=True,
    )
