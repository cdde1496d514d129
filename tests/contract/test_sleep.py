"""Clusters that stand still, and what becomes of what they were doing."""

import itertools
import os
import signal
import threading
import time

import pytest

from portal.engine.errors import ClusterAsleep, ClusterError, ClusterGone
from portal.engine.runtimes.agent.cgroup import ControlGroup
from portal.engine.runtimes.base import State
from portal.engine.runtimes.docker import pausing
from portal.engine.runtimes.sandbox import standstill
from portal.engine.runtimes.sandbox.place import Place
from portal.engine.terminals import Size
from tests.contract.cluster import Cluster, eventually, service
from tests.contract.drivers import DRIVERS, Driver
from tests.contract.test_up import TICKS

STILL_SECONDS = 0.5
SLOW = "sleep 0.2; echo through"


def stand_still(cluster: Cluster) -> None:
    """Freeze it for a while, and thaw it."""
    cluster.runtime.freeze(cluster.session)
    began = time.monotonic()
    eventually(lambda: time.monotonic() - began > STILL_SECONDS)
    cluster.runtime.thaw(cluster.session)


def ticks_over_a_standstill(cluster: Cluster) -> list[float]:
    """The moments between the lines of a service that never rests, in order."""
    cluster.lines(3)
    stand_still(cluster)
    at = [line.at for line in cluster.lines(20)]
    return sorted(later - sooner for sooner, later in itertools.pairwise(at))


def test_all_of_it_stands_still_and_goes_on(absent):
    absent.up(service("mids", *TICKS))
    gaps = ticks_over_a_standstill(absent)
    assert gaps[-1] >= STILL_SECONDS
    assert absent.runtime.observe(absent.session).state is State.UP


def test_what_is_asleep_says_so_and_answers_nothing_else(cluster):
    runtime, session = cluster.runtime, cluster.session
    runtime.freeze(session)
    runtime.freeze(session)
    assert runtime.observe(session).state is State.ASLEEP
    for ask in (
        lambda: cluster.run("true"),
        lambda: cluster.start("web", "true"),
        lambda: runtime.interrupt(session, "web"),
        lambda: runtime.open_pty(session, "mids", "1", Size(24, 80)),
        lambda: runtime.put_file(session, "a", b""),
        lambda: runtime.get_file(session, "a"),
        lambda: runtime.stats(session),
    ):
        with pytest.raises(ClusterAsleep):
            ask()
    runtime.thaw(session)
    runtime.thaw(session)
    assert cluster.run("echo", "awake").stdout == b"awake\n"


def test_a_command_that_was_begun_ends_later(cluster):
    execution = cluster.runtime.exec(cluster.session, "mids", ("sh", "-c", SLOW))
    stand_still(cluster)
    assert b"".join(piece.data for piece in execution) == b"through\n"


def test_a_log_is_followed_through_a_standstill(cluster):
    cluster.runtime.freeze(cluster.session)
    found = []
    reader = threading.Thread(target=lambda: found.extend(cluster.lines(1)))
    reader.start()
    cluster.runtime.thaw(cluster.session)
    cluster.start("hello", "echo", "hello")
    reader.join()
    assert [line.text for line in found] == [b"hello"]


def test_down_ends_what_is_asleep(cluster, driver):
    cluster.runtime.freeze(cluster.session)
    cluster.runtime.down(cluster.session)
    assert cluster.runtime.observe(cluster.session).state is State.ABSENT
    assert driver.leftovers(cluster.session) == []


def test_up_wakes_what_is_asleep(cluster):
    cluster.runtime.freeze(cluster.session)
    cluster.up()
    assert cluster.run("echo", "awake").stdout == b"awake\n"


def test_one_that_dies_in_its_sleep_is_not_called_asleep(cluster, driver):
    cluster.runtime.freeze(cluster.session)
    driver.kill(cluster.runtime, cluster.session)
    # What stands still in a control group dies only once it goes on.
    for turn in (cluster.runtime.thaw, cluster.runtime.freeze):
        try:
            turn(cluster.session)
        except ClusterError:
            continue
    lives = (State.UP, State.ASLEEP)
    eventually(lambda: cluster.runtime.observe(cluster.session).state not in lives, 60)


def test_what_is_not_there_can_be_neither_put_to_sleep_nor_woken(absent):
    for turn in (absent.runtime.freeze, absent.runtime.thaw):
        with pytest.raises(ClusterGone):
            turn(absent.session)


def test_whoever_dies_in_the_middle_leaves_nothing_asleep_that_says_awake(cluster, monkeypatch):
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(ControlGroup, "_stands_still", die)
        dying.setattr(pausing, "pause", die)
        with pytest.raises(KeyboardInterrupt):
            cluster.runtime.freeze(cluster.session)
    assert cluster.runtime.observe(cluster.session).state is State.ASLEEP
    cluster.runtime.thaw(cluster.session)
    assert cluster.run("echo", "awake").stdout == b"awake\n"


class TestWithoutControlGroups:
    """A sandbox on a host that lets nobody make control groups: it is stopped by signals."""

    @pytest.fixture
    def driver(self) -> Driver:
        return DRIVERS["sandbox"]

    @pytest.fixture(autouse=True)
    def ungrouped(self, monkeypatch):
        monkeypatch.setattr(ControlGroup, "create", lambda *_: False)

    @pytest.mark.sandbox
    def test_it_stands_still_all_the_same(self, absent):
        absent.up(service("mids", *TICKS))
        assert ticks_over_a_standstill(absent)[-1] >= STILL_SECONDS

    @pytest.mark.sandbox
    def test_what_a_student_had_stopped_stays_stopped(self, cluster):
        cluster.start("held", "sleep", "60")
        first = standstill.first_of(Place(cluster.runtime.folder, cluster.session))
        held = max(pid for pid, _ in standstill.tree(first))
        os.kill(held, signal.SIGSTOP)
        eventually(lambda: standstill.stopped(first) == [held])
        stand_still(cluster)
        assert cluster.run("echo", "awake").stdout == b"awake\n"
        assert standstill.stopped(first) == [held]

    @pytest.mark.sandbox
    def test_one_that_can_not_be_stopped_goes_on_as_a_whole(self, cluster, monkeypatch):
        cluster.start("restless", "sleep", "60")
        first = standstill.first_of(Place(cluster.runtime.folder, cluster.session))
        send = standstill.send

        def miss(pid: int, number: signal.Signals) -> None:
            if pid == first.pid or number != signal.SIGSTOP:
                send(pid, number)

        monkeypatch.setattr(standstill, "SWEEP_SECONDS", 0.1)
        monkeypatch.setattr(standstill, "send", miss)
        with pytest.raises(ClusterError, match="did not stand still"):
            cluster.runtime.freeze(cluster.session)
        assert cluster.runtime.observe(cluster.session).state is State.UP
