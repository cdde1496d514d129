"""The pipeline board: a row a student, a light a part of the pipeline, the worst first.

A query for all students, whatever their number, one for what they have run, and one for their labs.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Right

from portal.activities.models import Session, StepRun
from portal.activities.queries import newest_of, runs_now
from portal.activities.status import SessionStatus, StepStatus
from portal.catalog.models import LabVersion
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import StepSpec
from portal.insights.signatures import TAIL, normal, signature

COLUMNS = {
    "session": "pk",
    "username": "owner__username",
    "first_name": "owner__first_name",
    "last_name": "owner__last_name",
    "session_status": "status",
    "session_progress": "progress",
    "session_error": "error",
    "session_version": "version_id",
    "session_since": "created_at",
}
RUN = ("session_id", "step_id", "status", "error", "created_at")
BY_RUN = {
    StepStatus.QUEUED: "busy",
    StepStatus.RUNNING: "busy",
    StepStatus.SERVING: "on",
    StepStatus.PASSED: "on",
    StepStatus.FAILED: "bad",
    StepStatus.CANCELLED: "off",
}


@dataclass(frozen=True, slots=True)
class Run:
    """The newest run of a step."""

    status: StepStatus
    at: datetime
    error: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Light:
    """A part of the pipeline: `on`, `busy`, `bad` or `off`."""

    name: str
    state: str


@dataclass(slots=True)
class Row:
    """One student's session."""

    session: str
    name: str
    status: SessionStatus
    spec: LabSpec
    progress: list[dict[str, Any]]
    error: str
    since: datetime
    runs: dict[str, Run] = field(default_factory=dict)
    """The newest of each step, in the order in which they were begun."""

    @property
    def lights(self) -> list[Light]:
        """The services, the topic, the servers, then what kinds of steps have for their own."""
        steps = self.spec.steps
        creates = [each for each in steps if each.run.makes_topic(each)]
        others = dict.fromkeys(each.run.light for each in steps if each.run.light)
        lights = [
            *(Light(each.name, self.of_service(each.name)) for each in self.own_services()),
            *([Light("topic", self.of_steps(creates))] if creates else []),
            *(Light(each, self.of_server(each)) for each in self.servers()),
            *(
                Light(name, self.of_steps(each for each in steps if each.run.light == name))
                for name in others
            ),
        ]
        if self.status is SessionStatus.ENDED:
            return [Light(each.name, "off") for each in lights]
        return lights

    def own_services(self) -> list[Any]:
        """The services that do something by themselves."""
        return [each for each in self.spec.services if each.command]

    def servers(self) -> list[str]:
        """The servers that the lab's steps start."""
        names = (each.run.process_name for each in self.spec.steps if each.run.serves)
        return [each for each in dict.fromkeys(names) if each is not None]

    def of_service(self, name: str) -> str:
        """A service's light."""
        done = {each["service"]: each["is_done"] for each in self.progress}
        match self.status:
            case SessionStatus.READY | SessionStatus.STOPPING:
                return "on"
            case SessionStatus.STARTING:
                return "on" if done.get(name) else "busy"
            case SessionStatus.FAILED:
                # One that fell over later took all with it; one that did not start, only itself.
                return "bad" if all(done.values()) or not done.get(name) else "off"
        return "off"

    def of_steps(self, steps: Iterable[StepSpec]) -> str:
        """The light of what some steps do."""
        found = self.newest([each.id for each in steps])
        return BY_RUN[found.status] if found else "off"

    def of_server(self, process: str) -> str:
        """A server's light: one that was stopped on purpose is off."""
        servers = [each for each in self.spec.steps if each.run.serves]
        found = self.newest([each.id for each in servers if each.run.process_name == process])
        if found is None or found.status is StepStatus.PASSED:
            return "off"
        return BY_RUN[found.status]

    def newest(self, ids: Iterable[str]) -> Run | None:
        """The newest run of any of these steps."""
        found = [self.runs[each] for each in ids if each in self.runs]
        return max(found, key=lambda each: each.at, default=None)

    @property
    def current(self) -> StepSpec:
        """The step that is at hand: the one that runs, that failed, or that comes next."""
        for states in ((StepStatus.QUEUED, StepStatus.RUNNING), (StepStatus.FAILED,)):
            for step_id in reversed(self.runs):
                if self.runs[step_id].status in states:
                    return self.spec.step(step_id)
        steps = self.spec.common_steps or self.spec.steps
        return next((each for each in steps if not self.is_done(each)), steps[-1])

    def is_done(self, step: StepSpec) -> bool:
        """Whether a step's newest run was good."""
        return step.id in self.runs and self.runs[step.id].status.is_good

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(map(self.is_done, self.spec.steps))

    @property
    def count(self) -> int:
        """How many steps there are for this student."""
        return self.spec.count_of(self.runs)

    @property
    def failed(self) -> tuple[str, Run] | None:
        """The newest failure that nobody has mended."""
        failures = [each for each in self.runs.items() if each[1].status is StepStatus.FAILED]
        return failures[-1] if failures else None

    @property
    def trouble(self) -> str:
        """What is wrong, in the session's or the portal's own words."""
        if self.status is SessionStatus.FAILED:
            return self.error
        return self.failed[1].error if self.failed else ""

    @property
    def signature(self) -> str:
        """The name of what is wrong, shared with whoever has the same."""
        if self.status is SessionStatus.FAILED:
            return signature(self.error)
        return signature(self.failed[1].error, self.failed[1].said) if self.failed else ""

    @property
    def told(self) -> str:
        """The same of this student alone: with their own numbers, where it goes by its words."""
        return self.trouble if normal(self.trouble) == self.signature else self.signature

    @property
    def moved_at(self) -> datetime:
        """When something was last begun."""
        return max((each.at for each in self.runs.values()), default=self.since)

    @property
    def badness(self) -> tuple[int, float]:
        """Smaller is worse. Of two that are as bad, the one that waits for longer comes first."""
        order = {
            SessionStatus.FAILED: 0,
            SessionStatus.QUEUED: 2,
            SessionStatus.STARTING: 3,
            SessionStatus.ENDED: 6,
        }
        rank = order.get(self.status, 5 if self.done + 1 >= self.count else 4)
        if self.failed and rank in (4, 5):
            rank = 1
        return rank, self.moved_at.timestamp()


