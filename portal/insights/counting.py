"""Where the gap meter's counts are from: step runs, the relay's streams, extractions."""

import json
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from portal.activities import keys
from portal.activities.models import Session, StepRun
from portal.activities.status import StepStatus
from portal.engine.causes.calls import NOTHING_LISTENS
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import Run
from portal.faults import queries as faults
from portal.insights import tally as tallies
from portal.insights.counts import Counts
from portal.insights.tally import Kinds, Tally, add
from portal.insights.transcript import done_of
from portal.live.connection import connect
from portal.results import queries
from portal.results.models import Extraction
from portal.results.store import RowsGone
from portal.terminal.queries import requests_typed
from portal.trace import queries as traces
from portal.trace.joining import Fate
from portal.trace.words import troubles

SETTLE_SECONDS = 3.0
"""How long what belongs to a line or a record may be under way."""
BUSY = (StepStatus.QUEUED, StepStatus.RUNNING)
ROWS_SECONDS = 3600


def count(session: Session) -> Counts:
    """All counts of the session's present cluster. Raises RedisError."""
    spec = session.spec
    service, topic = log_service(spec), topic_of(spec)
    tally = tallies.update(session, service, topic, spec.event_key)
    runs = runs_of(session)
    return Counts(
        **sent_counts(spec, runs, *requests_typed(session)),
        **log_counts(tally),
        **topic_counts(session, topic, tally),
        **extraction_counts(session, topic),
        **trouble_counts(session),
        servers_killed=faults.killed(session),
        flow=spec.flow,
        is_settling=session.status == "ready" and is_settling(tally, runs),
        is_unread=session.status == "ready" and is_unread(session, topic, tally),
    )


def trouble_counts(session: Session) -> dict[str, Any]:
    """What traces prove of requests that went wrong."""
    found = traces.traces(session).requests
    return {
        "troubles": tuple(troubles(found, Fate.ERROR)),
        "losses": tuple(troubles(found, Fate.LOST)),
        "silent": tuple(troubles(found, Fate.SILENT)[-1:]),
    }


def has_meter(spec: LabSpec) -> bool:
    """Whether a lab calls an API that sends to a topic: without, there is nothing to compare."""
    return any(step.run.has_meter for step in spec.steps) and bool(topic_of(spec))


def flow_of(session: Session) -> dict[str, Any]:
    """What the meter's places are called; none where a lab has no meter."""
    return {"flow": session.spec.flow if has_meter(session.spec) else None}


def log_service(spec: LabSpec) -> str:
    """The service whose log tells of requests; empty when no step starts a server."""
    return next(iter(spec.serving), "")


def topic_of(spec: LabSpec) -> str:
    """The topic that the lab is about; empty when there is none."""
    named = (s.run.extracts_from for s in spec.steps if s.run.extracts_from)
    return next(named, None) or next(iter(spec.topics), "")


def runs_of(session: Session) -> list[StepRun]:
    """The runs that count on the present cluster; what they printed is loaded when needed."""
    ids = [step.id for step in session.spec.steps if counts(step.run)]
    runs = session.runs.filter(generation=session.generation, step_id__in=ids)
    return list(runs.defer("output"))


def counts(run: Run) -> bool:
    """Whether an event passes what a step runs: a request, a server, a table of a topic."""
    return run.is_request or run.serves or run.makes_table


def sent_counts(
    spec: LabSpec, runs: Iterable[StepRun], typed: Iterable[str] = (), refused: int = 0
) -> dict[str, Any]:
    """What the page has sent and what was typed in a terminal, and what runs."""
    by_path: dict[str, int] = {}
    for path in typed:
        add(by_path, path)
    for run in runs:
        for path in paths_of(spec, run):
            add(by_path, path)
        found = run.error_details.get("cause")
        refused += found == NOTHING_LISTENS.name and is_request(spec, run)
    return {
        "sent": sum(by_path.values()),
        "refused": refused,
        "by_path": by_path,
        "is_sending": any(is_request(spec, run) and run.state in BUSY for run in runs),
        "is_extracting": any(
            spec.step(run.step_id).run.makes_table and run.state in BUSY for run in runs
        ),
        "servers_typed": sum(
            spec.step(run.step_id).run.serves and run.typed is not None for run in runs
        ),
        "servers_ended": sum(
            spec.step(run.step_id).run.serves and not run.state.is_active for run in runs
        ),
    }


