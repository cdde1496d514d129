"""Records that a topic's stream has no more, or not yet, from Kafka itself."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async

from portal.activities.errands import ask
from portal.activities.models import Session
from portal.engine.records import MOST_RECORDS


class Retrieval:
    """Asks a session's cluster for what a stream lacks, thousands at a time."""

    def __init__(self, session: Session, topic: str, partitions: Sequence[int]):
        self.session, self.topic, self.partitions = session, topic, partitions

    async def records(
        self, index: int, offset: int, end: int | None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield what Kafka has of a partition, from an offset to before another, or to its end.

        Raises NoAnswer: a file that ends there must not look like a whole one.
        """
        place = {"topic": self.topic, "partition": self.partitions[index], "count": MOST_RECORDS}
        while end is None or offset < end:
            page = await sync_to_async(ask)(self.session, "page", offset=offset, **place)
            end = page["end"] if end is None else end
            found = [record for record in page["records"] if record["offset"] < end]
            for record in found:
                record.pop("n")
                yield record
            if not found:
                return
            offset = found[-1]["offset"] + 1
