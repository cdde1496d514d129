"""Each cause that can be made in a cluster is made there, and told by its name and its sentence."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from portal.engine import spark, table_check
from portal.engine.causes import ALL, GROUPS
from portal.engine.causes.listing import listing
from portal.engine.errors import ClusterError, Part
from portal.engine.kinds.job import Job
from portal.engine.kinds.perform import perform
from portal.engine.kinds.spark import Spark
from portal.engine.lab.check import Check
from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.base import never
from tests.contract.cluster import Cluster, eventually
from tests.engine.topics import do, new_topic

pytestmark = pytest.mark.sandbox
LISTED = Path(__file__).resolve().parents[2] / "docs" / "causes.md"
READ = """\
from pyspark.sql import Row
raw_events = (spark.read.format("kafka").option("kafka.bootstrap.servers", "kafka:29092")
    .option("subscribe", "TOPIC").load())
events = raw_events.select(raw_events.value.cast('string'))
"""
TO_DF = "extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF()\n"
TO_ROWS = TO_DF.replace("json.loads(x.value)", "Row(**json.loads(x.value))")
SHOW = "extracted_events.show()\n"
KAFKA = 'spark.read.format("kafka").option("kafka.bootstrap.servers", "kafka:29092")'
Values = tuple[object, ...]


@dataclass(frozen=True)
class Made:
    """What makes a cause, and what is said of it."""

    cause: str
    code: str
    words: str
    values: Values = ()
    """The records that are sent to the topic first; None for one without a value."""
    advice: str = ""
    details: dict[str, object] = field(default_factory=dict)
    part: Part | None = None


A, B = {"event_type": "a", "Host": "h"}, {"event_type": "b"}

FAILING = [
    Made("syntax-error", "x = (1", "Python can't read your code: '(' was never closed"),
    Made("not-imported", "x = re.sub('a', 'b', 'c')", "'re' is not defined", (), "'import re'"),
    Made(
        "not-imported",
        "x = udf(lambda x: x, 'string')",
        "'udf' is not defined",
        (),
        "from pyspark.sql.functions import udf",
    ),
    Made("not-defined", "raw_evnts.show()", "'raw_evnts' is not defined", (), "A line above it"),
    Made("missing-package", "import sklearn", "no package 'sklearn'", (), "pyspark"),
    Made(
        "unknown-column",
        'spark.range(3).select("ids")',
        "No column is called `ids` (line 1 of your code). Did you mean `id`?",
    ),
    Made("unknown-attribute", "spark.range(3).event_typ", "'event_typ' is neither a column"),
    Made(
        "ambiguous-column",
        'spark.range(3).selectExpr("id a", "id A").select("a")',
        "several columns",
    ),
    Made("unknown-view", 'spark.sql("select * from game_events")', "called `game_events`"),
    Made("sql-syntax", 'spark.sql("selec * from x")', "can't read your SQL"),
    Made("unknown-format", 'spark.read.format("kafak").load()', "no data source called kafak"),
    Made(
        "path-exists",
        'for _ in range(2): spark.range(3).write.parquet("/tmp/made")',
        "There is something at file:/tmp/made already",
        (),
        'mode("overwrite")',
    ),
    Made("no-such-path", 'spark.read.parquet("/tmp/never")', "nothing at file:/tmp/never"),
    Made(
        "stream-not-started",
        f'{KAFKA.replace("read", "readStream")}.option("subscribe", "TOPIC").load().show()',
        "readStream makes a stream",
    ),
    Made(
        "spark-in-worker",
        "sc.parallelize([1]).map(lambda x: sc.parallelize([x])).collect()",
        "within a function that runs on workers",
    ),
    Made("python-error", "1 / 0", "ZeroDivisionError: division by zero (line 1 of your code)"),
    Made(
        "unknown-topic",
        READ.replace("TOPIC", "never-made") + TO_DF,
        "The topic 'never-made' does not exist yet (line 5 of your code)",
        details={"topic": "never-made", "line": 5},
    ),
    Made(
        "wrong-broker",
        READ.replace("kafka:29092", "kafak:29092") + TO_DF,
        "can't find the broker",
        (),
        '"kafka:29092"',
    ),
    Made(
        "wrong-broker",
        READ.replace("kafka:29092", "kafka:9092") + TO_DF,
        "can't find the broker",
        (),
        '"kafka:29092"',
    ),
    Made(
        "no-broker-named",
        'spark.read.format("kafka").option("subscribe", "TOPIC").load().show()',
        "does not say where Kafka is",
    ),
    Made("no-topic-named", f"{KAFKA}.load().show()", "does not say which topic"),
    Made(
        "offsets-misspelt",
        f'{KAFKA}.option("subscribe", "TOPIC").option("startingOffsets", "[x").load().show()',
        "can't read the offsets",
    ),
    Made(
        "offset-past-end",
        f"{KAFKA}.option('subscribe', 'TOPIC')"
        """.option("startingOffsets", '{"TOPIC": {"0": 99}}').load().show()""",
        "Kafka says (line 1 of your code): The resolved start offset 99 is greater than the "
        "resolved end offset 1",
        (A,),
    ),
    Made(
        "partitions-missing",
        f"{KAFKA}.option('subscribe', 'TOPIC')"
        """.option("startingOffsets", '{"TOPIC": {"7": 0}}').load().show()""",
        "not those of the topic's partitions",
        (A,),
    ),
    Made("not-json", READ + TO_DF + SHOW, "offset 1, reads 'oops'", (A, "oops"), "filter()"),
    Made(
        "null-value",
        READ + TO_DF + SHOW,
        "The record at offset 1 has no value at all (null), and json.loads() takes none (line 5",
        (A, None, "[]"),
        "events.filter(events.value.isNotNull())",
        {"offset": 1, "partition": 0},
        Part.DATA,
    ),
    Made(
        "not-an-object",
        READ + TO_DF + SHOW,
        "JSON that is no object, and a table needs objects (line 6 of your code): the record at "
        "offset 1, reads '[1]'",
        (A, "[1]"),
    ),
    Made("empty-object", READ + TO_DF, "an object without keys", ("{}",)),
    Made("empty-topic", READ + TO_DF, "is empty, so toDF() has no first row"),
    Made(
        "nothing-read",
        READ + TO_DF.replace("events.rdd", "events.filter('false').rdd"),
        "The RDD is empty",
        (A,),
    ),
    Made(
        "no-type-for-values",
        READ + TO_DF + SHOW,
        "'who' holds an object or a list",
        ({"who": {"name": "x", "tags": [1]}}, {"who": {"name": "y", "tags": []}}),
    ),
    Made("only-nulls", READ + TO_DF, "no value but null", ({"a": None}, {"a": None})),
    Made(
        "key-missing",
        READ + "extracted_events = events.rdd.map(lambda x: (json.loads(x.value)['Host'],))"
        ".toDF(['Host'])\n" + SHOW,
        "Not every record has the key 'Host' (line 5 of your code): the record at offset 1 has the "
        "key event_type.",
        (A, B),
        ".get('Host')",
        {"offset": 1},
    ),
    Made(
        "other-keys",
        READ + TO_ROWS + SHOW,
        "The record at offset 0 has the keys event_type, Host; the record at offset 1 has the key "
        "event_type.",
        (A, B),
        "json.loads(x.value)",
        {"offset": 1},
    ),
    Made(
        "other-length",
        "extracted_events = sc.parallelize([(1, 2), (1,)], 1).toDF()\n" + SHOW,
        "not all have as many values as the first one",
    ),
    Made("table-never-set", "frame = spark.range(3)", "was never set", (), "extracted_events"),
    Made(
        "table-no-data-frame",
        "extracted_events = spark.range(3).show()",
        "was never set",
    ),
    Made("second-context", "from pyspark import SparkContext\nSparkContext()", "a second one"),
]


@pytest.mark.parametrize("made", FAILING, ids=lambda made: made.cause)
def test_a_failure_is_told_by_its_cause(
    run: Callable[..., spark.SparkOutcome], made: Made, shown: list[str]
) -> None:
    run("extracted_events = None\ndel extracted_events")
    outcome = run(made.code, *made.values)
    error = outcome.error
    assert error is not None, "".join(shown)
    assert made.words in str(error)
    if made.cause != "table-no-data-frame":
        assert error.details.cause == made.cause, str(error)
    assert made.advice in error.advice
    assert error.part == (made.part or ALL[error.details.cause].part)
    assert made.details.items() <= error.details.as_dict().items()
    assert "org.apache" not in str(error)
    assert "Py4J" not in str(error)


def test_names_that_lead_back_to_spark_are_told(run: Callable[..., spark.SparkOutcome]) -> None:
    kept = run("kept_spark = spark\ndel spark\nspark.range(3)").error
    run("spark = kept_spark")
    assert kept is not None
    assert (kept.details.cause, kept.details.name) == ("spark-name-lost", "spark")


@pytest.mark.parametrize(
    ("code", "values", "words"),
    [
        (
            READ + TO_ROWS + SHOW,
            (A, {"Host": "h2", "event_type": "b"}),
            "In row 2, event_type is 'h2', which is Host in the record at offset 1",
        ),
        (
            READ + TO_DF.replace("json.loads(x.value)", "tuple(json.loads(x.value).values())")
            .replace("toDF()", "toDF(['event_type', 'Host'])"),
            (A, {"Host": "h2", "event_type": "b"}),
            "In row 2, Host is 'b', which is event_type in the record at offset 1",
        ),
        (
            READ + TO_ROWS,
            (A, {"event_type": "b", "Agent": "x"}),
            "In row 2, Host is 'x', which is Agent in the record at offset 1",
        ),
    ],
)  # fmt: skip
def test_values_under_other_names_are_told(
    run: Callable[..., spark.SparkOutcome],
    shown: list[str],
    code: str,
    values: Values,
    words: str,
) -> None:
    outcome = run(code, *values)
    assert outcome.error is None
    assert {each.cause for each in outcome.findings} == {"values-swapped"}
    assert words in "".join(shown)


def test_a_number_that_comes_as_text_later_is_told(
    run: Callable[..., spark.SparkOutcome], shown: list[str]
) -> None:
    outcome = run(READ + TO_DF, {"n": 1}, {"n": "2"}, {"n": 2.5})
    assert outcome.error is None
    (found,) = outcome.findings
    assert (found.cause, found.column, found.offset, found.rows) == ("value-became-null", "n", 1, 2)
    assert "n is NULL, but the record at offset 1 says 2" in "".join(shown)


def test_keys_that_differ_by_case_are_told(run: Callable[..., spark.SparkOutcome]) -> None:
    outcome = run(READ + TO_DF, {"Host": "a"}, {"Host": "b", "host": "c"})
    assert outcome.error is None
    assert [each.cause for each in outcome.findings] == ["keys-differ-by-case"]
    twins = READ + "extracted_events = spark.read.json(events.rdd.map(lambda x: x.value))"
    failed = run(twins, {"Host": "a"}, {"Host": "b", "host": "c"}).error
    assert failed is None or failed.details.cause == "twin-columns"


def test_the_first_rows_columns_are_told(run: Callable[..., spark.SparkOutcome]) -> None:
    outcome = run(READ + TO_DF, B, A)
    assert outcome.union is not None
    assert outcome.union.because == "first-row"
    assert [each.column for each in outcome.union.dropped] == ["Host"]


def test_what_was_read_is_told_of_every_topic_and_from_its_offsets(
    run: Callable[..., spark.SparkOutcome], pyspark: Cluster
) -> None:
    other = new_topic()
    do(pyspark, "create", other, *(json.dumps({"n": n, "x": n}) for n in range(3)))
    offsets = json.dumps({"TOPIC": {"0": -2}, other: {"0": 2}})
    code = READ.replace('"TOPIC").load', f'"TOPIC,{other}").option("startingOffsets", OFF).load')
    outcome = run(f"OFF = {offsets!r}\n" + code + TO_DF, {"n": 1}, {"n": 2})
    assert outcome.union is not None, outcome.error
    read = {each.topic: (each.first, each.end) for each in outcome.union.places}
    assert read[other] == (2, 3)
    assert outcome.union.records == 3
    assert {each.topic for each in outcome.union.rows} == set(read)


def test_only_records_that_were_read_say_what_is_missing(
    run: Callable[..., spark.SparkOutcome], pyspark: Cluster
) -> None:
    pattern = READ.replace('"subscribe", "TOPIC"', '"subscribePattern", "TOPIC.*"')
    direct = (
        "from pyspark.sql.functions import from_json\n"
        'extracted_events = events.select(from_json("value", "event_type string").alias("e"))'
        '.select("e.*")\n'
    )
    outcome = run(pattern + direct, B, B)
    assert outcome.union is not None, outcome.error
    assert (outcome.union.records, outcome.union.dropped) == (2, ())


def test_a_table_that_earlier_lines_made_is_not_this_runs_failure(
    run: Callable[..., spark.SparkOutcome], shown: list[str]
) -> None:
    run(
        "extracted_events = sc.parallelize([1]).map(lambda x: {}['no'])"
        ".map(lambda v: (v,)).toDF('v string')"
    )
    outcome = run('print("hello")')
    assert (outcome.error, outcome.table) == (None, None)
    assert outcome.no_table is not None
    assert outcome.no_table.details.cause == "table-of-earlier-lines"
    assert "hello\n" in shown


CHECK = Check(columns=("event_type",), rows=2, matches=r"\|\s*default", message="No.")
TABLE_ALONE = Check(columns=("event_type",), rows=2, message="No.")


@pytest.mark.parametrize(
    ("code", "check", "cause", "words"),
    [
        (TO_DF, TABLE_ALONE, "", ""),
        (TO_DF + "extracted_events.count()\n", TABLE_ALONE, "", ""),
        (TO_DF, CHECK, "not-shown", "nothing that they printed"),
        (TO_DF + SHOW, CHECK, "shown-otherwise", "0 of them look like"),
        (
            TO_DF.replace("json.loads(x.value)", "{'who': x.value}"),
            CHECK,
            "columns-missing",
            "no column event_type. It has who.",
        ),
        (
            TO_DF.replace(".toDF()", ".toDF().limit(1)"),
            CHECK,
            "too-few-rows",
            "has 1 row, and the step asks for 2",
        ),
    ],
)
def test_a_check_says_which_of_its_conditions_is_not_met(
    run: Callable[..., spark.SparkOutcome],
    shown: list[str],
    code: str,
    check: Check,
    cause: str,
    words: str,
) -> None:
    outcome = run(READ + code, {"event_type": "join_guild"}, {"event_type": "buy"})
    found: ClusterError | None = table_check.failure(check, outcome, "".join(shown))
    assert (found.details.cause if found else "") == cause
    assert words in (str(found) if found else "")


@pytest.mark.parametrize(
    "opened",
    [
        'sys.stdout = open(sys.stdout.fileno(), mode="w", encoding="utf8", buffering=1)',
        'sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")',
        'sys.stdout = codecs.getwriter("utf8")(sys.stdout.detach())',
        "sys.stdout = sys.__stdout__",
        'os.system("true")',
    ],
)
def test_output_that_is_opened_anew_still_shows(
    run: Callable[..., spark.SparkOutcome], shown: list[str], opened: str
) -> None:
    run(f"import codecs, io, os, sys\n{opened}\nprint('same' + ' run')")
    assert "same run\n" in "".join(shown)
    run("print('next' + ' run')")
    assert "next run\n" in "".join(shown)


def test_output_that_goes_elsewhere_is_told_and_comes_back(
    run: Callable[..., spark.SparkOutcome], shown: list[str]
) -> None:
    run("import io, sys\nsys.stdout = io.StringIO()\nprint('el' + 'sewhere')")
    assert "elsewhere" not in "".join(shown)
    told = ALL["output-redirected"].words(what="a StringIO", name="stdout")
    assert f"{told}\n" in shown
    run("print('he' + 're')")
    assert "here\n" in shown


@pytest.mark.parametrize(
    ("code", "cause", "words"),
    [
        ("exit()", "left-pyspark", "left pyspark"),
        ("spark.stop()\nspark.range(3).show()", "spark-stopped", "Spark was stopped by your code"),
        ("import os; os._exit(3)", "pyspark-ended", "exit status 3"),
        ("import os; os.kill(os.getpid(), 9)", "pyspark-ended", "SIGKILL, and nothing says that"),
        ("import os; os.kill(sc._gateway.proc.pid, 9)\nspark.range(3).count()", "jvm-killed", ""),
        ("sc._jvm.System.exit(4)\nspark.range(3).count()", "jvm-ended", "exit status 4"),
    ],
)
def test_a_pyspark_that_is_gone_is_told_and_started_anew(
    run: Callable[..., spark.SparkOutcome], code: str, cause: str, words: str, shown: list[str]
) -> None:
    error = run(code).error
    assert error is not None
    assert (error.details.cause, words in str(error)) == (cause, True), str(error)
    shown.clear()
    run("print(spark.range(3).count())")
    assert "3\n" in "".join(shown)


def test_pasted_lines_run_and_what_was_changed_is_told(pyspark: Cluster, week10: LabSpec) -> None:
    said: list[tuple[str, str]] = []
    lines = ">>> x = \u201c41\u201d\n>>> print(int(x) + 1)\n42\n"
    job = Job(
        runtime=pyspark.runtime,
        session=pyspark.session,
        lab=week10,
        step=week10.step("extract"),
        params={"selection": lines, "has_passed": True},
        write=lambda stream, data: said.append((stream, data.decode())),
        cancelled=never,
    )
    perform(job)
    assert (
        "note",
        "What was pasted is not Python as it is. Changed: curly quotes, prompts.\n",
    ) in said
    assert ("stdout", "42\n") in said


def test_a_text_of_ones_own_that_is_no_json_is_no_records_fault(
    run: Callable[..., spark.SparkOutcome],
) -> None:
    error = run(READ + "rows = events.collect()\njson.loads('oops')", A).error
    assert error is not None
    assert error.details.cause == "python-error"


def test_types_that_clash_where_they_are_named_are_told(
    run: Callable[..., spark.SparkOutcome],
) -> None:
    error = run("extracted_events = spark.createDataFrame([(1,), ('x',)], 'n int')").error
    assert error is not None
    assert (error.details.cause, error.details.line) == ("type-clash", 1)


def test_lines_that_wait_for_others_in_vain_are_told(pyspark: Cluster) -> None:
    def run_for(code: str, seconds: float) -> spark.SparkOutcome:
        where = (pyspark.runtime, pyspark.session)
        return spark.run_cell(*where, Spark(kind="spark"), code, lambda *said: None, seconds)

    # Other modules use the same cluster: a file of theirs would be taken for the first one's.
    mark = new_topic()
    run_for(f"open('/w205/{mark}-goes-on', 'w').close()", 90)
    first = (
        f"import os, time\nopen('/w205/{mark}-begun', 'w').close()\n"
        f"while os.path.exists('/w205/{mark}-goes-on'): time.sleep(0.05)"
    )
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run_for, first, 120)
        try:
            eventually(
                lambda: pyspark.run("test", "-e", f"/w205/{mark}-begun").status == 0, within=90
            )
            error = run_for("1 + 1", 1).error
        finally:
            assert pyspark.run("rm", f"/w205/{mark}-goes-on").status == 0
        assert running.result().error is None
    assert error is not None
    assert error.details.cause == "other-lines-running"


def test_a_pyspark_that_does_not_start_is_told(pyspark: Cluster) -> None:
    where = (pyspark.runtime, pyspark.session)
    spark.stop(*where)
    run_cell = partial(spark.run_cell, *where, Spark(kind="spark"), "1", lambda *said: None, 60)
    error = run_cell(conf={"spark.master": "local[many]"}).error
    assert error is not None
    assert (error.details.cause, error.part) == ("pyspark-not-started", Part.PLATFORM)
    assert run_cell().error is None


def test_a_broker_that_answers_nobody_is_not_blamed_on_the_code(pyspark: Cluster) -> None:
    said: list[str] = []
    outcome = spark.run_cell(
        pyspark.runtime,
        pyspark.session,
        Spark(kind="spark", setup="import json", table="extracted_events"),
        READ.replace("kafka:29092", "kafka:9092").replace("TOPIC", "events") + TO_DF,
        lambda stream, text: said.append(text),
        120,
        broker="kafka:9092",
    )
    assert outcome.error is not None, "".join(said)
    assert outcome.error.details.cause == "no-answer-from-kafka"
    assert outcome.error.part is Part.LAB


NOT_MADE = {
    "no-connector": "a cluster as it should be has it",
    "answer-lost": "portal/engine/tests/test_spark.py has a cell without a word",
    "not-json-somewhere": "portal/engine/tests/test_spark.py has an error without records",
    "timed-out-on-a-busy-host": "portal/engine/tests/test_blame.py has a busy host",
    "timed-out": "portal/engine/tests/test_blame.py has a host that says nothing",
    "first-row-schema": "no error, but columns that are told as dropped",
    "spark-error": "what Spark alone has words for",
    "out-of-memory": "tests/engine/test_spark.py fills Java's memory",
}
"""Causes that no test makes in a cluster by their name, and why not."""


def test_every_cause_of_sparks_and_of_records_is_made_somewhere() -> None:
    root = Path(__file__).resolve().parents[2]
    tests = [*(root / "tests").rglob("test_*.py"), *(root / "portal").rglob("tests/test_*.py")]
    text = "".join(each.read_text() for each in tests)
    # Those of servers and calls are told in tests of their own, by their words.
    groups = [group for title, group in GROUPS.items() if title not in ("Servers", "Calls")]
    names = [each.name for group in groups for each in group]
    assert [name for name in names if f'"{name}"' not in text] == []
    assert NOT_MADE.keys() <= ALL.keys()


def test_every_cause_is_listed() -> None:
    assert LISTED.read_text() == listing()


def test_there_are_many_causes_and_each_says_what_to_do() -> None:
    assert len(ALL) >= 40
    assert all(each.advice and each.says for each in ALL.values())
