"""Spark's settings that a lab may choose: each by its name, with the form that its value has.

What else `--conf` could say (jars, Java's options, classes to load, memory) is the operator's.
"""

import re
from collections.abc import Mapping

FLAG = "true|false"
COUNT = r"[1-9]\d{0,3}"
ALLOWED = {
    "spark.master": r"local\[([1-9]|1[0-6])\]",
    "spark.default.parallelism": COUNT,
    "spark.hadoop.fs.defaultFS": r"hdfs://[a-z][a-z0-9.-]{0,60}:[0-9]{1,5}",
    "spark.hadoop.hive.metastore.uris": r"thrift://[a-z][a-z0-9.-]{0,60}:[0-9]{1,5}",
    "spark.log.level": "DEBUG|INFO|WARN|ERROR",
    "spark.python.worker.reuse": FLAG,
    "spark.sql.adaptive.enabled": FLAG,
    "spark.sql.ansi.enabled": FLAG,
    "spark.sql.caseSensitive": FLAG,
    "spark.sql.catalogImplementation": "in-memory|hive",
    "spark.sql.repl.eagerEval.enabled": FLAG,
    "spark.sql.session.timeZone": r"[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,2}",
    "spark.sql.shuffle.partitions": COUNT,
    "spark.ui.enabled": FLAG,
    "spark.ui.showConsoleProgress": FLAG,
}


def mistake_in(name: str, value: str) -> str:
    """What is wrong with the value of an allowed setting; nothing when it has its form."""
    if not re.fullmatch(ALLOWED[name], value):
        return f"{name} can't be {value!r}: it has to match {ALLOWED[name]}"
    return ""


def command(service: str, conf: Mapping[str, str]) -> str:
    """What a student would type for such a pyspark, a setting a line."""
    settings = [f"--conf {name}={value}" for name, value in conf.items()]
    return " \\\n  ".join([f"docker-compose exec {service} pyspark", *settings])
