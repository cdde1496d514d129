#!/usr/bin/env python
"""Read the events, keep the purchases, and write them to /tmp/purchases."""

import json

from pyspark.sql import Row, SparkSession
from pyspark.sql.functions import udf
from pyspark.sql.types import BooleanType


@udf(BooleanType())
def is_purchase(event_as_json):
    return json.loads(event_as_json).get("event_type") == "purchase_sword"


def main():
    spark = SparkSession.builder.appName("FilteredWrites").getOrCreate()

    raw_events = (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", "kafka:29092")
        .option("subscribe", "events")
        .option("startingOffsets", "earliest")
        .option("endingOffsets", "latest")
        .load()
    )

    purchase_events = raw_events.select(
        raw_events.value.cast("string").alias("raw"),
        raw_events.timestamp.cast("string"),
    ).filter(is_purchase("raw"))

    # Only now is a purchase parsed: all rows that are left have the same keys.
    extracted_purchase_events = purchase_events.rdd.map(
        lambda r: Row(timestamp=r.timestamp, **json.loads(r.raw))
    ).toDF()
    extracted_purchase_events.show()
    extracted_purchase_events.write.mode("overwrite").parquet("/tmp/purchases")


if __name__ == "__main__":
    main()
