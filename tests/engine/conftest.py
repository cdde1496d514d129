"""A pyspark that the tests of a module share, and lines that are run in it on own topics."""

import json
from collections.abc import Callable, Iterator

import pytest

from portal.engine import spark
from portal.engine.kinds.spark import Spark
from tests.contract.cluster import Cluster
from tests.engine.topics import do, new_topic


@pytest.fixture(scope="module")
def pyspark(kafka_cluster: Cluster) -> Iterator[Cluster]:
    """A cluster whose pyspark is this module's."""
    yield kafka_cluster
    spark.stop(kafka_cluster.runtime, kafka_cluster.session)


@pytest.fixture
def shown() -> list[str]:
    """What the page would show."""
    return []


@pytest.fixture
def run(pyspark: Cluster, shown: list[str]) -> Callable[..., spark.SparkOutcome]:
    """Run lines on a topic of their own that holds these records; None is one without a value."""

    def do_it(code: str, *values: object) -> spark.SparkOutcome:
        topic = new_topic()
        sent = [each if isinstance(each, str | None) else json.dumps(each) for each in values]
        if sent or "TOPIC" in code:
            do(pyspark, "create", topic, *sent)
        return spark.run_cell(
            pyspark.runtime,
            pyspark.session,
            Spark(kind="spark", setup="import json", table="extracted_events", topic="events"),
            code.replace("TOPIC", topic),
            lambda stream, text: shown.append(text),
            120,
            broker="kafka:29092",
        )

    return do_it
