"""A session on one line of time: what ran, was typed, logged, sent, made and saved, and when."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from redis.exceptions import RedisError

from portal.activities import keys
from portal.activities.models import Session
from portal.insights.edits import saved_in
from portal.live import streams
from portal.results.models import Extraction
from portal.terminal.queries import typed_in

RUNS, TYPED, LINES, RECORDS, TABLES, SAVED = 400, 300, 400, 200, 100, 60
"""The newest so many: of lines each service's, of records each partition's."""
MOST = 3000
WORDS = 300
CODE_WORDS = 20_000
AROUND_SECONDS = 60.0
"""A cluster's clock, or a producer's word, may be off by so much."""
KINDS = (
    ("run", "Steps"),
    ("typed", "Typed"),
    ("log", "Log"),
    ("record", "Records"),
    ("table", "Tables"),
    ("code", "Code"),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened; `at` is in seconds since the epoch."""

    at: float
    kind: str
    source: str
    """The step, service, partition, table or file."""
    text: str
    tone: str = ""
    """`good` or `bad`, where it is one of these."""

    def as_row(self) -> list[Any]:
        """The same for the page's script."""
        return [self.at, self.kind, self.source, self.text, self.tone]


@dataclass(frozen=True, slots=True)
class Line:
    """All moments of a session, the oldest first."""

    moments: list[Moment]
    began: float
    ended: float
    left_out: int = 0
    """Moments that are too old to be told, or tell a time at which there was no session."""
    lacks_streams: bool = False
    """Logs and records could not be read."""


def of(session: Session) -> Line:
    """What is known of a session by now. Logs and records are, as long as they are kept."""
    found = [*runs(session), *typed(session), *tables(session)]
    lacks_streams = False
    try:
        found += [*lines(session), *records(session)]
    except (RedisError, OSError):
        lacks_streams = True
    began = session.created_at.timestamp()
    ended = (session.ended_at or timezone.now()).timestamp()
    inside = began - AROUND_SECONDS, ended + AROUND_SECONDS
    kept = sorted((m for m in found if inside[0] <= m.at <= inside[1]), key=lambda m: m.at)[-MOST:]
    left_out = len(found) - len(kept)
    kept = sorted([*kept, *saved(session)], key=lambda m: m.at)
    return Line(kept, began, ended, left_out, lacks_streams)


def runs(session: Session) -> Iterator[Moment]:
    """Each run's begin, and its end."""
    titles = {step.id: step.title for step in session.spec.steps}
    rows = session.runs.defer("output", "evidence", "params").order_by("-pk")
    for run in rows[:RUNS]:
        title = titles.get(run.step_id, run.step_id)
        if run.started_at:
            yield Moment(run.started_at.timestamp(), "run", title, "begins")
        if run.finished_at:
            tone = "bad" if run.status == "failed" else "good" if run.state.is_good else ""
            said = f"{run.get_status_display()}: {run.error}" if run.error else run.status
            yield Moment(run.finished_at.timestamp(), "run", title, said[:WORDS], tone)


def typed(session: Session) -> Iterator[Moment]:
    """Each line that was typed in a shell."""
    for each in typed_in(session, TYPED):
        yield Moment(each.began_at.timestamp(), "typed", each.service, each.line[:WORDS])


def tables(session: Session) -> Iterator[Moment]:
    """Each table that Spark gave."""
    for each in Extraction.objects.filter(session=session, has_table=True)[:TABLES]:
        columns = ", ".join(str(column["name"]) for column in each.columns)
        text = f"{each.row_count} rows: {columns}"[:WORDS]
        yield Moment(each.created_at.timestamp(), "table", each.table_name, text)


def lines(session: Session) -> Iterator[Moment]:
    """The newest lines of each service's log. Raises RedisError."""
    for service in session.spec.services:
        for entry in newest(keys.log_key(session, service.name), LINES):
            source = str(entry.get("process") or service.name)
            yield Moment(float(entry["at"]), "log", source, str(entry["text"])[:WORDS])


def records(session: Session) -> Iterator[Moment]:
    """The newest records of each partition that was read. Raises RedisError."""
    by_topic = keys.partitions_by_topic(session, keys.topic_names(session))
    for topic, partitions in by_topic.items():
        for partition in partitions:
            for entry in newest(keys.topic_key(session, topic, partition), RECORDS):
                source = f"{topic}, partition {partition}, offset {entry['offset']}"
                yield Moment(float(entry["at"]), "record", source, value_of(entry))


def value_of(entry: dict[str, Any]) -> str:
    """As much of a record's value as is told."""
    if "skipped" in entry:
        return "records that were left out"
    return "no value" if entry.get("is_null") else str(entry.get("value", ""))[:WORDS]


def newest(key: str, most: int) -> list[dict[str, Any]]:
    """The newest entries of a stream. Raises RedisError."""
    after = max(0, streams.last_number(key) - most)
    return [fields for _, fields in streams.entries(key, after)][-most:]


def saved(session: Session) -> Iterator[Moment]:
    """Each text that was saved, and before all of them the lab's own."""
    began = session.created_at.timestamp()
    with contextlib.suppress(KeyError):
        for path, content in session.version.file_contents().items():
            yield code(began, path, content.decode(errors="replace"))
    for each in saved_in(session)[-SAVED:]:
        yield code(stamp(each.at), each.path, each.text)


def code(at: float, path: str, text: str) -> Moment:
    """A file's text from then on."""
    is_cut = len(text) > CODE_WORDS
    return Moment(at, "code", path, text[:CODE_WORDS] + ("\n…" if is_cut else ""))


def stamp(at: datetime) -> float:
    """Seconds since the epoch."""
    return at.timestamp()
