"""Lines of Python for the session's warm pyspark; the table that they make is a result."""

from portal.engine.kinds.spark.kind import Spark

__all__ = ["Spark"]
