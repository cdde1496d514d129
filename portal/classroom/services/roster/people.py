"""The lines of a roster as people: of our own columns, and of what other systems export."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from portal.classroom.services.roster.decoding import MOST_BYTES, RosterUnreadable

MOST_LINES = 10_000
COLUMNS = ("username", "first_name", "last_name", "email")
Cells = Mapping[str, str]


@dataclass(slots=True)
class Found:
    """What a line says of somebody."""

    number: int
    person: dict[str, str]
    sections: list[str] = field(default_factory=list)
    lms: dict[str, dict[str, str]] = field(default_factory=dict)
    """What the system that exported it calls them, by its name."""
    extra: int = 0
    """How many cells it has more than the header."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Whose columns they are."""

    name: str
    is_it: Callable[[set[str]], bool]
    """Whether a header's columns are its."""
    read: Callable[[Cells], Found | None]
    """Who a line is about; nothing for one that is about nobody."""


def person(username: str, first: str, last: str, email: str) -> dict[str, str]:
    """By our own columns."""
    return dict(zip(COLUMNS, (username, first, last, email), strict=True))


def as_address(text: str) -> str:
    """A login that is an address is that too."""
    return text if "@" in text else ""


def of_canvas(cells: Cells) -> Found | None:
    """The export of Canvas's gradebook; its lines of points and its test student are nobody."""
    name, login = cells.get("student", ""), cells.get("sis login id", "")
    told = {
        "student": name,
        "id": cells.get("id", ""),
        "sis_user_id": cells.get("sis user id", ""),
        "sis_login_id": login,
        "section": cells.get("section", ""),
    }
    is_test = name.casefold() in ("student, test", "test student") and not told["sis_user_id"]
    if is_test or (not told["id"] and not login and not told["sis_user_id"]):
        return None
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.rpartition(" ")
    who = person(login or told["sis_user_id"], first.strip(), last.strip(), as_address(login))
    return Found(0, who, [told["section"]] if told["section"] else [], {"canvas": told})


def of_moodle(cells: Cells) -> Found | None:
    """The participants, or the gradebook, of Moodle; groups are sections."""
    email = cells.get("email address") or cells.get("email", "")
    told = {
        "id_number": cells.get("id number", ""),
        "username": cells.get("username", ""),
        "email": email,
    }
    last = cells.get("last name") or cells.get("surname", "")
    groups = [each.strip() for each in cells.get("groups", "").split(",")]
    who = person(told["username"] or email, cells.get("first name", ""), last, email)
    return Found(0, who, [each for each in groups if each], {"moodle": told})


def of_blackboard(cells: Cells) -> Found | None:
    """The grade centre of Blackboard."""
    login, section = cells.get("username", ""), cells.get("child course id", "")
    told = {"username": login, "student_id": cells.get("student id", "")}
    who = person(login, cells.get("first name", ""), cells.get("last name", ""), as_address(login))
    return Found(0, who, [section] if section else [], {"blackboard": told})


def of_own(cells: Cells) -> Found | None:
    """Our own columns; spaces for their underscores do."""
    who = {name: cells.get(name.replace("_", " "), "") for name in COLUMNS}
    sections = cells.get("sections") or cells.get("section", "")
    found = [each.strip() for each in sections.split(";")]
    return Found(0, who, [each for each in found if each], lms_in(cells.get("lms", "")))


def lms_in(text: str) -> dict[str, dict[str, str]]:
    """What a preview has noted of another system's columns; nothing of what isn't that."""
    try:
        told = json.loads(text) if text else {}
        return {
            str(name)[:20]: {str(key)[:20]: str(value)[:200] for key, value in columns.items()}
            for name, columns in told.items()
        }
    except (ValueError, AttributeError, RecursionError):
        return {}


DIALECTS = (
    Dialect(
        "Canvas",
        lambda names: {"student", "id"} <= names and bool(names & {"sis login id", "section"}),
        of_canvas,
    ),
    Dialect(
        "Blackboard",
        lambda names: (
            {"last name", "first name", "username"} <= names
            and bool(names & {"student id", "last access", "availability"})
        ),
        of_blackboard,
    ),
    Dialect(
        "Moodle",
        lambda names: (
            "first name" in names
            and bool(names & {"last name", "surname"})
            and "email address" in names
        ),
        of_moodle,
    ),
    Dialect("our own", lambda names: "username" in names, of_own),
)


def dialect_of(header: Iterable[str]) -> Dialect:
    """Whose columns those are. Raises RosterUnreadable."""
    names = set(header)
    for each in DIALECTS:
        if each.is_it(names):
            return each
    raise RosterUnreadable(
        f"The first line must name the columns: {', '.join(COLUMNS)}, section. Only username has "
        "to be there. Exports of Canvas, Moodle and Blackboard do as they come."
    )


def people_in(text: str) -> tuple[Dialect, list[Found]]:
    """Everybody in a roster's text, and whose columns it has. Raises RosterUnreadable."""
    if len(text.encode()) > MOST_BYTES:
        raise RosterUnreadable(f"The text is larger than {MOST_BYTES // 1024} KB.")
    if "\0" in text:
        raise RosterUnreadable("The file holds NUL characters: it is no CSV.")
    text = text.removeprefix("\ufeff").lstrip("\r\n")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        return gathered(reader)
    except csv.Error as error:
        raise RosterUnreadable(f"Line {reader.line_num} can not be read: {error}.") from None


def gathered(reader: Iterable[list[str]]) -> tuple[Dialect, list[Found]]:
    """Line by line. Raises RosterUnreadable."""
    dialect, header = None, []
    people: list[Found] = []
    for number, cells in enumerate(reader, 1):
        stripped = [cell.strip() for cell in cells]
        if not any(stripped):
            continue
        if dialect is None:
            header = [" ".join(cell.lower().replace("_", " ").split()) for cell in stripped]
            dialect = dialect_of(header)
            continue
        found = dialect.read(dict(zip(header, stripped, strict=False)))
        if found is None:
            continue
        found.number, found.extra = number, sum(map(bool, stripped[len(header) :]))
        people.append(found)
        if len(people) > MOST_LINES:
            raise RosterUnreadable(
                f"There are more than {MOST_LINES} people in it. Is it the right file? If so, "
                "import it in parts."
            )
    if dialect is None:
        raise RosterUnreadable("The file is empty.")
    split_sections(people)
    return dialect, people


def split_sections(people: list[Found]) -> None:
    """Canvas writes “A and B” for who is in two: so they are, where each is a section by itself."""
    alone = {name for found in people for name in found.sections}
    for found in people:
        if "canvas" in found.lms and found.sections:
            parts = found.sections[0].replace(", and ", " and ").replace(", ", " and ")
            several = parts.split(" and ")
            if len(several) > 1 and alone.issuperset(several):
                found.sections = several
