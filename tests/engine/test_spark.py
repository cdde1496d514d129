"""Cells in a real pyspark, on a real topic."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from portal.engine import spark, streaming
from portal.engine.errors import CommandCancelled, CommandTimedOut, OutOfMemory
from portal.engine.kinds.spark import Spark
from portal.engine.runtimes.base import never
from tests.contract.cluster import Cluster, eventually
from tests.engine.topics import do, new_topic, produce

pytestmark = pytest.mark.sandbox
PROGRESS = re.compile(r"\r(?:\[Stage [^\r\n]*| +)?")
"""What Spark draws of a stage that takes over half a second, and blanks again."""
WEEK10 = """\
raw_events = spark \\
  .read \\
  .format("kafka") \\
  .option("kafka.bootstrap.servers", "kafka:29092") \\
  .option("subscribe","TOPIC") \\
  .option("startingOffsets", "earliest") \\
  .option("endingOffsets", "latest") \\
  .load()
events = raw_events.select(raw_events.value.cast('string'))
extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF()
extracted_events.show()
"""
OLD = '{"event_type": "default"}'
NEW = '{"Host": "localhost:5000", "event_type": "purchase_sword", "Accept": "*/*"}'

FIRST = """\
import os, time
open("/w205/MARK-begun", "w").close()
while not os.path.exists("/w205/MARK-goes-on"): time.sleep(0.05)

order = ["first"]
order
"""

Cell = Callable[..., tuple[spark.SparkOutcome, str]]


@pytest.fixture(scope="module")
def pyspark(kafka_cluster: Cluster) -> Iterator[Cluster]:
    """A cluster whose pyspark is this module's."""
    yield kafka_cluster
    spark.stop(kafka_cluster.runtime, kafka_cluster.session)


@pytest.fixture
def topic(pyspark: Cluster) -> str:
    """A topic of this test's own, there and empty."""
    name = new_topic()
    do(pyspark, "create", name)
    return name


@pytest.fixture
def run(pyspark: Cluster) -> Cell:
    """Run a cell; return what it gave and what it showed."""

    def run_cell(
        code: str, *, topic: str | None = None, timeout: float = 90, cancelled: Any = never
    ) -> tuple[spark.SparkOutcome, str]:
        table = "extracted_events" if topic else None
        spec = Spark(kind="spark", setup="import json" if topic else "", table=table, topic=topic)
        shown: list[str] = []
        outcome = spark.run_cell(
            pyspark.runtime,
            pyspark.session,
            spec,
            code.replace("TOPIC", topic or ""),
            lambda stream, text: shown.append(text),
            timeout,
            cancelled,
            broker="kafka:29092",
        )
        return outcome, PROGRESS.sub("", "".join(shown))

    return run_cell


def test_the_notes_lines_run_as_written_and_tell_what_to_df_dropped(
    pyspark: Cluster, run: Cell, topic: str
) -> None:
    produce(pyspark, topic, OLD, OLD, NEW)
    outcome, shown = run(WEEK10, topic=topic)
    assert outcome.error is None
    assert ">>> raw_events = spark \\\n...   .read \\\n" in shown
    assert "|    event_type|\n" in shown
    assert "|purchase_sword|\n" in shown
    assert outcome.table is not None
    assert outcome.table.rows == (("default",), ("default",), ("purchase_sword",))
    assert outcome.union is not None
    assert outcome.union.columns == ("event_type", "Host", "Accept")
    dropped = [
        (each.column, each.rows_with_it, each.first_offset) for each in outcome.union.dropped
    ]
    assert dropped == [("Host", 1, 2), ("Accept", 1, 2)]
    assert "first row, at offset 0" in outcome.union.reason


