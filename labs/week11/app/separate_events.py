#!/usr/bin/env python
"""As before, but each kind of event goes to a folder of its own."""

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
    spark = SparkSession.builder.appName("SeparateEvents").getOrCreate()

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

    sword_purchases = extracted_events.filter(extracted_events.event_type == "purchase_sword")
    sword_purchases.show()
    sword_purchases.write.mode("overwrite").parquet("hdfs://cloudera/tmp/sword_purchases")

    default_hits = extracted_events.filter(extracted_events.event_type == "default")
    default_hits.show()
    default_hits.write.mode("overwrite").parquet("hdfs://cloudera/tmp/default_hits")


if __name__ == "__main__":
    main()
