"""What everybody in a class has reached in each of its labs, and what it counts.

Points are a share of what a lab is worth: the weights of the steps that were done, each by when it
passed, of the weights that the version had which they were done with. So a later version, which may
have more steps or others, takes nothing off anybody.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from portal.activities.models import Attempt
from portal.catalog import queries as catalog
from portal.classroom.deadlines import Deadlines, deadlines_of
from portal.classroom.models import (
    Assignment,
    Class,
    Counts,
    Extension,
    Grade,
    Membership,
    User,
)
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import StepSpec

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Column:
    """A lab of the class."""

    assignment: Assignment
    spec: LabSpec | None
    """What its students launch now; nothing if that can't be read any more."""

    @property
    def possible(self) -> Decimal:
        """What all of it is worth."""
        if self.assignment.points is not None:
            return self.assignment.points
        return Decimal(sum(each.weight for each in self.spec.steps) if self.spec else 0)

    @property
    def moves(self) -> frozenset[str]:
        """The steps that are done by launching and tearing down."""
        steps = self.spec.steps if self.spec else ()
        return frozenset(each.id for each in steps if each.run.move is not None)


@dataclass(frozen=True, slots=True)
class StepScore:
    """A step of an attempt: when it was done, and what it counts of its weight."""

    id: str
    title: str
    weight: int
    at: datetime | None
    share: Decimal
    days_late: int
    points: Decimal
    """Of what the lab is worth."""
    is_question: bool = False


@dataclass(slots=True)
class Score:
    """One student in one lab."""

    user_id: int
    column: Column
    deadlines: Deadlines
    attempts: list[Attempt]
    """All of them, the oldest first."""
    attempt: Attempt | None
    """The one that counts."""
    grade: Grade | None
    extension: Extension | None = None

    @property
    def counted(self) -> Decimal | None:
        """The points as counted; None for who has not begun."""
        if self.attempt is None:
            return None
        return rounded(self.column.possible * credit(self.attempt, self.deadlines))

    @property
    def points(self) -> Decimal | None:
        """What counts: an instructor's word, or else what was counted."""
        if self.is_overridden:
            return self.grade.points if self.grade else None
        return self.counted

    @property
    def is_overridden(self) -> bool:
        """Whether an instructor's points stand in the place of the counted ones."""
        return self.grade is not None and self.grade.points is not None

    @property
    def completed_at(self) -> datetime | None:
        """When any attempt did every step first."""
        times = [each.completed_at for each in self.attempts if each.completed_at]
        return min(times, default=None)

    @property
    def days_late(self) -> int:
        """How late the latest step was that the attempt which counts did; 0 in time."""
        if self.attempt is None:
            return 0
        times = map(self.attempt.when_done, self.attempt.done)
        return max(map(self.deadlines.days_late, times), default=0)

    @property
    def steps(self) -> list[StepScore]:
        """The attempt that counts, step by step."""
        return steps_of(self.attempt, self) if self.attempt else []


@dataclass(slots=True)
class Line:
    """One student in all labs."""

    member: Membership
    scores: list[Score]
    sections: str = ""

    @property
    def user(self) -> User:
        """Who it is."""
        return self.member.user

    @property
    def name(self) -> str:
        """What they are called."""
        return self.user.get_full_name() or self.user.get_username()

    @property
    def points(self) -> Decimal:
        """All of their points."""
        return sum((each.points for each in self.scores if each.points is not None), Decimal(0))


@dataclass(slots=True)
class Book:
    """A class's grades."""

    klass: Class
    columns: list[Column]
    lines: list[Line] = field(default_factory=list)

    @property
    def possible(self) -> Decimal:
        """What all labs are worth together."""
        return sum((each.possible for each in self.columns), Decimal(0))

    def averages(self) -> list[Decimal | None]:
        """Each lab's mean of those who have points in it."""
        found = []
        for at in range(len(self.columns)):
            points = [line.scores[at].points for line in self.lines]
            known = [each for each in points if each is not None]
            found.append(rounded(sum(known, Decimal(0)) / len(known)) if known else None)
        return found


def rounded(points: Decimal) -> Decimal:
    """Two digits, half a cent up."""
    return points.quantize(CENT, ROUND_HALF_UP)


def columns_of(klass: Class) -> list[Column]:
    """The class's labs, in its order."""
    found = []
    for each in klass.assignments.select_related("lab", "version__lab"):
        version = each.version or catalog.latest_version(each.lab.name)
        is_readable = version is not None and catalog.is_readable(version)
        found.append(Column(each, version.spec if version and is_readable else None))
    return found


