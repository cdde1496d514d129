"""What an error of a spark cell means, in words for the student whose code it was.

Each module looks at the evidence for causes of one kind. What none of them knows is told as Python
or Spark says it.
"""

from portal.engine.diagnosis import code, kafka, memory, records, sessions
from portal.engine.diagnosis.case import Case
from portal.engine.diagnosis.evidence import CellError, to_cell_error
from portal.engine.diagnosis.memory import memory_bytes
from portal.engine.errors import ClusterError
from portal.engine.extraction import Union

__all__ = ["CellError", "explain", "memory_bytes", "to_cell_error"]


def explain(
    error: CellError, union: Union | None, topic: str | None, broker: str = ""
) -> ClusterError:
    """The error to show for it: what happened, whose part it is, what to do next.

    `topic` and `broker` are the lab's, for advice.
    """
    case = Case(error, union, topic, broker)
    return (
        memory.of_memory(case)
        or sessions.of_sessions(case)
        or kafka.of_kafka(case)
        or records.of_records(case)
        or code.of_code(case)
    )
