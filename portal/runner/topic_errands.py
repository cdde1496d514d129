"""What pages ask of a topic besides its tail."""

from typing import Any

from portal.activities.models import Session
from portal.engine import topics
from portal.runner.runtimes import get_runtime, place_of


def page(session: Session, topic: str, partition: int, **place: Any) -> dict[str, Any]:
    """Records from a place on, numbered as in the topic's stream."""
    found = topics.page(get_runtime(session.runtime), *place_of(session), topic, partition, **place)
    return {
        "begin": found.place.begin,
        "end": found.place.end,
        "offset": found.offset,
        "records": [{"n": each.offset + 1, **each.as_entry()} for each in found.records],
    }


def produce(
    session: Session,
    topic: str,
    *,
    value: str | None,
    key: str | None,
    headers: list[tuple[str, str]],
    partition: int | None,
) -> dict[str, Any]:
    """Send a record of text; where it is then."""
    number, offset = topics.produce(
        get_runtime(session.runtime),
        *place_of(session),
        topic,
        value=None if value is None else value.encode(),
        key=None if key is None else key.encode(),
        headers=tuple((name, content.encode()) for name, content in headers),
        partition=partition,
    )
    return {"partition": number, "offset": offset}
