#!/usr/bin/env python
"""Write each sword that is bought to HDFS, for as long as this runs."""

import json

from pyspark.sql import SparkSession
from pyspark.sql.functions import from_json, udf
from pyspark.sql.types import BooleanType, StringType, StructField, StructType


def purchase_sword_event_schema():
    """The columns that there will be. A stream can't look at its first event to find out."""
    return StructType(
        [
            StructField("event_type", StringType(), True),
            StructField("description", StringType(), True),
            StructField("Host", StringType(), True),
            StructField("Accept", StringType(), True),
        ]
    )


@udf(BooleanType())
def is_sword_purchase(event_as_json):
    return json.loads(event_as_json).get("event_type") == "purchase_sword"


def write_batch(swords, number):
    """Written aside, then moved in: whoever asks meanwhile sees whole files, or none."""
    swords.write.mode("append").parquet("hdfs://cloudera/tmp/sword_purchases")
    print(f"Batch {number} is written", flush=True)


def main():
    spark = SparkSession.builder.appName("WriteSwordsStream").getOrCreate()

    raw_events = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", "kafka:29092")
        .option("subscribe", "events")
        .option("startingOffsets", "earliest")
        .load()
    )

    value = raw_events.value.cast("string")
    sword_purchases = raw_events.filter(is_sword_purchase(value)).select(
        value.alias("raw_event"),
        raw_events.timestamp.cast("string"),
        from_json(value, purchase_sword_event_schema()).alias("json"),
    )
    sword_purchases = sword_purchases.select("raw_event", "timestamp", "json.*")

    # The checkpoint says how far it has come: started again, it goes on from there.
    sink = (
        sword_purchases.writeStream.foreachBatch(write_batch)
        .option("checkpointLocation", "hdfs://cloudera/tmp/checkpoints_for_sword_purchases")
        .trigger(processingTime="5 seconds")
        .start()
    )
    sink.awaitTermination()


if __name__ == "__main__":
    main()
