#!/usr/bin/env python
"""Read every event of the topic; with --strict, stop at what is no JSON."""

import json
import sys

from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "events",
    bootstrap_servers="kafka:29092",
    auto_offset_reset="earliest",
    consumer_timeout_ms=5000,
)
read, aside = 0, []
for record in consumer:
    try:
        json.loads(record.value)
        read += 1
    except ValueError:
        if "--strict" in sys.argv:
            raise
        aside.append((record.partition, record.offset))
print("read:", read)
print("put aside:", len(aside), aside)