def book_of(klass: Class, users: Collection[int] | None = None) -> Book:
    """A class's grades, or those of some of its members; a query for each kind of row."""
    members = klass.memberships.select_related("user").prefetch_related("sections")
    members = members.order_by("user__last_name", "user__first_name", "user__username")
    if users is not None:
        members = members.filter(user__in=users)
    book = Book(klass, columns_of(klass))
    mine = {each.assignment.lab_id: each for each in book.columns}
    attempts: dict[tuple[int, int], list[Attempt]] = defaultdict(list)
    found = Attempt.objects.filter(lab__in=mine, owner__in=members.values("user"))
    for attempt in found.order_by("began_at", "pk"):
        attempts[attempt.owner_id, attempt.lab_id].append(attempt)
    of_class = {"assignment__klass": klass, "user__in": members.values("user")}
    graded = Grade.objects.filter(**of_class).select_related("by")
    grades = {(each.user_id, each.assignment_id): each for each in graded}
    extended = Extension.objects.filter(**of_class)
    extensions = {(each.user_id, each.assignment_id): each for each in extended}
    for member in members:
        scores = []
        for column in book.columns:
            given = column.assignment
            extension = extensions.get((member.user_id, given.pk))
            held = deadlines_of(given, klass.zone, member.time_multiplier, extension)
            made = attempts[member.user_id, given.lab_id]
            chosen = choose(klass, column, held, made)
            grade = grades.get((member.user_id, given.pk))
            scores.append(Score(member.user_id, column, held, made, chosen, grade, extension))
        sections = ", ".join(each.name for each in member.sections.all())
        book.lines.append(Line(member, scores, sections))
    return book


def choose(
    klass: Class, column: Column, held: Deadlines, attempts: Sequence[Attempt]
) -> Attempt | None:
    """The attempt that counts: the class says which.

    An attempt in which a cluster was only started is none where there is another.
    """
    begun = [each for each in attempts if not column.moves.issuperset(each.done)]
    begun = begun or list(attempts)
    if not begun:
        return None
    match klass.counts:
        case Counts.FIRST:
            return begun[0]
        case Counts.LAST:
            return begun[-1]
        case _:
            return max(begun, key=lambda each: credit(each, held))


def credit(attempt: Attempt, held: Deadlines) -> Decimal:
    """The share of an attempt's points that counts: 0 to 1."""
    weights = attempt.weights or dict.fromkeys(attempt.done, 1)
    whole = sum(weights.values())
    done = [each for each in attempt.done if each in weights]
    if not whole:
        return max((held.share(attempt.when_done(each)) for each in done), default=Decimal(0))
    parts: list[Decimal] = [weights[each] * held.share(attempt.when_done(each)) for each in done]
    return sum(parts, Decimal(0)) / Decimal(whole)


def steps_of(attempt: Attempt, score: Score) -> list[StepScore]:
    """An attempt's steps, by the version that it was made with."""
    steps = {each.id: each for each in score.column.spec.steps} if score.column.spec else {}
    held, order = score.deadlines, {step_id: at for at, step_id in enumerate(steps)}
    weights = attempt.weights or dict.fromkeys(attempt.done, 1)
    whole = sum(weights.values())
    found = []
    # PostgreSQL keeps no order of keys; what the version of now doesn't have comes last.
    for step_id in sorted(weights, key=lambda each: (order.get(each, len(order)), each)):
        weight, step = weights[step_id], steps.get(step_id)
        at = attempt.when_done(step_id) if step_id in attempt.done else None
        if at is None and step is not None and step.when is not None:
            continue  # Most likely it was never shown.
        share, late = (held.share(at), held.days_late(at)) if at else (Decimal(0), 0)
        part = weight * share / whole if whole else Decimal(0)
        found.append(
            StepScore(
                step_id,
                step.title if step else step_id,
                weight,
                at,
                share,
                late,
                rounded(score.column.possible * part),
                step is not None and is_question(step),
            )
        )
    return found


def is_question(step: StepSpec) -> bool:
    """Whether it asks something: such a step remembers what was answered."""
    return "answer" in step.run.remembers


def score_in(klass: Class, assignment_id: int, user_id: int) -> tuple[Line, Score] | None:
    """One student's score in one lab, with their line; None for whom the class doesn't have."""
    for line in book_of(klass, [user_id]).lines:
        for score in line.scores:
            if score.column.assignment.pk == assignment_id:
                return line, score
    return None
