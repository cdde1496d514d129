"""A class's grades as files that Canvas, Moodle and a spreadsheet take.

What a system knows people by stays as its own export had it, so that it finds them again; whatever
people can write as they like is guarded against being run as a formula.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from decimal import Decimal

from portal.classroom.gradebook import Book, Score, rounded
from portal.classroom.models import Assignment
from portal.spreadsheets import BOM, Exact, Writer

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("First name", "Last name", "ID number", "Username", "Email address")
POSSIBLE = "Points Possible"
OF_LAB = ("points", "of", "done", "completed at", "days late", "attempts", "given by", "comment")
Rows = Iterator[Sequence[object]]


def canvas(book: Book) -> Rows:
    """Canvas's own columns, and one for each lab; its second line has what each is worth."""
    yield [*CANVAS, *(column_name(each.assignment) for each in book.columns)]
    yield [POSSIBLE, "", "", "", "", *(number(each.possible) for each in book.columns)]
    for line in book.lines:
        known = line.member.lms.get("canvas", {})
        user = line.user
        by_name = ", ".join(filter(None, (user.last_name, user.first_name))) or user.username
        yield [
            known.get("student") or by_name,
            Exact(known.get("id", "")),
            Exact(known.get("sis_user_id", "")),
            Exact(known.get("sis_login_id") or user.username),
            Exact(known.get("section") or line.sections),
            *(number(each.points) for each in line.scores),
        ]


def moodle(book: Book) -> Rows:
    """What Moodle's import maps: who people are, then points and feedback of each lab."""
    names = [column_name(each.assignment) for each in book.columns]
    yield [*MOODLE, *(cell for name in names for cell in (name, f"{name} (feedback)"))]
    for line in book.lines:
        known, user = line.member.lms.get("moodle", {}), line.user
        yield [
            user.first_name,
            user.last_name,
            Exact(known.get("id_number", "")),
            Exact(known.get("username") or user.username),
            Exact(known.get("email") or user.email),
            *(cell for each in line.scores for cell in (number(each.points), comment_of(each))),
        ]


def spreadsheet(book: Book) -> Rows:
    """All that the book knows, to be read by people and their own programs; times in UTC."""
    labs = [each.assignment.lab.name for each in book.columns]
    yield ["username", "name", "email", "sections", "points", "of"] + [
        f"{lab} {word}" for lab in labs for word in OF_LAB
    ]
    for line in book.lines:
        cells: list[object] = [Exact(line.user.username), line.name, Exact(line.user.email)]
        cells += [line.sections, number(line.points), number(book.possible)]
        yield [*cells, *(cell for each in line.scores for cell in cells_of(each))]


def steps(book: Book) -> Rows:
    """A line for each step and question of each student in each lab, of the attempt that counts."""
    yield ["username", "name", "lab", "step", "kind", "points", "of", "passed at", "days late"]
    for line in book.lines:
        for score in line.scores:
            lab, worth = score.column.assignment.lab.name, score.column.possible
            weights = sum(each.weight for each in score.steps)
            for each in score.steps:
                at = each.at.astimezone(UTC).isoformat(timespec="seconds") if each.at else ""
                of = rounded(worth * each.weight / weights) if weights else Decimal(0)
                kind = "question" if each.is_question else "step"
                who = (Exact(line.user.username), line.name)
                points = (number(each.points), number(of))
                yield [*who, lab, each.id, kind, *points, at, each.days_late or ""]


def cells_of(score: Score) -> list[object]:
    """One lab of one student."""
    at, attempt = score.completed_at, score.attempt
    return [
        number(score.points),
        number(score.column.possible),
        f"{attempt.done_count} of {attempt.steps}" if attempt else "",
        at.astimezone(UTC).isoformat(timespec="seconds") if at else "",
        score.days_late or "",
        len(score.attempts),
        given_by(score),
        comment_of(score),
    ]


def column_name(assignment: Assignment) -> str:
    """What a lab's column is called there; its title, where nobody has said."""
    return assignment.lms_column or assignment.title


def given_by(score: Score) -> str:
    """Whose points stand in the place of the counted ones."""
    grade = score.grade if score.is_overridden else None
    return grade.by.get_username() if grade and grade.by else ""


def comment_of(score: Score) -> str:
    """What the student is told."""
    return score.grade.comment if score.grade else ""


def number(points: Decimal | None) -> object:
    """Points as a cell: no digits that say nothing, and empty for who has none."""
    if points is None:
        return ""
    return int(points) if points == points.to_integral_value() else float(points)


FORMATS: dict[str, Callable[[Book], Rows]] = {
    "csv": spreadsheet,
    "steps": steps,
    "canvas": canvas,
    "moodle": moodle,
}

NAMES = (
    ("csv", "Spreadsheet (CSV)"),
    ("steps", "Steps and questions (CSV)"),
    ("canvas", "For Canvas"),
    ("moodle", "For Moodle"),
)
"""As people read them."""


def as_csv(book: Book, form: str) -> str:
    """The book as a file's text. Guests are nobody whom another system knows."""
    is_ours = form in ("csv", "steps")
    known = [each for each in book.lines if is_ours or not each.user.is_guest]
    text = io.StringIO()
    text.write(BOM)
    writer = Writer(text)
    for row in FORMATS[form](Book(book.klass, book.columns, known)):
        writer.writerow(row)
    return text.getvalue()
