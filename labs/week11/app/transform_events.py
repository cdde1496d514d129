#!/usr/bin/env python
"""Read the events, change each of them on the way, and write what comes of it."""

import json

from pyspark.sql import Row, SparkSession
from pyspark.sql.functions import udf
from pyspark.sql.types import StringType


@udf(StringType())
def munge_event(event_as_json):
    event = json.loads(event_as_json)
    event["Host"] = "moe"  # Nobody is to see who asked.
    event["Cache-Control"] = "no-cache"
    return json.dumps(event)


def main():
    spark = SparkSession.builder.appName("TransformEvents").getOrCreate()

    raw_events = (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", "kafka:29092")
        .option("subscribe", "events")
        .option("startingOffsets", "earliest")
        .option("endingOffsets", "latest")
        .load()
    )

    # Kafka's own time of a record becomes a column beside the event.
    munged_events = raw_events.select(
        raw_events.value.cast("string").alias("raw"),
        raw_events.timestamp.cast("string"),
    ).withColumn("munged", munge_event("raw"))

    extracted_events = munged_events.rdd.map(
        lambda r: Row(timestamp=r.timestamp, **json.loads(r.munged))
    ).toDF()
    extracted_events.show()

    extracted_events.write.mode("overwrite").parquet("hdfs://cloudera/tmp/extracted_events")


if __name__ == "__main__":
    main()
