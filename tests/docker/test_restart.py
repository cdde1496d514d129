"""The engine ends in the middle of a command. Only one of the tests' own is ended."""

import signal

import pytest

from portal.engine.errors import ClusterGone, RuntimeUnavailable
from portal.engine.runtimes.base import Health, State
from portal.parts import docker_engine as engines
from tests.contract.cluster import Cluster, eventually
from tests.contract.drivers import DRIVERS, Driver
from tests.docker.engine import FIRST_TIME_SECONDS, docker_leftovers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]


@pytest.fixture
def driver(docker_engine: str) -> Driver:
    """Only Docker."""
    return DRIVERS["docker"]


@pytest.fixture
def own(docker_engine: str):
    """The tests' own engine; it runs again afterwards."""
    if docker_engine != engines.OWN:
        pytest.skip("this engine was here before the tests: it is left alone")
    yield engines.Own.latest
    if not engines.answers(engines.OWN):
        latest = engines.Own.latest
        assert latest
        latest.start()


def test_a_command_is_told_that_its_cluster_is_gone(cluster, own):
    pieces = iter(cluster.runtime.exec(cluster.session, "mids", ("sh", "-c", "echo go; sleep 60")))
    next(pieces)
    own.stop()
    with pytest.raises(ClusterGone):
        list(pieces)
    assert cluster.runtime.observe(cluster.session) == Health(State.ABSENT)
    for verb in (cluster.runtime.check, cluster.runtime.list_all, cluster.up):
        with pytest.raises(RuntimeUnavailable):
            verb()
    own.start()
    assert cluster.runtime.list_all() == [cluster.session]
    cluster.up()
    assert cluster.run("true").status == 0
    cluster.runtime.down(cluster.session)
    assert docker_leftovers(cluster.session) == []


def test_a_cluster_goes_on_while_its_engine_is_away(cluster, own):
    own.process.send_signal(signal.SIGKILL)
    own.process.wait()
    eventually(lambda: not engines.answers(engines.OWN))
    cluster.start("web", "echo", "on and on")
    assert [line.text for line in cluster.lines(1)] == [b"on and on"]
    assert cluster.runtime.observe(cluster.session).state is State.UP
    with pytest.raises(RuntimeUnavailable):
        cluster.runtime.down(cluster.session)
    own.start()
    cluster.runtime.down(cluster.session)
    assert docker_leftovers(cluster.session) == []
    assert Cluster(cluster.runtime, cluster.session).runtime.list_all() == []
