"""A class's roster from CSV: what is wrong with it is told before anything is done."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from portal.classroom.models import Class, Membership, User
from portal.classroom.roles import ensure_groups

MOST_LINES = 1000
MOST_BYTES = 256 * 1024
COLUMNS = ("username", "first_name", "last_name", "email")
LENGTHS = {"username": 150, "first_name": 150, "last_name": 150, "email": 254}


class RosterUnreadable(Exception):
    """It can't even be previewed; the text says why, and what to do."""


@dataclass(slots=True)
class Line:
    """One person of a roster: what would be done, or what is wrong."""

    number: int
    person: dict[str, str]
    plan: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Roster:
    """A whole roster, judged."""

    lines: list[Line]

    @property
    def is_good(self) -> bool:
        """Whether it can be imported as it is."""
        return bool(self.lines) and not any(line.problems for line in self.lines)

    def count(self, plan: str) -> int:
        """How many lines have this plan."""
        return sum(line.plan == plan for line in self.lines)


def decode(data: bytes) -> str:
    """A file as text. Raises RosterUnreadable."""
    if len(data) > MOST_BYTES:
        raise RosterUnreadable(
            f"The file is larger than {MOST_BYTES // 1024} KB. Import it in parts."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RosterUnreadable(
            "The file is not UTF-8 text. Save it as “CSV UTF-8” and choose it again."
        ) from None


def read(text: str, klass: Class, *, takes_anybody: bool) -> Roster:
    """Judge a roster, line by line. Raises RosterUnreadable.

    `takes_anybody` is for admins: an instructor can make logins, but can't draw somebody else's
    students in by their names; those join by a code.
    """
    rows = as_rows(text)
    lines = [Line(number, person) for number, person in rows]
    names = [line.person["username"] for line in lines]
    known = {user.username: user for user in User.objects.filter(username__in=names)}
    members = set(klass.memberships.values_list("user__username", flat=True))
    seen: dict[str, int] = {}
    for line in lines:
        name = line.person["username"]
        line.problems += mistakes(line.person)
        if name.lower() in seen:
            line.problems.append(f"the same username as in line {seen[name.lower()]}")
        seen.setdefault(name.lower(), line.number)
        line.plan = "stays" if name in members else "joins" if name in known else "new login"
        if line.plan == "joins" and not takes_anybody:
            line.problems.append("this login exists already: give its owner a join code")
    return Roster(lines)


def as_rows(text: str) -> list[tuple[int, dict[str, str]]]:
    """The lines of a CSV as people. Raises RosterUnreadable."""
    if len(text.encode()) > MOST_BYTES:
        raise RosterUnreadable(f"The text is larger than {MOST_BYTES // 1024} KB.")
    if "\0" in text:
        raise RosterUnreadable("The file holds NUL characters: it is no CSV.")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        return people_of(reader)
    except csv.Error as error:
        raise RosterUnreadable(f"Line {reader.line_num} can not be read: {error}.") from None


def people_of(reader: Iterable[list[str]]) -> list[tuple[int, dict[str, str]]]:
    """People by the header's columns. Raises RosterUnreadable."""
    header: list[str] = []
    found = []
    for number, cells in enumerate(reader, 1):
        stripped = [cell.strip() for cell in cells]
        if not any(stripped):
            continue
        if not header:
            header = [cell.lower().replace(" ", "_") for cell in stripped]
            if "username" not in header:
                raise RosterUnreadable(
                    f"The first line must name the columns: {', '.join(COLUMNS)}. Only username "
                    "has to be there."
                )
            continue
        row = dict(zip(header, stripped, strict=False))
        found.append((number, {column: row.get(column, "") for column in COLUMNS}))
        if len(found) > MOST_LINES:
            raise RosterUnreadable(
                f"There are more than {MOST_LINES} people in it. Is it the right file? If so, "
                "import it in parts."
            )
    return found


def mistakes(person: dict[str, str]) -> list[str]:
    """What is wrong with one person's cells."""
    found = [
        f"{column} is longer than {most} characters"
        for column, most in LENGTHS.items()
        if len(person[column]) > most
    ]
    try:
        UnicodeUsernameValidator()(person["username"])
    except ValidationError:
        found.append(
            "username: letters, digits and @ . + - _ only" if person["username"] else "no username"
        )
    if person["email"]:
        try:
            validate_email(person["email"])
        except ValidationError:
            found.append("the e-mail address is none")
    return found


@transaction.atomic
def import_roster(roster: Roster, klass: Class) -> int:
    """Make the logins that are missing, and everybody a member. Return how many came in."""
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
    return len(made) + len(joining)
