"""Where a row came from: its record, the line that the server logged, the request that made it.

The record is known where the table has a row for every record, in order, and the values agree.
Line and request are found by time and order, since nothing in an event names them: what can't be
known that way is said to be unknown.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q

from portal.activities.models import StepRun
from portal.results import store
from portal.results.browse import columns_of
from portal.results.models import Extraction

EARLIER, LATER = 0.05, 2.0
"""Seconds. A server logs a request once it has answered it, so after it sent the event."""
AROUND = 10.0
AT_MOST = 5000
REQUEST = re.compile(r'"([A-Z]+) (\S+) HTTP/[\d.]+" (\d{3})')


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a server's log about a request that went well."""

    number: int
    at: float
    service: str
    process: str
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Origin:
    """All that is known of where a row came from; `why_not` and `doubt` say what isn't."""

    topic: str = ""
    partition: int = 0
    offset: int = 0
    timestamp: int = -1
    event: str = ""
    why_not: str = ""
    line: Line | None = None
    is_certain: bool = False
    candidates: int = 0
    run: StepRun | None = None
    request: str = ""


def origin(extraction: Extraction, table: str, number: int) -> Origin | None:
    """Where a row came from; None when there is no such row. Raises RowsGone."""
    cursor = store.reader(extraction.store)
    if table == "own":
        why_not = why_unknown(extraction, cursor, number)
        if why_not is None:
            return None
        if why_not:
            return Origin(why_not=why_not)
    # Files of one topic may be older than the column that names it.
    topic_of = "topic" if extraction.has_topics else "NULL"
    found = cursor.execute(
        f'SELECT {topic_of}, partition, "offset", "timestamp", event '  # noqa: S608 - ours
        "FROM records WHERE n = ?",
        [number],
    ).fetchone()
    if found is None:
        return None
    topic, partition, offset, timestamp, event = found
    lines = requests_around(cursor, timestamp)
    near = [each for each in lines if is_near(each, timestamp)]
    line = match(cursor, lines, partition, offset, timestamp) if near else None
    run, request = request_of(extraction, line, lines) if line else (None, "")
    return Origin(
        topic=topic or extraction.topic,
        partition=partition,
        offset=offset,
        timestamp=timestamp,
        event=json.dumps(json.loads(event), indent=2, ensure_ascii=False),
        line=line,
        is_certain=len(near) == 1,
        candidates=len(near),
        run=run,
        request=request,
    )


def why_unknown(extraction: Extraction, cursor: Any, number: int) -> str | None:
    """Why a row of the student's table can't be told to be a record; None for no such row."""
    own = columns_of(extraction, "own")
    keys = [each.key for each in own]
    row = cursor.execute(
        f"SELECT {', '.join(keys) or 'n'} FROM own WHERE n = ?",  # noqa: S608 - names of our own
        [number],
    ).fetchone()
    if row is None:
        return None
    if "records" not in extraction.summary:
        return "The topic was not read beside this table."
    records = extraction.summary["records"]["rows"]
    if records < number <= extraction.records == extraction.row_count:
        return f"Only the first {records} of the topic's records are kept: this row's is not."
    if extraction.row_count != extraction.records:
        return (
            f"The table has {extraction.row_count} rows and the topic {extraction.records} "
            "records: the code chose or made rows: from which record this one came can't be told."
        )
    found = cursor.execute("SELECT event FROM records WHERE n = ?", [number]).fetchone()
    event = json.loads(found[0]) if found else {}
    for column, value in zip(own, row, strict=True):
        if column.name in event and not alike(value, event[column.name]):
            return (
                f"The row's {column.name} is not that of the record at the same place, so the code "
                "changed or sorted rows: which record this one came from can't be told."
            )
    return ""


def alike(kept: object, sent: object) -> bool:
    """Whether a table's value is an event's; Spark writes what is nested in its own way."""
    if isinstance(sent, (dict, list)) or kept is None or sent is None:
        return True
    return kept == sent or str(kept).lower() == str(sent).lower()


def requests_around(cursor: Any, timestamp: int) -> list[Line]:
    """What the servers logged of requests about that time, in order."""
    at = timestamp / 1000
    found = cursor.execute(
        'SELECT number, "at", service, process, text FROM log WHERE "at" BETWEEN ? AND ? '
        'ORDER BY "at", number',
        [at - AROUND, at + AROUND],
    ).fetchmany(AT_MOST)
    lines = []
    for number, moment, service, process, text in found:
        said = REQUEST.search(text)
        # A request that failed, or only asked about a route, sent no event.
        if said and said[1] not in ("OPTIONS", "HEAD") and said[3].startswith("2"):
            lines.append(Line(number, moment, service, process, text, said[2]))
    return lines


def is_near(line: Line, timestamp: int) -> bool:
    """Whether a line can be of the request that made a record of that time."""
    return -EARLIER <= line.at - timestamp / 1000 <= LATER


def match(
    cursor: Any, lines: list[Line], partition: int, offset: int, timestamp: int
) -> Line | None:
    """The record's line when each record of the time takes the first line that is left."""
    records = cursor.execute(
        'SELECT "timestamp", partition, "offset" FROM records WHERE "timestamp" BETWEEN ? AND ? '
        "ORDER BY ALL",
        [timestamp - AROUND * 1000, timestamp + LATER * 1000],
    ).fetchmany(AT_MOST)
    left = list(lines)
    for at, *place in records:
        chosen = next((each for each in left if is_near(each, at)), None)
        if chosen is not None:
            left.remove(chosen)
        if place == [partition, offset]:
            return chosen
    return None


def request_of(extraction: Extraction, line: Line, lines: list[Line]) -> tuple[StepRun | None, str]:
    """The step that was under way and the request that it made, as far as order tells."""
    at = datetime.fromtimestamp(line.at, UTC)
    slack = timedelta(seconds=EARLIER)
    # A call's last line may come a moment after curl has ended.
    ended = Q(finished_at__gte=at - timedelta(seconds=1)) | Q(finished_at=None)
    under_way = StepRun.objects.filter(
        ended, session_id=extraction.session_id, started_at__lte=at + slack
    ).order_by("-started_at")
    for run in under_way.select_related("session__version__lab"):
        asks = run.spec.run
        if asks.is_request and run.started_at:
            since = run.started_at.timestamp()
            earlier = sum(since <= each.at and each.number < line.number for each in lines)
            return run, asks.request_for(run.params, urlsplit(line.path).path, earlier)
    return None, ""
