"""How far Spark is, told while a cell runs."""

import pytest

from portal.engine import spark
from portal.engine.kinds.spark import Spark
from portal.engine.runtimes.base import never
from tests.contract.cluster import Cluster

pytestmark = pytest.mark.sandbox
CODE = "import time\nsc.parallelize(range(16), 8).map(lambda x: time.sleep(0.5)).count()"


def test_stages_and_tasks_are_told_while_they_run(kafka_cluster: Cluster) -> None:
    told: list[spark.Progress] = []
    outcome = spark.run_cell(
        kafka_cluster.runtime,
        kafka_cluster.session,
        Spark(kind="spark"),
        CODE,
        lambda stream, text: None,
        120,
        never,
        told.append,
    )
    assert outcome.error is None
    assert {each.tasks for each in told} == {8}
    assert len({each.done for each in told}) > 1
