"""What real classes hand in, each kind in several ways: every one has its verdict and its words."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.engine import spark, table_check
from portal.engine.errors import Part
from portal.engine.lab.spec import LabSpec
from tests.contract.cluster import Cluster
from tests.engine.topics import do, new_topic

pytestmark = pytest.mark.sandbox
Run = Callable[..., spark.SparkOutcome]
READ = """\
from pyspark.sql import Row
raw_events = (spark.read.format("kafka").option("kafka.bootstrap.servers", "kafka:29092")
    .option("subscribe", "TOPIC").load())
events = raw_events.select(raw_events.value.cast('string'))
"""
TO_DF = "extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF()\n"
TO_ROWS = TO_DF.replace("json.loads(x.value)", "Row(**json.loads(x.value))")
SHOW = "extracted_events.show()\n"
UDF = """\
from pyspark.sql.functions import udf
host = udf(lambda value: json.loads(value)["Host"])
extracted_events = events.select(host("value"))
"""
COLLECTED = """\
rows = [json.loads(x.value) for x in events.collect()]
extracted_events = spark.createDataFrame(rows)
"""
BY_SQL = """\
events.createOrReplaceTempView("ev")
chosen = "get_json_object(value, '$.event_type') event_type"
extracted_events = spark.sql(f"select {chosen} from ev")
"""
LAZY = """\
failing = sc.parallelize([1]).map(lambda x: {}["no"]).map(lambda v: (v,))
extracted_events = failing.toDF("v string")
"""
MALFORMED = """\
reader = spark.read.schema("a int").option("mode", "FAILFAST")
extracted_events = reader.json(sc.parallelize(["{"]))
"""
A = {"event_type": "a", "Host": "h"}
CASES = {
    "wrong broker": "test_a_broker_elsewhere_is_told_by_line_with_the_right_address",
    "own routes": "test_a_server_with_routes_of_its_own_passes_and_says_them",
    "trailing slash": "test_a_redirect_that_curl_follows_is_a_call_like_any_other",
    "udf before the session": "test_a_script_with_types_as_text_above_main_runs_as_it_is",
    "stdout opened anew": "test_output_that_is_opened_anew_still_shows",
    "stale table": "test_only_what_a_run_made_is_judged",
    "own topic": "test_only_what_was_read_is_held_against_a_table",
    "no show()": "test_however_a_table_is_looked_at_the_labs_check_is_content",
    "a 500 that passed": "test_a_call_that_fails_says_why_though_older_events_are_there",
    "shapes of rows": "test_records_of_every_shape",
    "null value": "test_records_of_every_shape",
}
"""What classes brought, and the test that has it in several ways."""


def test_each_case_has_its_test() -> None:
    here = Path(__file__).parent
    text = "".join(each.read_text() for each in here.glob("test_*.py"))
    assert len(CASES) == 11
    assert [name for name in CASES.values() if f"def {name}(" not in text] == []


@pytest.mark.parametrize(
    ("code", "values", "cause", "words"),
    [
        # Rows whose keys are in another order, or others.
        (
            READ + TO_ROWS,
            ({"a": "1", "b": "2", "c": "3"}, {"c": "6", "a": "4", "b": "5"}),
            "values-swapped",
            "In row 2, a is '6', which is c in the record at offset 1",
        ),
        (
            READ + TO_ROWS,
            (A, A, A, {"Host": "h2", "event_type": "b"}),
            "values-swapped",
            "In row 4, event_type is 'h2', which is Host in the record at offset 3",
        ),
        (
            READ
            + TO_ROWS.replace("Row(**", "Row(*sorted(").replace(
                "(x.value))", "(x.value).values()))"
            ),
            (A, {"event_type": "zz", "Host": "h2"}),
            "",
            "",
        ),
        (
            READ + TO_ROWS,
            ({"n": 1, "s": "x"}, {"s": "y", "n": 2}),
            "values-swapped",
            "In row 2, n is NULL, which is s in the record at offset 1",
        ),
        (READ + TO_ROWS + SHOW, (A, {**A, "more": 1}), "", "first row: more of later records"),
        (READ + TO_ROWS + SHOW, ({"event_type": "b"}, A), "", "first row: Host of later records"),
        (
            READ
            + "extracted_events = events.rdd.map(lambda x: tuple(json.loads(x.value).values()))"
            ".toDF(['event_type', 'Host'])\n" + SHOW,
            (A, {"event_type": "b"}),
            "other-keys",
            "the record at offset 1 has the key event_type.",
        ),
        # What is no JSON object, of every sort.
        (READ + TO_DF + SHOW, (A, "null"), "not-an-object", "offset 1, reads 'null'"),
        (READ + TO_DF + SHOW, (A, "5"), "not-an-object", "offset 1"),
        (READ + TO_DF + SHOW, (A, '"text"'), "not-an-object", "offset 1"),
        (READ + TO_DF + SHOW, ("true", A), "not-an-object", "offset 0"),
        (READ + TO_DF + SHOW, (None, A), "null-value", "offset 0"),
        (READ + TO_DF + SHOW, (A, A, None), "null-value", "offset 2"),
        (READ + TO_ROWS + SHOW, (A, None), "null-value", "offset 1"),
        (
            READ + TO_DF.replace("x.value)", "x['value'])") + SHOW,
            (A, None),
            "null-value",
            "offset 1",
        ),
        (
            READ + "rows = events.rdd.map(lambda x: json.loads(x.value)).collect()",
            (A, None),
            "null-value",
            "offset 1",
        ),
        (
            READ + "rows = [json.loads(x.value) for x in events.collect()]",
            (A, None),
            "null-value",
            "offset 1",
        ),
        (
            READ + UDF + SHOW,
            (A, None),
            "null-value",
            "offset 1",
        ),
        (
            READ + UDF + SHOW,
            (A, {"event_type": "b"}),
            "key-missing",
            "offset 1",
        ),
        (
            READ + TO_DF.replace("events.rdd", "raw_events.rdd") + SHOW,
            (A, None),
            "null-value",
            "offset 1",
        ),
        (READ + TO_DF + SHOW, (A, " "), "not-json", "offset 1"),
        (READ + TO_DF + SHOW, (A, "{'event_type': 'a'}"), "not-json", "offset 1"),
    ],
)
def test_records_of_every_shape(
    run: Run, shown: list[str], code: str, values: tuple[object, ...], cause: str, words: str
) -> None:
    outcome = run(code, *values)
    found = {each.cause for each in outcome.findings}
    causes = {outcome.error.details.cause} if outcome.error else found
    assert causes == ({cause} if cause else set())
    assert outcome.error is None or outcome.error.part is Part.DATA
    assert words in f"{outcome.error or ''}{''.join(shown)}"


@pytest.mark.parametrize(
    "load",
    [
        """.option("assign", '{"OTHER": [0]}').load()""",
        """.option("subscribe", "OTHER").option("startingOffsets", '{"OTHER": {"0": 1}}').load()""",
        """.option("subscribe", "OTHER").option("endingOffsets", '{"OTHER": {"0": 2}}').load()""",
        """.option("subscribePattern", "OTH.*ER").load()""".replace("OTH.*ER", "OTHER.*"),
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        TO_DF,
        "extracted_events = spark.read.json(events.rdd.map(lambda x: x.value))\n",
        COLLECTED,
        BY_SQL,
    ],
)
def test_only_what_was_read_is_held_against_a_table(
    run: Run, pyspark: Cluster, load: str, make: str
) -> None:
    other = new_topic()
    do(pyspark, "create", other, *(json.dumps({"event_type": f"t{n}"}) for n in range(3)))
    reads = READ.replace('.option("subscribe", "TOPIC").load()', load.replace("OTHER", other))
    outcome = run(f"# TOPIC\n{reads}{make}{SHOW}", A, A)
    assert outcome.error is None, outcome.error
    assert outcome.table is not None
    if outcome.union is not None and outcome.union.places:
        assert {each.topic for each in outcome.union.places} == {other}
    assert not (outcome.union and outcome.union.dropped)


@pytest.mark.parametrize(
    "shows",
    [
        "",
        "extracted_events.count()",
        "extracted_events.show(truncate=False)",
        "extracted_events.printSchema()",
        "print(extracted_events.take(2))",
        "extracted_events.registerTempTable('e')\nspark.sql('select * from e').show()",
        "extracted_events.toPandas()",
        "extracted_events.cache().show(1)",
    ],
)
def test_however_a_table_is_looked_at_the_labs_check_is_content(
    run: Run, week10: LabSpec, shown: list[str], shows: str
) -> None:
    check = week10.step("extract").check
    assert check is not None
    outcome = run(READ + TO_DF + shows + "\n", {"event_type": "join_guild"})
    assert outcome.error is None, outcome.error
    assert table_check.failure(check, outcome, "".join(shown)) is None


@pytest.mark.parametrize(
    "after",
    ["print('hello')", "spark.range(3).show()", "x = 5", "raw = 1\nraw", "import json"],
)
@pytest.mark.parametrize(
    "before",
    [
        LAZY,
        MALFORMED,
        "extracted_events = 5",
    ],
)
def test_only_what_a_run_made_is_judged(run: Run, before: str, after: str) -> None:
    run(before)
    outcome = run(after)
    assert (outcome.error, outcome.table) == (None, None)
