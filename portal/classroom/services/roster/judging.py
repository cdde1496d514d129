"""What would come of a roster, line by line: a plan, or what is wrong."""

import csv
import io
import json
from dataclasses import dataclass, field

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower

from portal.classroom.models import Class, User
from portal.classroom.services.roster.people import COLUMNS, Found, people_in

LENGTHS = {"username": 150, "first_name": 150, "last_name": 150, "email": 254}
SECTION_LENGTH, MOST_SECTIONS = 120, 200
SHOWN = 200
"""Lines of a preview."""


@dataclass(slots=True)
class Line:
    """One person of a roster: what would be done, or what is wrong."""

    number: int
    person: dict[str, str]
    sections: list[str] = field(default_factory=list)
    lms: dict[str, dict[str, str]] = field(default_factory=dict)
    plan: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Roster:
    """A whole roster, judged."""

    lines: list[Line]
    dialect: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it can be imported as it is."""
        return bool(self.lines) and not self.faults

    @property
    def faults(self) -> list[Line]:
        """The lines with which something is wrong."""
        return [line for line in self.lines if line.problems]

    @property
    def shown(self) -> list[Line]:
        """What a preview has room for: faults first."""
        good = [line for line in self.lines if not line.problems]
        return (self.faults + good)[:SHOWN]

    @property
    def left_out(self) -> int:
        """How many lines that leaves out."""
        return max(0, len(self.lines) - SHOWN)

    def count(self, plan: str) -> int:
        """How many lines have this plan."""
        return sum(line.plan == plan for line in self.lines)

    @property
    def plans(self) -> list[tuple[str, int]]:
        """What would happen to how many."""
        counted = [(plan, self.count(plan)) for plan in ("new login", "joins", "stays")]
        return [(plan, count) for plan, count in counted if count]

    @property
    def text(self) -> str:
        """The same people in our own columns, to be read again when it is confirmed."""
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, "sections", "lms"])
        for line in self.lines:
            lms = json.dumps(line.lms, separators=(",", ":")) if line.lms else ""
            cells = [line.person[column] for column in COLUMNS]
            writer.writerow([*cells, ";".join(line.sections), lms])
        return file.getvalue()


def read(text: str, klass: Class, *, takes_anybody: bool) -> Roster:
    """Judge a roster, line by line. Raises RosterUnreadable.

    `takes_anybody` is for admins: an instructor can make logins, but can't draw somebody else's
    students in by their names; those join by a code.
    """
    dialect, people = people_in(text)
    names = {found.person["username"].lower() for found in people}
    known = {
        user.username.lower(): user
        for user in User.objects.alias(low=Lower("username")).filter(low__in=names)
    }
    members = set(klass.memberships.values_list("user", flat=True))
    addresses = {found.person["email"].lower() for found in people} - {""}
    owners = User.objects.alias(low=Lower("email")).filter(low__in=addresses)
    taken = {user.email.lower(): user.pk for user in owners}
    judge = Judge(dict(known), members, taken, takes_anybody)
    lines = [line for found in people if (line := judge.line(found)) is not None]
    return Roster(lines, dialect.name)


class Judge:
    """Goes through the lines, and remembers what it has seen."""

    def __init__(
        self, known: dict[str, User], members: set[int], taken: dict[str, int], takes_anybody: bool
    ):
        self.known, self.members, self.taken = known, members, taken
        self.takes_anybody = takes_anybody
        self.seen: dict[str, Line] = {}
        self.addresses: dict[str, int] = {}
        self.sections: set[str] = set()

    def line(self, found: Found) -> Line | None:
        """One person; None for who is told once more, with another section."""
        name, email = found.person["username"].lower(), found.person["email"].lower()
        before = self.seen.get(name)
        if before and before.person == found.person and is_other_section(before, found):
            before.sections += found.sections
            return None
        line = Line(found.number, found.person, found.sections, found.lms)
        line.problems = [*mistakes(found), *self.too_many(found)]
        if before and name:
            line.problems.append(f"the same username as in line {before.number}")
        elif email in self.addresses:
            line.problems.append(f"the same e-mail address as in line {self.addresses[email]}")
        self.seen.setdefault(name, line)
        if email:
            self.addresses.setdefault(email, found.number)
        self.plan(line, self.known.get(name))
        return line

    def plan(self, line: Line, user: User | None) -> None:
        """What would be done with them."""
        if user is not None:
            line.person = {**line.person, "username": user.username}
        is_member = user is not None and user.pk in self.members
        line.plan = "stays" if is_member else "joins" if user else "new login"
        if line.plan == "joins" and not self.takes_anybody:
            line.problems.append("this login exists already: give its owner a join code")
        owner = self.taken.get(line.person["email"].lower())
        if line.plan == "new login" and owner is not None:
            line.problems.append(
                "another login has this e-mail address: give its owner a join code"
            )

    def too_many(self, found: Found) -> list[str]:
        """Sections beyond what a class has."""
        self.sections.update(found.sections)
        if len(self.sections) > MOST_SECTIONS:
            return [f"the file has more than {MOST_SECTIONS} sections: is it the right column?"]
        return []


def is_other_section(before: Line, found: Found) -> bool:
    """Whether a second line of somebody says only that they are in another section as well."""
    return bool(found.sections) and not set(found.sections) & set(before.sections)


def mistakes(found: Found) -> list[str]:
    """What is wrong with one person's cells."""
    person = found.person
    wrong = [
        f"{column} is longer than {most} characters"
        for column, most in LENGTHS.items()
        if len(person[column]) > most
    ]
    if found.extra:
        plural = "s" if found.extra > 1 else ""
        wrong.append(
            f"{found.extra} cell{plural} more than the header has columns: is there a comma that "
            "should be in quotes?"
        )
    if any(len(each) > SECTION_LENGTH for each in found.sections):
        wrong.append(f"the section's name is longer than {SECTION_LENGTH} characters")
    try:
        UnicodeUsernameValidator()(person["username"])
    except ValidationError:
        wrong.append(
            "username: letters, digits and @ . + - _ only" if person["username"] else "no username"
        )
    if person["email"]:
        try:
            validate_email(person["email"])
        except ValidationError:
            wrong.append("the e-mail address is none")
    return wrong
