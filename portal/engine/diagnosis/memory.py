"""Whether memory ran out: said only of what shows it."""

import re

from portal.engine.causes import pyspark
from portal.engine.diagnosis.case import Case
from portal.engine.errors import ClusterError, Details, OutOfMemory

KILLED = frozenset({-9, 137})
MEGABYTES = re.compile(r"(\d{1,6})([mg])")


class Killed(OutOfMemory):
    """Spark's process was killed. It may have been for want of memory: nothing says so."""

    part = pyspark.JVM_KILLED.part
    advice = pyspark.JVM_KILLED.advice

    def __init__(self, limit: int):
        super().__init__(limit)
        size = f" It may use {limit // 2**20} MB." if limit else ""
        self.args = (pyspark.JVM_KILLED.words() + size,)
        self.details = Details(cause=pyspark.JVM_KILLED.name)


def of_memory(case: Case) -> ClusterError | None:
    """Java says that its memory was full, or its process is gone."""
    error = case.error
    if error.is_java("OutOfMemoryError"):
        return OutOfMemory(memory_bytes(error.memory))
    if error.jvm_status in KILLED:
        return Killed(memory_bytes(error.memory))
    if error.jvm_status is not None:
        return pyspark.JVM_ENDED.error(case.details, status=error.jvm_status)
    return None


def memory_bytes(words: str) -> int:
    """Java's way of saying a size, in bytes; 0 when it isn't one."""
    found = MEGABYTES.fullmatch(words.strip().lower())
    return int(found[1]) * (2**20 if found[2] == "m" else 2**30) if found else 0
