"""What stood between Spark and Kafka."""

from portal.engine.causes import kafka
from portal.engine.diagnosis.case import Case
from portal.engine.errors import ClusterError, Details, Part

NO_CONNECTOR = "Failed to find data source: kafka"
OPTIONS = "One of the following options must be specified for Kafka source"
SERVERS = "Option 'kafka.bootstrap.servers' must be specified"
OFFSETS = "Expected e.g. {"


def of_kafka(case: Case) -> ClusterError | None:
    """The topic, the address, the options, the offsets."""
    return _of_options(case) or _of_topic(case) or _of_broker(case)


def _of_options(case: Case) -> ClusterError | None:
    error, broker = case.error, case.broker or "HOST:PORT"
    said = error.root
    if said.startswith(OPTIONS):
        return kafka.NO_SUBSCRIPTION.error(case.details)
    if said.startswith(SERVERS):
        return kafka.NO_SERVERS.error(case.details, broker=broker)
    if said.startswith(OFFSETS) or error.is_java("JsonParseException"):
        return kafka.BAD_OFFSETS.error(case.details, message=said[:300])
    if error.condition == "DATA_SOURCE_NOT_FOUND" and "kafka" in error.parameter("provider"):
        return kafka.NO_CONNECTOR.error(case.details)
    if NO_CONNECTOR in error.all_of_java:
        return kafka.NO_CONNECTOR.error(case.details)
    return None


def _of_topic(case: Case) -> ClusterError | None:
    error, union = case.error, case.union
    if error.is_java("UnknownTopicOrPartitionException"):
        name = "that it names"
        if union and union.problem == "no-topic":
            name = repr(union.topic or case.topic)
        details = Details(line=error.line, topic=union.topic if union else "")
        return kafka.NO_TOPIC.error(details, topic=name)
    if error.condition.endswith("OFFSET_DOES_NOT_MATCH_ASSIGNED"):
        return kafka.MISSING_PARTITIONS.error(case.details, message=error.root[:300])
    if "KafkaIllegalStateException" in error.classes or "OffsetOutOfRange" in error.all_of_java:
        return kafka.PAST_END.error(case.details, message=error.root[:500])
    if "AssertionError" in error.classes and "TopicPartitions" in error.root:
        message = error.root.removeprefix("assertion failed: ")
        return kafka.MISSING_PARTITIONS.error(case.details, message=message[:300])
    return None


def _of_broker(case: Case) -> ClusterError | None:
    error, broker = case.error, case.broker or "HOST:PORT"
    said = error.all_of_java
    if "No resolvable bootstrap urls" in said or "Failed to construct kafka" in said:
        return kafka.WRONG_BROKER.error(case.details, broker=broker)
    if error.is_java("TimeoutException") and "kafka" in said.lower():
        if case.union and case.union.problem in ("", "no-topic"):
            # Kafka answered at its own address at the same time: so the code names another.
            return kafka.WRONG_BROKER.error(case.details, broker=broker)
        found = kafka.NO_ANSWER.error(case.details, broker=broker)
        if case.union and case.union.problem == "no-broker":
            found.part = Part.LAB
        return found
    return None
