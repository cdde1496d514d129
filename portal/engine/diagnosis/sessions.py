"""Whether Spark was stopped, or started twice."""

from portal.engine.causes import pyspark
from portal.engine.diagnosis.case import Case
from portal.engine.errors import ClusterError

TWICE = "Cannot run multiple SparkContexts at once"


def of_sessions(case: Case) -> ClusterError | None:
    """What the code did to `spark` and `sc` themselves."""
    if case.error.message.startswith(TWICE):
        return pyspark.SECOND.error(case.details)
    if case.error.is_stopped:
        return pyspark.STOPPED.error(case.details)
    return None
