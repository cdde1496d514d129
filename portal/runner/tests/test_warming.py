"""What a cluster has started before anybody asks."""

from typing import Any

import pytest
from pytest_django import Settings

from portal.catalog.models import LabVersion
from portal.engine.kinds.spark import Spark
from portal.engine.runtimes.fake import FakeRuntime
from portal.runner.services.warming import warm_up


@pytest.mark.parametrize(("is_wanted", "started"), [(True, ["c"]), (False, [])])
def test_pyspark_starts_with_a_cluster_unless_the_operator_says_no(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    version: LabVersion,
    is_wanted: bool,
    started: list[str],
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(Spark, "warm_up", lambda _, runtime, cluster, lab: seen.append(cluster))
    settings.SLUICE_WARM_UP = is_wanted
    warm_up(FakeRuntime(), "c", version.spec)
    assert seen == started
