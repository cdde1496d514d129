#!/usr/bin/env python
"""Read the events, make a table of them, and write it to HDFS."""

import json

from pyspark.sql import SparkSession


def main():
    spark = SparkSession.builder.appName("ExtractEvents").getOrCreate()

    raw_events = (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", "kafka:29092")
        .option("subscribe", "events")
        .option("startingOffsets", "earliest")
        .option("endingOffsets", "latest")
        .load()
    )

    # A record's value is bytes. Cast, they are text, and the text is JSON.
    events = raw_events.select(raw_events.value.cast("string"))
    extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF()

    extracted_events.write.mode("overwrite").parquet("hdfs://cloudera/tmp/extracted_events")


if __name__ == "__main__":
    main()