def test_nothing_is_dropped_where_all_events_are_alike(
    pyspark: Cluster, run: Cell, topic: str
) -> None:
    produce(pyspark, topic, NEW, NEW)
    outcome, _ = run(WEEK10, topic=topic)
    assert outcome.table is not None
    assert [each.name for each in outcome.table.columns] == ["Accept", "Host", "event_type"]
    assert outcome.union is not None
    assert outcome.union.dropped == ()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((OLD, "oops"), "is not JSON (line 10 of your code): the record at offset 1, reads 'oops'"),
        (("oops", OLD), "is not JSON (line 10 of your code): the record at offset 0, reads 'oops'"),
        ((OLD, "5"), "JSON that is no object"),
        (("5",), "JSON that is no object"),
        ((), "is empty"),
        (("{}",), "an object without keys"),
    ],
)
def test_odd_records_are_named(
    pyspark: Cluster, run: Cell, topic: str, values: tuple[str, ...], words: str
) -> None:
    produce(pyspark, topic, *values)
    outcome, shown = run(WEEK10, topic=topic)
    assert words in str(outcome.error)
    assert "org.apache.spark" not in shown


def test_a_topic_that_is_not_there_is_named(run: Cell) -> None:
    outcome, _ = run(WEEK10, topic="never-made")
    assert "The topic 'never-made' does not exist yet (line 10 of your code)" in str(outcome.error)


def test_it_shows_what_the_shell_shows(run: Cell) -> None:
    outcome, shown = run("x = 5\nx\nprint('hi')\nfor i in range(2):\n    i\n\nNone")
    assert outcome.ok
    assert shown.endswith(
        ">>> x = 5\n>>> x\n5\n>>> print('hi')\nhi\n"
        ">>> for i in range(2):\n...     i\n... \n0\n1\n>>> None\n"
    )


LARGE = """\
extracted_events = spark.range(0, 30000, 1, 3).selectExpr(
    "id", "cast(id / 2 as decimal(10, 1)) as half", "named_struct('a', id) as nested",
    "if(id % 2 = 0, null, 'x,\\"y\\"') as said", "id as ID")
"""


def test_a_large_table_comes_whole_and_in_its_order(run: Cell, topic: str) -> None:
    outcome, _ = run(LARGE, topic=topic)
    assert outcome.table is not None, outcome.error
    assert (outcome.table.row_count, outcome.table.truncated) == (30_000, False)
    rows = list(outcome.table.rows)
    assert rows[3] == ("3", "1.5", '{"a":3}', 'x,"y"', "3")
    assert rows[4][3] is None
    assert [row[0] for row in rows] == [str(number) for number in range(30_000)]


def test_a_name_lives_on_until_the_next_cell(run: Cell) -> None:
    run("kept = 7")
    assert "7" in run("kept")[1].splitlines()


def test_nothing_of_a_cell_with_a_syntax_error_is_run(run: Cell) -> None:
    run("count = 0")
    outcome, _ = run("count += 1\nprint('")
    assert "can't read your code" in str(outcome.error)
    assert "(line 2 of your code)" in str(outcome.error)
    assert run("count")[1].endswith("\n0\n")


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import time\nsc.parallelize([1, 2]).map(lambda x: time.sleep(60)).collect()",
        "while True: print('x' * 1000)",
    ],
)
def test_a_cell_that_takes_too_long_is_ended_and_pyspark_lives_on(run: Cell, code: str) -> None:
    run("kept = 7")
    with pytest.raises(CommandTimedOut):
        run(code, timeout=2)
    # Spark may still have a word to say of the task that was ended.
    assert "7" in run("kept")[1].splitlines()


def test_a_cell_can_be_cancelled_and_pyspark_lives_on(run: Cell) -> None:
    run("kept = 7")
    cancelled = threading.Event()
    threading.Timer(1, cancelled.set).start()
    with pytest.raises(CommandCancelled):
        run("import time; time.sleep(60)", cancelled=cancelled.is_set)
    # Spark may still have a word to say of the task that was ended.
    assert "7" in run("kept")[1].splitlines()


