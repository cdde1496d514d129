"""Scripts as the course has them, from before Spark 4, run unmodified however they are started."""

import pytest

from portal.engine import spark
from portal.engine.kinds.job import Evidence
from portal.engine.lab.spec import LabSpec
from tests.contract.cluster import Cluster
from tests.engine.serving import Lesson
from tests.engine.topics import do, new_topic, produce

pytestmark = pytest.mark.sandbox
SCRIPT = """\
import json
from pyspark.sql import Row, SparkSession
from pyspark.sql.functions import udf


@udf("boolean")
def is_purchase(event_as_json):
    return json.loads(event_as_json)["event_type"] == "purchase_sword"


@udf("struct<host:string,words:array<string>>")
def about(event_as_json):
    return ("moe", event_as_json.split())


@udf("string")
def munged(event_as_json):
    return json.dumps(json.loads(event_as_json) | {"Host": "moe"})


def main():
    spark = SparkSession.builder.appName("ExtractEventsJob").getOrCreate()
    raw_events = spark.read.format("kafka").option(
        "kafka.bootstrap.servers", "kafka:29092").option("subscribe", "TOPIC").option(
        "startingOffsets", "earliest").option("endingOffsets", "latest").load()
    events = raw_events.filter(is_purchase(raw_events.value.cast("string"))).select(
        munged(raw_events.value.cast("string")).alias("raw"),
        raw_events.timestamp.cast("string"))
    extracted = events.rdd.map(
        lambda r: Row(timestamp=r.timestamp, **json.loads(r.raw))).toDF()
    extracted.registerTempTable("extracted_events")
    spark.sql("select event_type, Host from extracted_events").show()
    events.select(about("raw").host.alias("about")).show()
    for _ in range(2):
        extracted.write.mode("overwrite").parquet("/tmp/extracted_events")
    spark.udf.register("is_purchase", is_purchase)
    print(spark.sparkContext.appName, spark.read.parquet("/tmp/extracted_events").count())


if __name__ == "__main__":
    main()
"""


def submit(cluster: Cluster, script: str, *command: str) -> tuple[int | None, str]:
    """Put a script into the cluster and run it; its exit status and all that it wrote."""
    cluster.runtime.put_file(cluster.session, "script.py", script.encode())
    argv = (*command, "/w205/script.py")
    execution = cluster.runtime.exec(cluster.session, "spark", argv, timeout=170)
    said = b"".join(piece.data for piece in execution)
    return execution.exit_status, said.decode(errors="replace")


@pytest.mark.parametrize("command", ["spark-submit", "python"])
def test_a_script_with_types_as_text_above_main_runs_as_it_is(
    kafka_cluster: Cluster, command: str
) -> None:
    topic = new_topic()
    do(kafka_cluster, "create", topic)
    produce(kafka_cluster, topic, '{"event_type": "default"}', '{"event_type": "purchase_sword"}')
    status, said = submit(kafka_cluster, SCRIPT.replace("TOPIC", topic), command)
    assert status == 0, said[-3000:]
    assert "|purchase_sword| moe|" in said
    assert "ExtractEventsJob 1" in said


SHOWS = """\
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(30).selectExpr("id", "if(id = 1, null, 'n') n").show()
"""


def test_what_a_script_wrote_or_showed_is_kept_as_a_result(
    kafka_cluster: Cluster, week10: LabSpec
) -> None:
    topic = new_topic()
    do(kafka_cluster, "create", topic)
    produce(kafka_cluster, topic, '{"event_type": "purchase_sword", "n": 7}')
    lesson = Lesson(kafka_cluster, week10)
    step = week10.step("read").model_copy(update={"timeout": 170, "check": None})
    line = "docker-compose exec spark spark-submit /w205/script.py"
    for text in (SCRIPT.replace("TOPIC", topic), SHOWS):
        kafka_cluster.runtime.put_file(kafka_cluster.session, "script.py", text.encode())
        told = lesson.do(step, command_line=line)
        assert told.error is None, told.text()[-3000:]
        (kept,) = told.kept
        assert told.evidence == Evidence()
        table = kept.table
        assert table is not None
        names = {each.name: each.type for each in table.columns}
        if text == SHOWS:
            assert (table.name, names) == ("as shown", {"id": "string", "n": "string"})
            assert list(table.rows)[1] == ("1", None)
            assert "the last table that was shown, 20 rows, as text; show() leaves" in (
                told.text("note")
            )
        else:
            assert (table.name, table.row_count) == ("extracted_events", 1)
            shown = [[each.name for each in other.columns] for other in kept.shown]
            assert shown == [["about"], ["event_type", "Host"]]
            assert names["n"] == "bigint"
            assert "wrote to /tmp/extracted_events, 1 row." in told.text("note")
    quiet = lesson.do(step, command_line="docker-compose exec mids python -c 'print(1)'")
    assert (quiet.error, quiet.kept) == (None, [])
    spark.stop(kafka_cluster.runtime, kafka_cluster.session)


def test_a_type_that_is_none_is_still_told(kafka_cluster: Cluster) -> None:
    status, said = submit(
        kafka_cluster,
        "from pyspark.sql import SparkSession\nfrom pyspark.sql.functions import udf\n"
        "f = udf(lambda x: x, 'boolen')\n"
        "SparkSession.builder.getOrCreate().range(1).select(f('id')).show()\n",
        "python",
    )
    assert (status, "boolen" in said) == (1, True)