@dataclass(frozen=True, slots=True)
class Group:
    """Students who have the same error now."""

    signature: str
    step: StepSpec
    rows: tuple[Row, ...]

    @property
    def key(self) -> str:
        """Its name in the page: the same group is the same card, whoever comes and goes."""
        return hashlib.sha256(self.signature.encode()).hexdigest()[:12]

    @property
    def says(self) -> str:
        """What a student reads, where the name alone doesn't tell it."""
        return "" if self.rows[0].told == self.rows[0].trouble else self.rows[0].trouble

    @property
    def where(self) -> str:
        """The step at which they are; none when it is their cluster that failed."""
        return "" if self.rows[0].status is SessionStatus.FAILED else self.step.title


def rows(sessions: QuerySet[Session]) -> list[Row]:
    """The board of some sessions, the worst first."""
    columns = {f"v_{name}": F(path) for name, path in COLUMNS.items()}
    found: list[Any] = list(sessions.order_by("pk").values(**columns))
    versions = LabVersion.objects.in_bulk({each["v_session_version"] for each in found})
    made: dict[str, Row] = {}
    for each in found:
        values = {name: each[f"v_{name}"] for name in COLUMNS}
        made[values["session"]] = begin(values, versions[values["session_version"]].spec)
    said = Case(
        When(status=StepStatus.FAILED, then=Right("output", TAIL)),
        default=Value(""),
        output_field=TextField(),
    )
    for run in newest_of(runs_now(made)).values(*RUN, said=said):
        take(made[run["session_id"]], run)
    return sorted(made.values(), key=lambda row: row.badness)


def begin(values: dict[str, Any], spec: LabSpec) -> Row:
    """A session's row, before any run."""
    full = f"{values['first_name']} {values['last_name']}".strip()
    return Row(
        session=values["session"],
        name=full or values["username"],
        status=SessionStatus(values["session_status"]),
        spec=spec,
        progress=values["session_progress"],
        error=values["session_error"],
        since=values["session_since"],
    )


def take(row: Row, run: dict[str, Any]) -> None:
    """The newest run of a step; those that were begun before come before it."""
    if any(each.id == run["step_id"] for each in row.spec.steps):
        status = StepStatus(run["status"])
        row.runs[run["step_id"]] = Run(status, run["created_at"], run["error"], run["said"])


def in_trouble(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Those of which a group may tell: their cluster has failed, or a step on it has."""
    failed = StepRun.objects.filter(
        session=OuterRef("pk"), generation=OuterRef("generation"), status=StepStatus.FAILED
    )
    return sessions.filter(Q(status=SessionStatus.FAILED) | Exists(failed))


def groups(board: Iterable[Row]) -> list[Group]:
    """Students by what is wrong: the error that most of them share comes first."""
    found: dict[str, list[Row]] = {}
    for row in board:
        if row.signature:
            found.setdefault(row.signature, []).append(row)
    made = [Group(name, each[0].current, tuple(each)) for name, each in found.items()]
    return sorted(made, key=lambda group: -len(group.rows))


def context(sessions: QuerySet[Session]) -> dict[str, Any]:
    """What the board's template needs, for any page that has sessions to show."""
    board = rows(sessions)
    return {"board": board, "groups": groups(board)}
