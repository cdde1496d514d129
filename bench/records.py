"""Many records: the students' lines beside the same table by the JVM alone.

A topic of mixed events, as week 10 leaves it, in the lab's own sandbox and its warm pyspark. Both
ways make every row with every key as a column, and keep none: what is compared is the work, timed
by a clock in pyspark. The JVM's way reads the topic's one partition by two tasks, as Spark does
when told to; the students' lines read it by one, as they are written.
"""

import tempfile
import time
from pathlib import Path

from bench.clusters import driver, ours, week10
from bench.figures import Figure
from portal.engine import spark
from portal.engine.kinds.spark import Spark
from portal.engine.runtimes.sandbox import SandboxRuntime

COUNTS = (100_000, 1_000_000)
ROUNDS = 5
WARM = 6
"""Runs before those that count: by then Java has compiled most of what it runs."""
SECONDS = 280.0
KEYS = ("event_type", "Host", "User-Agent", "Accept")
FILL = """\
(spark.range({count}).selectExpr('''case when id % 4 = 3 then to_json(named_struct(
    'event_type', 'purchase_sword', 'Host', 'localhost:5000', 'User-Agent', 'curl/7.88.1',
    'Accept', '*/*')) else to_json(named_struct('event_type', 'default')) end as value''')
    .write.format("kafka").option("kafka.bootstrap.servers", "kafka:29092")
    .option("topic", "{topic}").save())
"""
READ = """\
raw_events = (spark.read.format("kafka").option("kafka.bootstrap.servers", "kafka:29092")
    .option("subscribe", "{topic}").option("startingOffsets", "earliest")
    .option("endingOffsets", "latest")%s.load())
events = raw_events.select(raw_events.value.cast('string'))
"""
BOTH_CORES = '.option("minPartitions", "2")'
STUDENTS = f"""{READ % ""}
import json
schema = ", ".join(f"`{{{{each}}}}` string" for each in {KEYS})
extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF(schema)
"""
JVM = f"""{READ % BOTH_CORES}
from pyspark.sql.functions import from_json
schema = ", ".join(f"`{{{{each}}}}` string" for each in {KEYS})
extracted_events = events.select(from_json("value", schema).alias("event")).select("event.*")
"""
TIMED = """\
import time
began = time.perf_counter()
{code}extracted_events.write.format("noop").mode("overwrite").save()
print(time.perf_counter() - began)
"""


def measure() -> list[Figure]:
    """Both ways in turn, for each number of records, and the whole step once."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        runtime, lab = driver(Path(folder)), week10()
        with ours(runtime, lab) as session:
            run(runtime, session, "spark.range(3).count()")
            for count in COUNTS:
                figures += of_topic(runtime, session, count)
    return figures


def of_topic(runtime: SandboxRuntime, session: str, count: int) -> list[Figure]:
    """A topic of so many records."""
    topic = f"many-{count}"
    run(runtime, session, FILL.format(count=count, topic=topic))
    students, jvm = (TIMED.format(code=code.format(topic=topic)) for code in (STUDENTS, JVM))
    for code in (students, jvm) * WARM:
        run(runtime, session, code)
    taken: dict[str, list[float]] = {"students": [], "jvm": []}
    for _ in range(ROUNDS):
        taken["students"].append(seconds_of(run(runtime, session, students)))
        taken["jvm"].append(seconds_of(run(runtime, session, jvm)))
    began = time.monotonic()
    run(runtime, session, STUDENTS.format(topic=topic), topic)
    step = time.monotonic() - began
    ours_too = f"{count} records, students' lines"
    return [
        Figure(ours_too, "s", tuple(taken["students"])),
        Figure(f"{count} records, from_json", "s", tuple(taken["jvm"]), beside=(ours_too,)),
        Figure(f"{count} records, lines, table and all keys", "s", (step,)),
    ]


def seconds_of(shown: str) -> float:
    """What a cell's own clock said last."""
    return float(shown.splitlines()[-1])


def run(runtime: SandboxRuntime, session: str, code: str, topic: str | None = None) -> str:
    """Run a cell; with a topic, fetch the table and all the keys. What it showed."""
    spec = Spark(kind="spark", table="extracted_events" if topic else None, topic=topic)
    shown: list[str] = []

    def show(stream: str, text: str) -> None:
        if stream == "stdout":
            shown.append(text)

    outcome = spark.run_cell(runtime, session, spec, code, show, SECONDS, broker="kafka:29092")
    if outcome.error is not None:
        raise outcome.error
    if outcome.union is not None and outcome.union.problem:
        raise RuntimeError(outcome.union.problem)
    return "".join(shown)
