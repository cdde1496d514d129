"""Causes that end pyspark, or keep it from working."""

from portal.engine.causes.cause import Cause
from portal.engine.errors import Part

LEFT = Cause(
    "left-pyspark",
    Part.CODE,
    "The code left pyspark with exit().",
    "Take exit() out of the cell: a step of its own ends pyspark.",
)
STOPPED = Cause(
    "spark-stopped",
    Part.CODE,
    "Spark was stopped by your code, and then asked to go on{where}.",
    "Take spark.stop() or sc.stop() out of the cell, and run it again: pyspark starts anew.",
)
SECOND = Cause(
    "second-context",
    Part.CODE,
    "pyspark has a SparkContext already, sc, and there can't be a second one{where}.",
    "Use spark and sc as they are, or SparkSession.builder.getOrCreate().",
)
REDIRECTED = Cause(
    "output-redirected",
    Part.CODE,
    "Your code put {what} in the place of sys.{name}: what was printed after that went there, not "
    "here. From the next run on it shows here again.",
    "Leave sys.stdout as it is.",
)
ENDED = Cause(
    "pyspark-ended",
    Part.UNKNOWN,
    "pyspark ended while it ran your code. Why is not known{seen}.",
    "Run the step again: it starts pyspark anew, without what was set before.",
)
MEMORY = Cause(
    "out-of-memory",
    Part.CODE,
    "The memory limit of {limit} MB was reached.",
    "Work on less data at once, or stop what you don't need, and run the step again.",
)
JVM_KILLED = Cause(
    "jvm-killed",
    Part.UNKNOWN,
    "Spark's own process was killed. That happens when memory runs out, but nothing here says "
    "whether it was that.",
    "Run the step again. If that happens once more, work on less data at once.",
)
JVM_ENDED = Cause(
    "jvm-ended",
    Part.PLATFORM,
    "Spark's own process ended with exit status {status}.",
    "Run the step again: it starts pyspark anew.",
)
NOT_STARTED = Cause(
    "pyspark-not-started",
    Part.PLATFORM,
    "pyspark did not start.",
    "Look at the Spark log, then reset the cluster.",
)
BUSY = Cause(
    "other-lines-running",
    Part.CODE,
    "Other lines were still running in pyspark, so these were not run.",
    "Wait until those have ended, or cancel them, and run the step again.",
)
LOST = Cause(
    "answer-lost",
    Part.PLATFORM,
    "The cell ended before its time. {said}",
    "Run the step again; if that happens once more, reset the cluster.",
)

ALL = (
    LEFT,
    STOPPED,
    SECOND,
    REDIRECTED,
    ENDED,
    MEMORY,
    JVM_KILLED,
    JVM_ENDED,
    NOT_STARTED,
    BUSY,
    LOST,
)
