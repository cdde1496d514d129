"""What is known when an error is explained."""

from dataclasses import dataclass

from portal.engine.diagnosis.evidence import CellError
from portal.engine.errors import Details
from portal.engine.extraction import Sample, Union, UnionRow


@dataclass(frozen=True, slots=True)
class Case:
    """An error, the records that the code read, and what the lab says of its topic and broker."""

    error: CellError
    union: Union | None
    topic: str | None
    broker: str

    @property
    def details(self) -> Details:
        """Where in the code it was."""
        return Details(line=self.error.line)

    def at(self, record: UnionRow | Sample) -> Details:
        """Where in the code, and at which record."""
        topic = record.topic or (self.union.topic if self.union else "")
        return Details(
            line=self.error.line, topic=topic, partition=record.partition, offset=record.offset
        )

    def place(self, record: UnionRow | Sample) -> str:
        """Where a record is: as much as it takes to find it."""
        words = f"offset {record.offset}"
        if record.partition or (self.union and has_partitions(self.union)):
            words += f" of partition {record.partition}"
        if self.union and not self.union.has_one_topic:
            words += f" of topic {record.topic}"
        return words


def has_partitions(union: Union) -> bool:
    """Whether an offset says where a record is only with its partition."""
    return len({each.partition for each in union.places}) > 1
