"""Causes that are between Spark and Kafka."""

from portal.engine.causes.cause import Cause
from portal.engine.errors import Part

NO_TOPIC = Cause(
    "unknown-topic",
    Part.CODE,
    "The topic {topic} does not exist yet{where}.",
    "Look at its name. If that is right, run the step that creates it, send some events, and run "
    "this step again.",
)
NO_CONNECTOR = Cause(
    "no-connector",
    Part.PLATFORM,
    "Spark lacks its Kafka connector.",
    "Tell whoever runs this portal: 'make up' installs it.",
)
WRONG_BROKER = Cause(
    "wrong-broker",
    Part.CODE,
    "Spark can't find the broker that your code names{where}.",
    'In this cluster its address is "{broker}".',
)
NO_ANSWER = Cause(
    "no-answer-from-kafka",
    Part.UNKNOWN,
    "Spark got no answer from Kafka at the address that your code names{where}.",
    'The broker is at "{broker}". If your code says so, look whether the kafka service runs.',
)
NO_SERVERS = Cause(
    "no-broker-named",
    Part.CODE,
    "Your code does not say where Kafka is{where}.",
    'Add .option("kafka.bootstrap.servers", "{broker}") before .load().',
)
NO_SUBSCRIPTION = Cause(
    "no-topic-named",
    Part.CODE,
    "Your code does not say which topic to read{where}.",
    'Add .option("subscribe", "…") with the name of the topic before .load().',
)
BAD_OFFSETS = Cause(
    "offsets-misspelt",
    Part.CODE,
    "Spark can't read the offsets that your code names{where}: {message}",
    'They are "earliest", "latest", or JSON: {{"topic": {{"0": 5}}}}.',
)
PAST_END = Cause(
    "offset-past-end",
    Part.CODE,
    "Kafka says{where}: {message}",
    "Choose offsets that the topic has: the Events tab shows where it begins and ends.",
)
MISSING_PARTITIONS = Cause(
    "partitions-missing",
    Part.CODE,
    "The offsets that your code names are not those of the topic's partitions{where}: {message}",
    'Name each partition of the topic once, or use "earliest" and "latest".',
)

ALL = (
    NO_TOPIC,
    NO_CONNECTOR,
    WRONG_BROKER,
    NO_ANSWER,
    NO_SERVERS,
    NO_SUBSCRIPTION,
    BAD_OFFSETS,
    PAST_END,
    MISSING_PARTITIONS,
)
