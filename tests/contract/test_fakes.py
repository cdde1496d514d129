"""The fakes fail as their names say, and keep the contract otherwise."""

from collections.abc import Generator

import pytest

from portal.engine.errors import (
    ClusterAsleep,
    ClusterError,
    ClusterGone,
    CommandCancelled,
    CommandTimedOut,
    ServiceNotReady,
)
from portal.engine.runtimes.base import State
from portal.engine.runtimes.fake import FakeRuntime, Reply
from portal.engine.runtimes.faults import BrokenRuntime, LateRuntime, NeverRuntime, SlowRuntime
from tests.contract.cluster import Cluster, service, spec

SERVICES = (service("mids", "serve"), service("spark"))


def launched(runtime: FakeRuntime) -> Cluster:
    cluster = Cluster(runtime, "s")
    cluster.up(*SERVICES, files={"a.txt": b"x"})
    return cluster


def test_a_fake_cluster_is_up_and_goes_down():
    cluster = launched(FakeRuntime())
    assert cluster.runtime.observe("s").state is State.UP
    assert cluster.runtime.get_file("s", "a.txt") == b"x"
    cluster.runtime.down("s")
    cluster.runtime.down("s")
    assert cluster.runtime.list_all() == []
    with pytest.raises(ClusterGone):
        cluster.run("true")


def test_a_fake_command_answers_what_it_was_told_to():
    cluster = launched(FakeRuntime(replies=lambda service, argv: Reply(argv[0].encode(), status=3)))
    done = cluster.run("hello")
    assert (done.status, done.stdout) == (3, b"hello")


def test_a_fake_command_can_be_late_or_cancelled():
    cluster = launched(FakeRuntime(replies=lambda *_: Reply(seconds=60)))
    with pytest.raises(CommandTimedOut):
        cluster.run("sleep", timeout=0.02)
    with pytest.raises(CommandCancelled):
        cluster.run("sleep", cancelled=lambda: True)


def test_a_fake_log_resumes():
    runtime = FakeRuntime()
    cluster = launched(runtime)
    for text in (b"one", b"two"):
        runtime.say("s", "mids", text)
    assert [line.text for line in cluster.lines(1, since=1)] == [b"two"]


def test_a_fake_service_that_ends_breaks_its_cluster():
    runtime = FakeRuntime()
    launched(runtime)
    runtime.end("s", "mids", 1)
    assert runtime.observe("s").state is State.BROKEN


def test_a_slow_runtime_gets_there():
    told = launched(SlowRuntime(seconds=0.02))
    assert told.runtime.observe("s").state is State.UP


def test_a_slow_launch_can_be_left_and_leaves_nothing():
    runtime = SlowRuntime(seconds=60)
    launch = runtime.up(spec("s", *SERVICES))
    next(launch)
    assert runtime.observe("s").state is State.STARTING
    assert isinstance(launch, Generator)
    launch.close()
    assert runtime.list_all() == []


def test_a_never_runtime_gives_up_and_leaves_nothing():
    runtime = NeverRuntime(seconds=0.02)
    with pytest.raises(ServiceNotReady):
        launched(runtime)
    assert runtime.list_all() == []


def test_a_broken_runtime_breaks_where_and_when_it_is_told():
    cluster = launched(BrokenRuntime(verbs=("exec",), after=1))
    assert cluster.run("true").status == 0
    with pytest.raises(ClusterError, match="broken"):
        cluster.run("true")


def test_a_late_runtimes_cluster_turns_up_after_all():
    runtime = LateRuntime(observations=1)
    with pytest.raises(ServiceNotReady):
        launched(runtime)
    assert runtime.list_all() == []
    assert runtime.list_all() == ["s"]
    runtime.down("s")
    assert runtime.list_all() == []


def test_a_fake_that_is_asleep_answers_nothing():
    cluster = launched(FakeRuntime())
    cluster.runtime.freeze("s")
    assert cluster.runtime.observe("s").state is State.ASLEEP
    with pytest.raises(ClusterAsleep):
        cluster.run("true")
    cluster.runtime.thaw("s")
    assert cluster.run("true").status == 0
