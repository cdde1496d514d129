"""Streaming queries, as a cluster that may be hostile tells of them."""

import json
from itertools import islice
from typing import Any

import pytest

from portal.engine import streaming
from portal.engine.lines import GarbledReply
from portal.engine.runtimes.base import ClusterSpec
from portal.engine.runtimes.fake import FakeRuntime, Reply
from portal.engine.spark import PROCESS
from portal.engine.streaming import Seen

RUN = "0f8fad5b-d9cb-469f-a165-70867728950e"
BATCH = {
    "number": 3,
    "at": "2026-11-29T20:05:00.000Z",
    "rows": 7,
    "input_rate": 3.5,
    "processed_rate": 14,
    "milliseconds": 500,
    "watermark": "",
}
TOLD = {
    "run": RUN,
    "name": "counts",
    "is_active": True,
    "message": "Waiting for data to arrive",
    "error": "",
    "sink": "MemorySink",
    "sources": ["KafkaV2[Subscribe[events]]"],
    "state_rows": 4,
    "state_bytes": 100,
    "late_rows": 0,
    "batches": [BATCH],
}


def runtime(*messages: dict[str, Any], has_pyspark: bool = True) -> FakeRuntime:
    """A cluster in which any command prints these."""
    said = b"".join(json.dumps(each).encode() + b"\n" for each in messages)
    made = FakeRuntime(replies=lambda service, argv: Reply(stdout=said))
    list(made.up(ClusterSpec("s", (), "mids", {})))
    if has_pyspark:
        made.start("s", "spark", PROCESS, ("pyspark",))
    return made


def seen(*told: object) -> list[Seen]:
    """What is seen of such messages, until they end."""
    made = runtime(*({"type": "queries", "queries": each} for each in told))
    return list(islice(streaming.watch(made, "s"), len(told) + 1))


def test_queries_are_told_whenever_they_change() -> None:
    started, none, one = seen([], [TOLD])
    assert (started, none) == (Seen(True), Seen(True))
    (query,) = one.queries
    assert (query.name, query.batches[0].processed_rate) == ("counts", 14.0)
    assert json.loads(json.dumps(one.as_dict()))["queries"][0]["batches"][0]["rows"] == 7


def test_without_a_pyspark_there_are_none() -> None:
    assert next(streaming.watch(runtime(has_pyspark=False), "s")) == Seen(False)
    said = streaming.stop(runtime(has_pyspark=False), "s", "counts", RUN).said
    assert said == streaming.NO_PYSPARK


@pytest.mark.parametrize(
    "wrong",
    [
        [{**TOLD, "run": "'; rm"}],
        [{**TOLD, "name": 5}],
        [{**TOLD, "sink": "x" * 301}],
        [{**TOLD, "sources": ["a"] * 6}],
        [{**TOLD, "state_rows": -1}],
        [{**TOLD, "batches": [{**BATCH, "input_rate": "fast"}]}],
        [{**TOLD, "batches": [{**BATCH, "input_rate": -1}]}],
        [{**TOLD, "batches": [{**BATCH, "processed_rate": 1e300}]}],
        [{**TOLD, "batches": [BATCH] * 9}],
        [TOLD] * 21,
        {"a": 1},
    ],
)
def test_nonsense_of_a_hostile_cluster_is_refused(wrong: object) -> None:
    with pytest.raises(GarbledReply):
        seen(wrong)


def test_the_end_of_a_query_is_told_as_it_is_typed() -> None:
    made = runtime({"type": "stopped", "said": ""})
    done = streaming.stop(made, "s", "it's", RUN)
    assert (done.said, 'q.name == "it\'s"' in done.command) == ("", True)
    assert f"q.runId == '{RUN}'" in streaming.stop(made, "s", "", RUN).command
    assert streaming.stop(runtime(), "s", "", RUN).said == "pyspark did not answer."
