"""What came of a step's calls, and what may be called: read from what runs have kept."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Substr

from portal.activities.models import Session, StepRun
from portal.activities.status import StepStatus
from portal.engine import benches, replies, routes
from portal.engine.benches import Bench
from portal.engine.kinds.job import kind_of
from portal.engine.lab.step import StepSpec
from portal.engine.replies import Reply
from portal.engine.routes import Route

SHOWN = 20
"""Replies that are shown one by one; the table counts them all."""
MOST_ROWS = 40
BODY_SHOWN = 2000
"""Characters of a reply's body, where it is one of many."""
EARLIER = 8
OUTPUT_SHOWN = 4000
PRESETS = 10
PRESET_LIMIT = 4096
"""Characters of a call that can be had back with a click."""
LOOKED_AT = 60
"""Runs among which the last different calls are sought."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply, as the page shows it."""

    reply: Reply
    body: str
    is_cut: bool

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return self.reply.seconds * 1000

    @property
    def tone(self) -> str:
        """Of which kind the status is: `good`, `warn` or `bad`."""
        if self.reply.is_good:
            return "good"
        return "warn" if self.reply.is_redirect else "bad"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the newest run with replies got."""

    run: StepRun
    shown: list[Answer]
    rows: list[tuple[str, str, str, str, int]]
    """Method, path, status in words, its tone, and how many; most first."""
    count: int
    benches: list[Bench]

    @property
    def more(self) -> int:
        """Replies that are only counted."""
        return self.count - len(self.shown)


def context(session: Session, step: StepSpec) -> Mapping[str, Any]:
    """All that a step's own templates show of calls."""
    known = routes_of(session)
    return {
        "offered": kind_of(step).on_page(known),
        "presets": presets(session, step),
    }


def routes_of(session: Session) -> tuple[Route, ...] | None:
    """Those of the server that the student started last; None where it did not say."""
    serving = [each.id for each in session.spec.steps if each.run.serves]
    good = [StepStatus.SERVING, StepStatus.PASSED]
    runs = session.runs.filter(generation=session.generation, step_id__in=serving, status__in=good)
    kept = runs.order_by("-pk").values_list("evidence__routes", flat=True).first()
    return routes.of(kept) if isinstance(kept, list) else None


def presets(session: Session, step: StepSpec) -> list[dict[str, Any]]:
    """The last different calls that the student made up, newest first."""
    made = session.runs.filter(params__has_key="call").order_by("-pk")
    found: dict[str, dict[str, Any]] = {}
    for params in made.values_list("params", flat=True)[:LOOKED_AT]:
        (line, *_), call = params["commands"], params["call"]
        if len(line) <= PRESET_LIMIT and len(found) < PRESETS:
            found.setdefault(line, {"line": line, "call": call})
    return list(found.values())


def answers(session: Session, step: StepSpec) -> Answers | None:
    """What the newest run that was answered got."""
    runs = session.runs.filter(generation=session.generation, step_id=step.id).defer("output")
    run = runs.exclude(evidence={}).order_by("-pk").first()
    if run is None:
        return None
    got, measured = replies.of(run.evidence.get("replies", [])), run.evidence.get("benches", [])
    many = len(got) > 1
    return Answers(
        run, [shown(each, many) for each in got[-SHOWN:]], rows(got), len(got), benches.of(measured)
    )


def shown(reply: Reply, many: bool) -> Answer:
    """A reply, and as much of its body as a page has room for."""
    limit = BODY_SHOWN if many else replies.KEPT_BODY
    is_cut = len(reply.body) > limit or len(reply.body.encode()) >= replies.KEPT_BODY
    return Answer(reply, reply.body[:limit], is_cut)


def rows(got: list[Reply]) -> list[tuple[str, str, str, str, int]]:
    """How often each address answered in which way."""
    counted = Counter((each.method or "GET", each.route, each.status) for each in got)
    words = {each.status: (each.reason, Answer(each, "", False).tone) for each in got}
    return [
        (method, path, *words[status], count)
        for (method, path, status), count in counted.most_common(MOST_ROWS)
    ]


def earlier(session: Session, step: StepSpec) -> list[dict[str, Any]]:
    """The step's runs before the newest, on this cluster, each with the `head` of its output."""
    runs = session.runs.filter(generation=session.generation, step_id=step.id)
    fields = runs.annotate(head=Substr("output", 1, OUTPUT_SHOWN)).order_by("-pk")
    found = fields.values("pk", "status", "created_at", "head")[1 : EARLIER + 1]
    return [{**each, "stream": f"step:{each['pk']}"} for each in found]
