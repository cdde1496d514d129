"""The door beside pyspark: what is told of its streaming queries, and how one is ended."""

import json
from pathlib import Path
from typing import Any

import pytest

from portal.engine import streaming as engine
from portal.engine.guest import kernel, queries, streaming

RUN = "0f8fad5b-d9cb-469f-a165-70867728950e"
PROGRESS = {
    "batchId": 3,
    "timestamp": "2026-11-29T20:05:00.000Z",
    "numInputRows": 7,
    "inputRowsPerSecond": 3.5,
    "processedRowsPerSecond": 14.0,
    "durationMs": {"triggerExecution": 500},
    "eventTime": {"watermark": "2026-11-29T20:04:00.000Z"},
    "stateOperators": [
        {"numRowsTotal": 4, "memoryUsedBytes": 100, "numRowsDroppedByWatermark": 1},
        {"numRowsTotal": 2, "memoryUsedBytes": 20},
    ],
    "sources": [{"description": "KafkaV2[Subscribe[events]]" + "x" * 1000}],
    "sink": {"description": "MemorySink"},
}


class Progress:
    """A batch as Java has it."""

    def json(self) -> str:
        return json.dumps(PROGRESS)


class Failure:
    """Scala's option of what ended a query."""

    def __init__(self, words: str):
        self.words = words

    def isDefined(self) -> bool:  # noqa: N802 - Scala's name
        return bool(self.words)

    def get(self) -> "Failure":
        return self

    def toString(self) -> str:  # noqa: N802 - Java's name
        return self.words


class Query:
    """A query as pyspark has it."""

    def __init__(self, run: str = RUN, batches: int = 1, stops: bool = True):
        self.runId, self.name, self.isActive = run, "n" * 1000, True
        self.status = {"message": "Waiting for data to arrive"}
        self.batches, self.stops, self.words = batches, stops, ""
        self._jsq = self

    def recentProgress(self) -> list[Progress]:  # noqa: N802 - Java's name
        return [Progress()] * self.batches

    def exception(self) -> Failure:
        return Failure(self.words)

    def stop(self) -> None:
        if not self.stops:
            raise RuntimeError("it would not\nend")
        self.isActive = False


class Session:
    """Spark's session, and its manager of queries."""

    def __init__(self, *known: Query):
        self.known = list(known)
        self.streams = self

    @property
    def active(self) -> list[Query]:
        return [each for each in self.known if each.isActive]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A pyspark that answers at its door."""
    monkeypatch.setenv("SLUICE_KERNEL_DIR", str(tmp_path / "k"))
    monkeypatch.setattr(queries.Watch, "active", lambda self: self.session.active)
    kernel.prepare()
    kernel.declare_ready()
    made = Session(Query())
    queries.open_door(made)
    return made


def told(capfd: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    """What the program that asks says."""
    assert streaming.main(list(argv)) == 0
    (line,) = capfd.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_query_is_told_as_the_portal_reads_it(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    (query,) = engine.to_queries(told(capfd, "--once"))
    assert (query.run, query.is_active, len(query.name)) == (RUN, True, 300)
    assert (query.state_rows, query.state_bytes, query.late_rows) == (6, 120, 1)
    assert (query.sink, len(query.sources[0])) == ("MemorySink", 300)
    (batch,) = query.batches
    assert (batch.number, batch.rows, batch.input_rate, batch.processed_rate) == (3, 7, 3.5, 14.0)
    assert (batch.milliseconds, batch.watermark) == (500, "2026-11-29T20:04:00.000Z")


def test_a_query_without_a_batch_is_told_too(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    session.known[0].batches = 0
    (query,) = engine.to_queries(told(capfd, "--once"))
    assert (query.sink, query.batches, query.message) == ("", (), "Waiting for data to arrive")


def test_only_the_newest_batches_and_queries_are_told(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    session.known = [Query(f"{RUN[:-2]}{n:02}", batches=100) for n in range(30)]
    found = engine.to_queries(told(capfd, "--once"))
    assert [each.run[-2:] for each in found] == [f"{n:02}" for n in range(10, 30)]
    assert len(found[0].batches) == queries.BATCHES


def test_one_that_was_ended_stays_with_what_ended_it(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    told(capfd, "--once")
    query = session.known[0]
    query.isActive, query.words = False, "StreamingQueryException: no such topic\nat java"
    (found,) = engine.to_queries(told(capfd, "--once"))
    assert (found.is_active, found.error) == (False, "StreamingQueryException: no such topic")


def test_a_query_is_ended_as_its_own_stop_does(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    assert told(capfd, "--stop", RUN)["said"] == ""
    assert not session.known[0].isActive
    assert told(capfd, "--stop", "another")["said"] == queries.NONE
    session.known = [Query(RUN[:-1] + "f", stops=False)]
    assert told(capfd, "--stop", RUN[:-1] + "f")["said"] == "it would not"


def test_a_pyspark_that_is_not_there_has_no_queries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLUICE_KERNEL_DIR", str(tmp_path / "k"))
    assert streaming.main([]) == 0
    assert capfd.readouterr().out == ""
    assert "has not answered" in told(capfd, "--stop", RUN)["said"]
