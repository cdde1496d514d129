"""Ending clusters, finding them again, and keeping them apart."""

import threading

import pytest

from portal.engine.errors import ClusterGone
from portal.engine.runtimes.base import Health, State
from tests.contract.cluster import Cluster, eventually, new_session, service, spec
from tests.contract.test_exec import DAEMON, mark

ABSENT = Health(State.ABSENT)


@pytest.fixture
def other(runtime):
    """A second cluster beside the first."""
    made = Cluster(runtime, new_session())
    made.up()
    return made


def test_down_ends_everything(cluster, driver):
    cluster.start("web", "sleep", "60")
    cluster.run("sh", "-c", DAEMON.format(mark()))
    cluster.runtime.down(cluster.session)
    assert cluster.runtime.observe(cluster.session) == ABSENT
    assert cluster.runtime.list_all() == []
    assert driver.leftovers(cluster.session) == []


def test_down_again_is_success(cluster):
    cluster.runtime.down(cluster.session)
    cluster.runtime.down(cluster.session)
    assert cluster.runtime.observe(cluster.session) == ABSENT


def test_down_of_what_never_was_is_success(absent):
    absent.runtime.down(absent.session)
    assert absent.runtime.observe(absent.session) == ABSENT


def test_down_while_starting_ends_it(absent, driver):
    launch = absent.runtime.up(spec(absent.session, service("mids", "sleep", "60")))
    next(launch)
    next(launch)
    absent.runtime.down(absent.session)
    assert driver.leftovers(absent.session) == []


def test_down_of_a_broken_cluster_ends_it(absent, driver):
    absent.up(service("ticker", "sleep", "60"), service())
    absent.runtime.interrupt(absent.session, "ticker")
    assert absent.runtime.observe(absent.session).state is State.BROKEN
    absent.runtime.down(absent.session)
    assert driver.leftovers(absent.session) == []


def test_several_may_end_it_at_once(cluster, driver):
    threads = [
        threading.Thread(target=cluster.runtime.down, args=(cluster.session,)) for _ in range(5)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert driver.leftovers(cluster.session) == []


def test_a_running_command_is_told_when_its_cluster_ends(cluster):
    pieces = iter(cluster.runtime.exec(cluster.session, "mids", ("sh", "-c", "echo go; sleep 60")))
    next(pieces)
    cluster.runtime.down(cluster.session)
    with pytest.raises(ClusterGone):
        list(pieces)


def test_up_after_down_is_a_new_cluster(cluster):
    cluster.runtime.put_file(cluster.session, "a.txt", b"x")
    cluster.start("web", "echo", "old")
    cluster.lines(1)
    cluster.runtime.down(cluster.session)
    cluster.up()
    with pytest.raises(FileNotFoundError):
        cluster.runtime.get_file(cluster.session, "a.txt")
    cluster.start("web", "echo", "new")
    assert [(line.number, line.text) for line in cluster.lines(1)] == [(1, b"new")]


def test_all_clusters_are_listed(cluster, other):
    assert cluster.runtime.list_all() == sorted([cluster.session, other.session])
    cluster.runtime.down(cluster.session)
    assert cluster.runtime.list_all() == [other.session]


def test_a_runtime_nobody_used_lists_nothing(runtime):
    assert runtime.list_all() == []


def test_it_measures_memory_and_processes(cluster):
    before = cluster.runtime.stats(cluster.session)
    code = "x = b'x' * (48 << 20); print('go', flush=True); import time; time.sleep(60)"
    cluster.start("web", "python", "-c", code)
    cluster.lines(1)
    after = cluster.runtime.stats(cluster.session)
    assert after.memory_bytes - before.memory_bytes > 40 << 20
    assert after.processes == before.processes + 1


# -- a cluster that died


def test_a_cluster_that_died_is_gone_for_every_verb(cluster, driver):
    runtime, session = cluster.runtime, cluster.session
    driver.kill(runtime, session)
    eventually(lambda: runtime.observe(session) == ABSENT)
    for verb in (
        lambda: cluster.run("true"),
        lambda: cluster.start("web", "true"),
        lambda: runtime.interrupt(session, "web"),
        lambda: runtime.put_file(session, "a.txt", b"x"),
        lambda: runtime.get_file(session, "a.txt"),
        lambda: runtime.stats(session),
    ):
        with pytest.raises(ClusterGone) as caught:
            verb()
        assert "Reset the cluster" in caught.value.advice
    assert list(runtime.logs(session, "mids")) == []


def test_the_remains_of_one_that_died_are_listed_until_down(cluster, driver):
    driver.kill(cluster.runtime, cluster.session)
    assert cluster.runtime.list_all() == [cluster.session]
    cluster.runtime.down(cluster.session)
    assert cluster.runtime.list_all() == []
    assert driver.leftovers(cluster.session) == []


def test_up_after_it_died_is_a_new_cluster(cluster, driver):
    driver.kill(cluster.runtime, cluster.session)
    eventually(lambda: cluster.runtime.observe(cluster.session) == ABSENT)
    cluster.up()
    assert cluster.run("true").status == 0


# -- a runner that starts anew


def test_a_new_driver_finds_and_drives_what_runs(cluster, driver, tmp_path):
    cluster.start("web", "sh", "-c", "mkfifo go; echo one; read x < go; echo two; sleep 60")
    assert [line.text for line in cluster.lines(1)] == [b"one"]
    again = Cluster(driver.make(tmp_path / "sessions"), cluster.session)
    assert again.runtime.list_all() == [cluster.session]
    health = cluster.runtime.observe(cluster.session)
    again.up()
    assert again.runtime.observe(cluster.session) == health
    again.run("sh", "-c", "echo > go", timeout=10)
    assert [(line.number, line.text) for line in again.lines(1, since=1)] == [(2, b"two")]
    again.runtime.down(cluster.session)
    assert cluster.runtime.observe(cluster.session) == ABSENT


# -- two sessions at once


def test_sessions_do_not_see_each_others_servers(cluster, other):
    for one in (cluster, other):
        one.start("web", "python", "-m", "http.server", "5000")
        one.runtime.put_file(one.session, "who.txt", one.session.encode())
    for one in (cluster, other):
        fetch = ("curl", "-s", "http://localhost:5000/who.txt")
        who = one.session.encode()
        eventually(lambda: one.run(*fetch).stdout == who)  # noqa: B023 - called at once
    other.runtime.interrupt(other.session, "web")
    assert other.run("curl", "-s", "http://localhost:5000/who.txt").status == 7


def test_sessions_do_not_see_each_others_processes(cluster, other):
    word = mark()
    cluster.start("web", "sleep", word)
    assert cluster.processes(word) == 1
    assert other.processes(word) == 0


@pytest.mark.parametrize("folder", ["/w205", "/tmp", "/data", "/dev/shm"])
def test_sessions_do_not_see_each_others_files(cluster, other, folder):
    cluster.run("touch", f"{folder}/mine")
    assert other.run("ls", folder).stdout == b""


def test_ending_one_session_leaves_the_other(cluster, other):
    cluster.runtime.down(cluster.session)
    assert other.run("true").status == 0


def test_one_session_out_of_memory_leaves_the_other(cluster, other):
    other.start("web", "sleep", "60")
    with pytest.raises(Exception, match="memory limit"):
        cluster.python("x = b'x' * (1 << 30)")
    assert other.runtime.observe(other.session).process("web").is_running