def test_two_cells_at_once_take_turns_and_both_come_to_their_end(
    pyspark: Cluster, run: Cell
) -> None:
    runtime, session = pyspark.runtime, pyspark.session
    # Other modules use the same cluster: a file of theirs would be taken for the first one's.
    mark = new_topic()
    said: list[str] = []
    # What an earlier test has ended may have cost the kernel its life: these are the next two.
    run("pass")

    def let_the_first_go_on() -> None:
        runtime.put_file(session, f"{mark}-goes-on", b"")

    def emit(stream: str, text: str) -> None:
        said.append(text)
        if "other lines are still running" in text:
            let_the_first_go_on()

    def has_begun(first: Future[Any]) -> bool:
        return first.done() or pyspark.run("test", "-e", f"/w205/{mark}-begun").status == 0

    with ThreadPoolExecutor() as pool:
        first = pool.submit(run, FIRST.replace("MARK", mark))
        try:
            eventually(lambda: has_begun(first), within=90)
            spec, code = Spark(kind="spark"), "order.append('second')\norder"
            second = spark.run_cell(runtime, session, spec, code, emit, 90)
        finally:
            let_the_first_go_on()
        outcome, shown = first.result()
    assert (outcome.error, second.error) == (None, None), (shown, said)
    assert shown.endswith("['first']\n")
    assert "".join(said).endswith("['first', 'second']\n")


def test_endless_output_is_cut(run: Cell) -> None:
    outcome, shown = run("print('x' * 3_000_000)")
    assert outcome.ok
    assert len(shown) < 1_100_000
    assert "more characters of output are not shown" in shown


def test_running_out_of_memory_is_told_and_the_next_cell_works(run: Cell) -> None:
    outcome, _ = run(
        "kept = sc._jvm.java.util.ArrayList()\n"
        "while True: _ = kept.add(sc._jvm.java.nio.ByteBuffer.allocate(50_000_000))"
    )
    assert isinstance(outcome.error, OutOfMemory)
    assert run("del kept\nspark.range(3).count()")[1].endswith("\n3\n")


def test_a_pyspark_that_was_killed_is_started_anew(run: Cell) -> None:
    outcome, _ = run("import os; os.kill(os.getpid(), 9)")
    assert "pyspark ended while it ran your code" in str(outcome.error)
    assert "Welcome to" in run("spark.range(3).count()")[1]


def test_a_jvm_that_was_killed_is_started_anew(run: Cell) -> None:
    outcome, _ = run("import os; os.kill(sc._gateway.proc.pid, 9)\nspark.range(3).count()")
    assert isinstance(outcome.error, OutOfMemory)
    assert run("spark.range(3).count()")[1].endswith("\n3\n")


def test_a_jvm_that_is_killed_while_python_sleeps_is_missed_within_seconds(run: Cell) -> None:
    """Python has no reason to look; whoever waits for the cell does."""
    began = time.monotonic()
    code = "import os, time; os.kill(sc._gateway.proc.pid, 9)\ntime.sleep(50)\nprint('slept')"
    outcome, said = run(code)
    assert time.monotonic() - began < 15
    assert "pyspark ended while it ran your code" in str(outcome.error)
    assert "slept" not in said
    assert run("spark.range(3).count()")[1].endswith("\n3\n")


def test_exit_ends_pyspark_and_the_next_cell_starts_it(run: Cell) -> None:
    outcome, _ = run("exit()")
    assert "left pyspark" in str(outcome.error)
    assert run("1 + 1")[1].endswith("\n2\n")


@pytest.mark.parametrize(
    ("conf", "partitions"),
    [
        ({}, "200"),
        ({"spark.sql.shuffle.partitions": "3", "spark.ui.enabled": "false"}, "3"),
    ],
)
def test_pyspark_has_the_labs_settings(
    pyspark: Cluster, run: Cell, conf: dict[str, str], partitions: str
) -> None:
    spark.stop(pyspark.runtime, pyspark.session)
    spark.start(pyspark.runtime, pyspark.session, "spark", conf)
    shown = run("spark.conf.get('spark.sql.shuffle.partitions'), spark.sparkContext.uiWebUrl")[1]
    last = shown.splitlines()[-1]
    assert last.startswith(f"('{partitions}', ")
    assert ("None" in last) == ("spark.ui.enabled" in conf)


