"""Have Spark read a topic without a wait at its end, and in larger pieces.

After its last record a Kafka consumer asks for more, and the broker holds that request for half a
second. What Spark asks next, where the topic begins and ends, stands in line behind it: each job
on a topic, however small, took that much longer. And of what has come it takes 500 records at a
time, which is half of what reading a million costs. No `--conf` reaches a reader's consumer.
"""

import functools
from typing import Any

OPTIONS = {"kafka.fetch.max.wait.ms": "20", "kafka.max.poll.records": "2000"}


def hasten(reader: Any) -> None:
    """Give the class of `spark.read` these options for Kafka; what the code gives later wins."""
    plain = reader.format

    @functools.wraps(plain)
    def chosen(self: Any, source: str) -> Any:
        made = plain(self, source)
        return made.options(**OPTIONS) if source.lower() == "kafka" else made

    reader.format = chosen