def is_request(spec: LabSpec, run: StepRun) -> bool:
    """Whether a run asks the API for something."""
    return spec.step(run.step_id).run.is_request


def paths_of(spec: LabSpec, run: StepRun) -> list[str]:
    """The path of each request that a run has made."""
    step = spec.step(run.step_id)
    if run.state in BUSY or not is_request(spec, run) or run.typed is not None:
        return []  # What was typed is counted by its line.
    return step.run.paths(done_of(run.session, run, step))


def log_counts(tally: Tally) -> dict[str, Any]:
    """What the server answered."""
    statuses = tally.log.statuses
    return {
        "answered": statuses.get("2", 0),
        "redirected": statuses.get("3", 0),
        "not_found": statuses.get("4", 0),
        "failed": statuses.get("5", 0),
        "log_gap": tally.log.gap,
        "by_answer": tally.log.by_answer,
    }


def topic_counts(session: Session, topic: str, tally: Tally) -> dict[str, Any]:
    """What is in the topic: its offsets as Kafka tells them, its records as they were read."""
    begin, end = offsets(session, topic, tally)
    return {
        "begin": begin,
        "end": end,
        "not_json": tally.topic.not_json,
        "not_object": tally.topic.not_object,
        # Of the deleted ones some may have been seen before: then this is too few.
        "topic_gap": max(0, tally.topic.gap - begin),
        "by_type": tally.topic.by_type,
        "has_topic": bool(topic),
        "was_remade": tally.topic.epoch > 0,
        "is_topic_gone": keys.conditions(session).get(topic) == "deleted",
    }


def offsets(session: Session, topic: str, tally: Tally) -> tuple[int, int]:
    """The sums of where the partitions begin and end."""
    found = next((each for each in keys.topics(session) if each["name"] == topic), None)
    begins, ends = {}, {int(each): number for each, number in tally.topic.after.items()}
    for each in found["partitions"] if found else ():
        begins[each["partition"]] = each["begin"]
        ends[each["partition"]] = max(each["end"], ends.get(each["partition"], 0))
    return sum(begins.values()), sum(ends.values())


def extraction_counts(session: Session, topic: str) -> dict[str, Any]:
    """The newest extraction on the present cluster.

    Of two at once the newest is the one that was begun last: keeping a large table may take
    longer than keeping a small one that was read after it.
    """
    extraction = (
        Extraction.objects.filter(session=session, step_run__generation=session.generation)
        .filter(topic=topic, problem="")
        .order_by(F("step_run__started_at").desc(nulls_last=True), "-pk")
        .first()
    )
    if extraction is None:
        # What show() prints is a part, and tells of no records.
        typed = Extraction.objects.filter(session=session, has_table=True, topic="")
        return {"is_shown": typed.filter(step_run__generation=session.generation).exists()}
    return {
        "rows": extraction.row_count if extraction.has_table else None,
        "rows_of": extraction.records,
        "rows_bad": extraction.not_json + extraction.not_object,
        "by_row": rows_by_type(extraction, session.spec.event_key),
    }


def rows_by_type(extraction: Extraction, event_key: str) -> Kinds:
    """The rows that are kept of a table, by what happened. A table never changes: counted once."""
    names = [column["name"] for column in extraction.columns]
    if event_key not in names:
        return {}
    key = f"rows-by-type:{extraction.pk}"
    stored: bytes | None = connect().get(key)  # type: ignore[assignment]
    if stored is not None:
        kept: Kinds = json.loads(stored)
        return kept
    kinds: Kinds = {}
    try:
        for row in queries.all_rows(extraction):
            add(kinds, str(row[names.index(event_key)]))
    except RowsGone:
        return {}
    connect().set(key, json.dumps(kinds), ex=ROWS_SECONDS)
    return kinds


def is_unread(session: Session, topic: str, tally: Tally) -> bool:
    """Whether there may be lines or records that nobody has counted yet."""
    is_waiting = bool(topic) and keys.conditions(session).get(topic) in (None, "waiting-broker")
    return tally.is_behind or is_waiting


def is_settling(tally: Tally, runs: Iterable[StepRun]) -> bool:
    """Whether what was counted may still be on its way from one place to the next."""
    now = time.time()
    is_new = max(tally.log.last_at, tally.wanted_since) > now - SETTLE_SECONDS
    recent = timezone.now() - timedelta(seconds=SETTLE_SECONDS)
    is_busy = any(run.finished_at and run.finished_at > recent for run in runs)
    return is_new or is_busy
