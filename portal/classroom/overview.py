"""What the overview shows: every member of a class, and how far they are in one lab.

Three queries, whatever the number of students and of what they have run: members with their newest
session of the lab; how often each step was run on the cluster that it has now; its newest run.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from portal.activities import queries as activities
from portal.activities.models import Attempt, Session, ShownHint
from portal.activities.status import SessionStatus
from portal.catalog import queries as catalog
from portal.catalog.models import Lab
from portal.classroom.models import Assignment, Class, Membership
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import Move, StepSpec

LAB = "user__lab_sessions"
COLUMNS = {
    "user_id": "user_id",
    "username": "user__username",
    "first_name": "user__first_name",
    "last_name": "user__last_name",
    "session": f"{LAB}__id",
    "status": f"{LAB}__status",
    "asleep_since": f"{LAB}__asleep_since",
    "ready_at": f"{LAB}__ready_at",
    "expires_at": f"{LAB}__expires_at",
    "error": f"{LAB}__error",
    "hand_at": f"{LAB}__raised_hand__raised_at",
    "hand": f"{LAB}__raised_hand__text",
}
BEST = ("points", "points_of", "done", "steps", "completed_at")
BESIDE = ("v_hints", "v_attempts", *(f"v_best_{name}" for name in BEST))
"""What is asked for of each member beside the present session."""
RUN = ("session_id", "step_id", "status", "error")
TIMES = ("started_at", "finished_at")


@dataclass(slots=True)
class Cell:
    """One student's state of one step."""

    step: StepSpec
    state: str = "idle"
    seconds: float | None = None
    error: str = ""
    tries: int = 0
    is_done: bool = False

    def take(self, run: dict[str, Any]) -> None:
        """Its newest run, which counts."""
        started, finished = run.get("started_at"), run.get("finished_at")
        self.state, self.error = run["status"], run["error"]
        self.seconds = (finished - started).total_seconds() if started and finished else None


@dataclass(frozen=True, slots=True)
class Best:
    """A student's best attempt at a lab, by the version that it was made with."""

    points: int
    points_of: int
    ids: frozenset[str]
    """The steps that were done."""
    steps: int
    completed_at: datetime | None
    attempts: int
    """How many there were."""

    @property
    def done(self) -> int:
        """How many steps were done."""
        return len(self.ids)


