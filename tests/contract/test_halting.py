"""Processes that are put out of work on purpose, and work again."""

import time

import pytest

from portal.engine.errors import ClusterGone, StepFailed
from portal.engine.runtimes.base import Halt, Health, LogLine, ProcessHealth, State
from tests.contract.cluster import Cluster, eventually, service

TICKS = "trap 'echo term; exit 3' TERM; while :; do echo tick; sleep 0.05; done"


def test_a_service_that_is_held_breaks_no_cluster_and_works_again(absent: Cluster) -> None:
    absent.up(service("mids", "sh", "-c", TICKS))
    runtime, session = absent.runtime, absent.session
    for how in (Halt.PAUSE, Halt.STOP, Halt.KILL):
        runtime.halt(session, "mids", how)
        runtime.halt(session, "mids", how)  # Safe to repeat.
        health = runtime.observe(session)
        held = process(health, "mids")
        assert (health.state, held.is_held) == (State.UP, True)
        assert held.is_running is (how is Halt.PAUSE)
        runtime.resume(session, "mids")
        runtime.resume(session, "mids")
        began = len(lines_so_far(absent))
        assert absent.lines(1, since=began)[0].text == b"tick"
        health = runtime.observe(session)
        again = process(health, "mids")
        assert (again.is_running, again.is_held) == (True, False)
    said = [each.text for each in lines_so_far(absent)]
    assert said.count(b"term") == 1  # SIGKILL gave it no time for that.


def test_what_is_paused_does_nothing_and_can_be_stopped(cluster: Cluster) -> None:
    cluster.start("web", "sh", "-c", TICKS)
    cluster.lines(1)
    cluster.runtime.halt(cluster.session, "web", Halt.PAUSE)
    count = len(lines_so_far(cluster))
    assert cluster.run("sleep", "0.3").status == 0
    assert len(lines_so_far(cluster)) == count
    cluster.runtime.halt(cluster.session, "web", Halt.STOP)
    web = process(cluster.runtime.observe(cluster.session), "web")
    assert (web.is_running, web.exit_status, web.is_held) == (False, 3, True)


def test_what_does_not_last_when_it_works_again_is_held_still(absent: Cluster) -> None:
    first = "[ -e /tmp/been ] && exit 5; touch /tmp/been; exec sleep 60"
    absent.up(service("mids", "sh", "-c", first))
    eventually(lambda: absent.run("test", "-e", "/tmp/been").status == 0)
    absent.runtime.halt(absent.session, "mids", Halt.KILL)
    absent.runtime.resume(absent.session, "mids")
    eventually(lambda: not process(absent.runtime.observe(absent.session), "mids").is_running)
    health = absent.runtime.observe(absent.session)
    mids = process(health, "mids")
    assert (health.state, mids.is_held, mids.exit_status) == (State.UP, True, 5)


def test_a_held_server_that_is_started_anew_is_held_no_more(cluster: Cluster) -> None:
    cluster.start("web", "sleep", "60")
    cluster.runtime.halt(cluster.session, "web", Halt.KILL)
    cluster.start("web", "sleep", "60")
    web = process(cluster.runtime.observe(cluster.session), "web")
    assert (web.is_running, web.is_held) == (True, False)


def test_nothing_holds_what_never_was(cluster: Cluster) -> None:
    with pytest.raises(StepFailed, match="no process is called 'web'"):
        cluster.runtime.halt(cluster.session, "web", Halt.KILL)
    with pytest.raises(StepFailed, match="no process is called 'web'"):
        cluster.runtime.resume(cluster.session, "web")
    cluster.runtime.down(cluster.session)
    with pytest.raises(ClusterGone):
        cluster.runtime.halt(cluster.session, "mids", Halt.KILL)
    with pytest.raises(ClusterGone):
        cluster.runtime.resume(cluster.session, "mids")


def lines_so_far(cluster: Cluster) -> list[LogLine]:
    """What the log has, and gets in a moment."""
    deadline = time.monotonic() + 0.2
    lines = cluster.runtime.logs(
        cluster.session, "mids", cancelled=lambda: time.monotonic() > deadline
    )
    return list(lines)


def process(health: Health, name: str) -> ProcessHealth:
    """One that is there."""
    found = health.process(name)
    assert found is not None
    return found
