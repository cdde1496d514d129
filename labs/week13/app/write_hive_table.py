#!/usr/bin/env python
"""Read the purchases, write them to HDFS, and tell Hive's metastore of the table."""

import json

from pyspark.sql import Row, SparkSession
from pyspark.sql.functions import udf
from pyspark.sql.types import BooleanType


@udf(BooleanType())
def is_purchase(event_as_json):
    return json.loads(event_as_json).get("event_type") == "purchase_sword"


def main():
    spark = (
        SparkSession.builder.appName("WriteHiveTable")
        .config("hive.metastore.uris", "thrift://hive:9083")
        .enableHiveSupport()
        .getOrCreate()
    )

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

    extracted_purchase_events = purchase_events.rdd.map(
        lambda r: Row(timestamp=r.timestamp, **json.loads(r.raw))
    ).toDF()
    extracted_purchase_events.show()
    extracted_purchase_events.createOrReplaceTempView("extracted_purchase_events")

    # The files lie in HDFS; what the metastore keeps is their folder and the columns.
    spark.sql("drop table if exists default.purchases")
    spark.sql("""
        create external table default.purchases
        stored as parquet
        location 'hdfs://cloudera/tmp/purchases'
        as select * from extracted_purchase_events
    """)


if __name__ == "__main__":
    main()