@dataclass(slots=True)
class Row:
    """One student."""

    user_id: int
    username: str
    name: str
    sort_name: str
    session: str = ""
    status: str = ""
    is_asleep: bool = False
    """Whether the cluster stands still, as nobody has it open."""
    error: str = ""
    hand: str | None = None
    hand_at: datetime | None = None
    hints: int = 0
    """How many of the lab's hints they have asked for."""
    best: Best | None = None
    """The best of their attempts at the lab, the present one included."""
    expires_at: datetime | None = None
    cells: list[Cell] = field(default_factory=list)
    moved_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether there is a cluster, or may yet be one."""
        return bool(self.status) and SessionStatus(self.status).is_live

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(cell.is_done for cell in self.cells)

    @property
    def points(self) -> int:
        """The weights of the steps that are done."""
        return sum(cell.step.weight for cell in self.cells if cell.is_done)

    @property
    def best_points(self) -> int:
        """What counts: the best attempt's points, or those of the present one if they are more."""
        return max(self.points, self.best.points if self.best else 0)

    @property
    def best_done(self) -> int:
        """The same for steps."""
        return max(self.done, self.best.done if self.best else 0)

    @property
    def is_better_before(self) -> bool:
        """Whether an earlier attempt came further than the present cluster has."""
        return self.best_points > self.points or self.best_done > self.done

    @property
    def has_finished(self) -> bool:
        """Whether any attempt did every step that counts."""
        return self.is_finished or bool(self.best and self.best.completed_at)

    @property
    def is_finished(self) -> bool:
        """Whether every step is done but the tear-down, and those that are optional."""
        wanted = [each for each in self.cells if each.step.run.move is not Move.DOWN]
        return self.done > 0 and all(each.is_done or each.step.optional for each in wanted)

    @property
    def stuck_since(self) -> int | None:
        """When, in seconds since 1970, they last got a step further; None for who isn't at work."""
        if self.status != SessionStatus.READY or self.is_finished or self.moved_at is None:
            return None
        return int(self.moved_at.timestamp())

    @property
    def stuck_minutes(self) -> int:
        """For how long they have got no step further."""
        since = self.stuck_since
        return 0 if since is None else max(0, int(timezone.now().timestamp() - since) // 60)


def rows(
    klass: Class,
    lab: Lab | None,
    steps: Sequence[StepSpec],
    *,
    sessions: Collection[str] | None = None,
    has_times: bool = True,
) -> list[Row]:
    """The class's members with what they have done, by name. `sessions` asks for their owners.

    Without times nobody asks how long steps took, nor since when somebody is stuck.
    """
    members = Membership.objects.filter(klass=klass)
    if sessions is not None:
        members = members.filter(user__in=Session.objects.filter(pk__in=sessions).values("owner"))
    newest = Session.objects.filter(
        owner=OuterRef("user"), version__lab=lab, is_rehearsal=False
    ).order_by("-created_at")
    best = Attempt.objects.filter(owner=OuterRef("user"), lab=lab).order_by("-share", "pk")
    found = (
        members.annotate(
            newest=Subquery(newest.values("pk")[:1]),
            v_hints=hints_of("newest"),
            v_attempts=attempts_at(lab),
            **{f"v_best_{name}": Subquery(best.values(name)[:1]) for name in BEST},
        )
        .filter(Q(newest=None) | Q(**{LAB: F("newest")}))
        .order_by("user__last_name", "user__username")
        .values("newest", *BESIDE, **{f"v_{name}": F(path) for name, path in COLUMNS.items()})
    )
    gathered = gather(found, steps)
    fill({row.session: row for row in gathered if row.session}, has_times=has_times)
    return gathered


def fill(rows: dict[str, Row], *, has_times: bool) -> None:
    """Take what was run on the clusters that sessions have now into their rows.

    Apart from the members: what is asked for of each of them would be looked up for each run.
    """
    runs = activities.runs_now(rows)
    columns = (*RUN, *TIMES) if has_times else RUN
    cells = {(session, cell.step.id): cell for session, row in rows.items() for cell in row.cells}
    for session, step_id, tries, good, done_at in activities.counted(runs, has_times=has_times):
        if cell := cells.get((session, step_id)):
            cell.tries, cell.is_done, row = tries, good > 0, rows[session]
            if done_at:  # A step that is done moves its student on.
                row.moved_at = max(done_at, row.moved_at or done_at)
    for run in activities.newest_of(runs).values(*columns):
        if cell := cells.get((run["session_id"], run["step_id"])):
            cell.take(run)


def hints_of(session: str) -> Subquery:
    """How many hints were asked for in a session."""
    shown = ShownHint.objects.filter(session=OuterRef(session)).order_by()
    return Subquery(shown.values("session").annotate(count=Count("pk")).values("count"))


def attempts_at(lab: Lab | None) -> Subquery:
    """How many attempts a member has made at a lab."""
    made = Attempt.objects.filter(owner=OuterRef("user"), lab=lab).order_by()
    return Subquery(made.values("owner").annotate(count=Count("pk")).values("count"))


def gather(found: Iterable[Any], steps: Sequence[StepSpec]) -> list[Row]:
    """Rows from what the query found: whoever has sessions of other labs may come several times."""
    gathered: dict[int, Row] = {}
    names = (*COLUMNS, *(each.removeprefix("v_") for each in BESIDE))
    for each in found:
        values = {name: each[f"v_{name}"] for name in names}
        if values["user_id"] not in gathered:
            cells = [Cell(step) for step in steps]
            # Sessions of other labs don't count here.
            has_session = each["newest"] is not None
            gathered[values["user_id"]] = begin(values, has_session, cells)
    return list(gathered.values())


def begin(values: dict[str, Any], has_session: bool, cells: list[Cell]) -> Row:
    """A student's row, before any run."""
    full = f"{values['first_name']} {values['last_name']}".strip()
    username = values["username"]
    sort_name = f"{values['last_name']} {values['first_name']} {username}".strip().lower()
    row = Row(values["user_id"], username, full or username, sort_name, cells=cells)
    row.best = best_of(values)
    if has_session:
        row.session, row.status, row.error = values["session"], values["status"], values["error"]
        row.is_asleep = values["asleep_since"] is not None
        row.hand, row.hand_at = values["hand"], values["hand_at"]
        row.hints = values["hints"] or 0
        row.expires_at, row.moved_at = values["expires_at"], values["ready_at"]
    return row


def best_of(values: dict[str, Any]) -> Best | None:
    """The best attempt; None for who has done nothing yet."""
    if values["best_points"] is None:
        return None
    return Best(
        points=values["best_points"],
        points_of=values["best_points_of"],
        ids=frozenset(values["best_done"]),
        steps=values["best_steps"],
        completed_at=values["best_completed_at"],
        attempts=values["attempts"] or 1,
    )


def steps_of(lab: Lab | None) -> tuple[StepSpec, ...]:
    """The columns: the steps of the lab's newest published version."""
    spec = spec_of(lab)
    return spec.steps if spec else ()


def spec_of(lab: Lab | None) -> LabSpec | None:
    """What the lab's newest published version says, if it can be read."""
    version = catalog.latest_version(lab.name) if lab else None
    return version.spec if version and catalog.is_readable(version) else None


def labs_for(klass: Class) -> QuerySet[Lab]:
    """All labs, the class's own before the others and in its order."""
    own = Assignment.objects.filter(klass=klass, lab=OuterRef("pk"))
    places = Lab.objects.annotate(place=Subquery(own.values("position")[:1]))
    return places.order_by(F("place").asc(nulls_last=True), "name")


def choose_lab(klass: Class, name: str) -> Lab | None:
    """The lab to show: the one asked for, the class's own, or the one somebody launched last."""
    asked = Lab.objects.filter(name=name).first() if name else None
    if asked or klass.lab:
        return asked or klass.lab
    session = (
        Session.objects.filter(owner__memberships__klass=klass, is_rehearsal=False)
        .select_related("version__lab")
        .order_by("-created_at")
        .first()
    )
    return session.version.lab if session else Lab.objects.filter(is_listed=True).first()
