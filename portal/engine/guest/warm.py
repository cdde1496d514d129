"""What a first extraction would have to wait for, done before anybody waits.

Run in the background once pyspark is ready: the JVM loads and compiles what the notes' lines need,
and Python workers start. Nothing of it shows. When the class data archive is made, the same code
says which classes belong in it.
"""

import contextlib
import json
import socket
import threading
from typing import Any

NOWHERE = "127.0.0.1:1"
TOPIC = "__sluice_none"
EVENT = '{"kind": "default"}'
HASTE = {
    "fetchOffset.numRetries": "1",
    "kafka.request.timeout.ms": "2000",
    "kafka.default.api.timeout.ms": "2000",
}


def warm_in_background(spark: Any, broker: str) -> None:
    """Begin; a cell that comes meanwhile runs beside it."""
    threading.Thread(target=warm, args=(spark, broker), daemon=True).start()


def warm(spark: Any, broker: str) -> None:
    """Do once what the notes' lines do, on rows of our own. Whatever goes wrong is no matter."""
    with contextlib.suppress(Exception):
        # A student who runs something meanwhile is told of the progress of that alone.
        spark.sparkContext.setJobGroup("warm", "warming up")
        extract(spark)
    # Without a broker its client would fill the log with warnings.
    if broker and listens(broker):
        look_for_topic(spark, broker)
    collect(spark)


def collect_in_background(spark: Any) -> None:
    """Begin to give back what the start took."""
    threading.Thread(target=collect, args=(spark,), daemon=True).start()


def collect(spark: Any) -> None:
    """What the start took is free now: the JVM gives it back when it collects."""
    with contextlib.suppress(Exception):
        spark.sparkContext._jvm.System.gc()


def train(spark: Any) -> None:
    """The same where there is no broker, so that the JVM has met its classes when it ends."""
    for _ in range(2):
        extract(spark)
    look_for_topic(spark, NOWHERE)


def extract(spark: Any) -> None:
    """A string, through Python workers, to a data frame and its picture."""
    events = spark.createDataFrame([(EVENT,)], "value string").select("value")
    # Not json.loads itself: pickled by name, the lambda of a student's cell goes another way.
    frame = events.rdd.map(lambda row: json.loads(row.value)).toDF()
    frame._show_string()
    frame.limit(1).collect()


def look_for_topic(spark: Any, broker: str) -> None:
    """Plan to read a topic that isn't there. Asking for it does not create it."""
    reader = spark.read.format("kafka").option("kafka.bootstrap.servers", broker)
    with contextlib.suppress(Exception):
        raw = reader.options(subscribe=TOPIC, **HASTE).load()
        # The plan fails where it asks for the topic's offsets, after it loaded all it needs.
        _ = raw.select(raw.value.cast("string")).rdd


def listens(address: str) -> bool:
    """Whether something answers there."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except (OSError, ValueError):
        return False
