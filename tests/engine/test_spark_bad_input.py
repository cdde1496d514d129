"""Records and code that no lesson expects: each is told for what it is, and pyspark goes on."""

import contextlib
import json
from collections.abc import Callable, Iterator

import pytest

from portal.engine import spark
from portal.engine.errors import OutOfMemory
from portal.engine.kinds.ask import ordering
from portal.engine.kinds.job import Job
from portal.engine.kinds.spark import Spark
from portal.engine.lab.step import StepSpec
from tests.contract.cluster import Cluster, lab, service
from tests.engine.topics import do, new_topic

pytestmark = pytest.mark.sandbox
CODE = """\
raw_events = (spark.read.format("kafka").option("kafka.bootstrap.servers", "kafka:29092")
    .option("subscribe", "TOPIC").option("startingOffsets", "earliest")
    .option("endingOffsets", "latest").load())
events = raw_events.select(raw_events.value.cast('string'))
extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF()
extracted_events.show()
"""
READ_JSON = CODE.replace(
    "events.rdd.map(lambda x: json.loads(x.value)).toDF()",
    "spark.read.json(events.rdd.map(lambda x: x.value))",
)
Extract = Callable[..., spark.SparkOutcome]


@pytest.fixture(scope="module")
def pyspark(kafka_cluster: Cluster) -> Iterator[Cluster]:
    """A cluster whose pyspark is this module's."""
    yield kafka_cluster
    spark.stop(kafka_cluster.runtime, kafka_cluster.session)


def run(cluster: Cluster, code: str, topic: str | None = None) -> tuple[spark.SparkOutcome, str]:
    """Run a cell; what it gave and what it showed."""
    spec = Spark(
        kind="spark",
        setup="import json" if topic else "",
        table="extracted_events" if topic else None,
        topic=topic,
    )
    shown: list[str] = []
    outcome = spark.run_cell(
        cluster.runtime,
        cluster.session,
        spec,
        code.replace("TOPIC", topic or ""),
        lambda stream, text: shown.append(text),
        120,
        broker="kafka:29092",
    )
    return outcome, "".join(shown)


@pytest.fixture
def extract(pyspark: Cluster) -> Extract:
    """Send these records to a topic of their own and run the notes' lines on it."""

    def do_it(*values: object, code: str = CODE) -> spark.SparkOutcome:
        topic = new_topic()
        texts = [each if isinstance(each, str) else json.dumps(each) for each in values]
        do(pyspark, "create", topic, *texts)
        return run(pyspark, code, topic)[0]

    return do_it


def names(outcome: spark.SparkOutcome) -> list[str]:
    """The columns of the table."""
    assert outcome.error is None, outcome.error
    assert outcome.table is not None
    return [each.name for each in outcome.table.columns]


def test_arrays_are_no_events(extract: Extract) -> None:
    outcome = extract({"a": 1}, [1, 2])
    assert "JSON that is no object" in str(outcome.error)
    assert outcome.union is not None
    assert (outcome.union.not_object, outcome.union.not_object_samples[0].text) == (1, "[1, 2]")


def test_nested_objects_are_a_column(extract: Extract) -> None:
    outcome = extract({"who": {"name": "x"}, "tags": [1]}, {"who": {"name": "y"}, "tags": []})
    assert names(outcome) == ["tags", "who"]
    assert outcome.table is not None
    assert next(iter(outcome.table.rows)) == ([1], {"name": "x"})


def test_nested_objects_that_to_df_has_no_type_for_are_explained(extract: Extract) -> None:
    events = [{"who": {"name": "x", "tags": [1]}}, {"who": {"name": "y", "tags": []}}]
    outcome = extract(*events)
    assert "'who' holds an object or a list whose values are of different types" in str(
        outcome.error
    )
    assert outcome.union is not None
    assert outcome.union.rows[0].values == events[0]
    assert names(extract(*events, code=READ_JSON)) == ["who"]


def test_keys_that_differ_by_case_are_told_apart(extract: Extract) -> None:
    outcome = extract({"Host": "a"}, {"Host": "b", "host": "c"})
    assert names(outcome) == ["Host"]
    assert outcome.union is not None
    assert outcome.union.columns == ("Host", "host")
    assert [each.column for each in outcome.union.dropped] == ["host"]


def test_a_thousand_keys_are_kept(extract: Extract) -> None:
    events = [{"event_type": "x", **{f"k{n}": n for n in range(at, 1000, 10)}} for at in range(10)]
    outcome = extract(*events)
    assert len(names(outcome)) == 101
    assert outcome.union is not None
    assert (len(outcome.union.columns), len(outcome.union.dropped)) == (1001, 900)


def test_a_type_that_clashes_with_the_first_row_is_told(extract: Extract) -> None:
    outcome = extract({"points": 1}, {"points": "many"})
    assert outcome.union is not None
    assert [row.values["points"] for row in outcome.union.rows] == [1, "many"]
    if outcome.error is None:  # Spark's choice: null, or an error that names the column.
        assert outcome.table is not None
        assert list(outcome.table.rows)[1][0] in (None, "many")
    else:
        assert "points" in str(outcome.error)


def test_the_line_that_is_offered_keeps_every_column(extract: Extract) -> None:
    outcome = extract({"a": 1}, {"a": 2, "User-Agent": "x"}, code=READ_JSON)
    assert sorted(names(outcome)) == ["User-Agent", "a"]
    assert outcome.union is not None
    assert outcome.union.dropped == ()


def test_a_hundred_megabytes_are_cut(pyspark: Cluster) -> None:
    outcome, shown = run(pyspark, "for _ in range(100): print('x' * 2**20)")
    assert outcome.error is None
    assert len(shown) < 1_100_000
    assert "more characters of output are not shown" in shown


def test_python_that_fills_memory_is_told_and_the_next_cell_works(pyspark: Cluster) -> None:
    # Whose word comes first, the control group's or the dead kernel's, is a race.
    with contextlib.suppress(OutOfMemory):
        outcome, _ = run(pyspark, "kept = []\nwhile True: kept.append(bytearray(50_000_000))")
        assert "memory" in str(outcome.error)
    after, shown = run(pyspark, "spark.range(3).count()")
    assert after.error is None, (after.error, shown)
    assert shown.endswith("\n3\n")


ORDERED = ("rows = [Row(letter=each) for each in 'abc']", "made = spark.createDataFrame(rows)")


def ordered(cluster: Cluster, *lines: str) -> spark.SparkOutcome:
    """Lines in an order that somebody chose."""
    step = {"id": "order", "title": "Order", "shows_command": "?", "run": {"kind": "prepare"}}
    small = lab(service("spark"), service())
    job = Job(
        cluster.runtime,
        cluster.session,
        small,
        StepSpec.model_validate(step | {"timeout": 120}),
        {},
        lambda stream, data: None,
        lambda: False,
    )
    cell = ordering.TableCell("spark", "made", "from pyspark.sql import Row")
    return ordering.run(job, lines, cell)


def test_lines_are_run_in_the_order_that_was_chosen_and_see_nothing_of_earlier_ones(
    pyspark: Cluster,
) -> None:
    run(pyspark, "rows = []")
    wrong = ordered(pyspark, *reversed(ORDERED))
    assert "rows" in str(wrong.error)
    right = ordered(pyspark, *ORDERED)
    assert right.error is None
    assert right.table is not None
    assert [each.name for each in right.table.columns] == ["letter"]