def test_workers_find_what_a_student_adds_and_skip_sparks_own_archives(run: Cell) -> None:
    outcome, shown = run(
        "import pathlib, sys, zipfile\n"
        "with zipfile.ZipFile('/w205/theirs.zip', 'w') as theirs:\n"
        "    theirs.writestr('theirs.py', 'NAME = \"theirs\"')\n\n"
        "sc.addPyFile('/w205/theirs.zip')\n"
        "def look(_):\n"
        "    import theirs\n"
        "    names = [pathlib.Path(each).name for each in sys.path]\n"
        "    return theirs.NAME, 'theirs.zip' in names, 'pyspark.zip' in names\n\n"
        "sc.parallelize([1], 1).map(look).collect()\n"
    )
    assert outcome.error is None
    assert shown.endswith("[('theirs', True, False)]\n")


def test_a_look_at_the_first_of_many_rows_is_quiet(run: Cell) -> None:
    code = "sc.range(2_000_000, numSlices=1).map(lambda x: (x, 'y' * 50)).toDF().take(30_000)[1]"
    outcome, shown = run(code)
    assert outcome.error is None
    assert shown == f">>> {code}\nRow(_1=1, _2='{'y' * 50}')\n"


def test_a_students_modules_serve_their_cells_and_not_the_start_of_pyspark(
    pyspark: Cluster, run: Cell
) -> None:
    intruder = b"raise SystemExit('a student\\'s file was taken for ours')\n"
    files = {"guest/workers.py": intruder, "json.py": intruder, "beside.py": b"twice = 2\n"}
    spark.stop(pyspark.runtime, pyspark.session)
    try:
        for path, content in files.items():
            pyspark.runtime.put_file(pyspark.session, path, content)
        code = (
            "import beside, os\n"
            "def look(n):\n"
            "    import beside, os\n"
            "    return n * beside.twice, os.environ.get('PYTHONSAFEPATH')\n"
            "print(beside.twice, os.environ.get('PYTHONSAFEPATH'))\n"
            "print(sc.parallelize([21]).map(look).collect())\n"
        )
        outcome, shown = run(code)
    finally:
        pyspark.run("rm", "-r", "guest", "json.py", "beside.py")
    assert outcome.error is None, outcome.error
    assert "2 None" in shown
    assert "[(42, None)]" in shown


STREAM = """\
stream = spark.readStream.format("kafka").option("kafka.bootstrap.servers", "kafka:29092") \\
  .option("subscribe", "TOPIC").option("startingOffsets", "earliest").load()
query = stream.groupBy("topic").count().writeStream.queryName("counts") \\
  .format("memory").outputMode("complete").start()
query.awaitTermination()
print("it has ended")
"""


def test_a_streaming_query_is_told_and_ended_while_a_cell_waits_for_it(
    pyspark: Cluster, run: Cell, topic: str
) -> None:
    produce(pyspark, topic, OLD, NEW)
    with ThreadPoolExecutor(1) as pool:
        cell = pool.submit(run, STREAM.replace("TOPIC", topic))
        seen = streaming.watch(pyspark.runtime, pyspark.session, cell.done)
        found = (each for looks in seen for each in looks.queries)
        query = next(each for each in found if any(batch.rows for batch in each.batches))
        assert (query.name, query.is_active, query.state_rows) == ("counts", True, 1)
        assert (query.sink, topic in query.sources[0]) == ("MemorySink", True)
        assert sum(batch.rows for batch in query.batches) == 2
        ended = streaming.stop(pyspark.runtime, pyspark.session, query.name, query.run)
        outcome, shown = cell.result(timeout=60)
    assert (ended.said, outcome.error) == ("", None)
    assert "it has ended" in shown
