"""Servers that outlive the call that starts them: once by name, ended by control-C."""

import time

import pytest

from portal.engine.errors import ClusterGone, StepFailed
from tests.contract.cluster import eventually
from tests.contract.test_exec import DAEMON, PARENT, mark

SERVER = """
import sys, time
try:
    print('serving', flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print('KeyboardInterrupt', flush=True)
    sys.exit(int(sys.argv[1]))
"""


def test_a_server_outlives_the_call(cluster):
    cluster.start("web", "python", "-c", SERVER, "0")
    assert cluster.lines(1)[0].process == "web"
    web = cluster.runtime.observe(cluster.session).process("web")
    assert (web.service, web.is_running, web.exit_status) == ("mids", True, None)


def test_starting_twice_starts_once(cluster):
    word = mark()
    for _ in range(3):
        cluster.start("web", "sleep", word)
    assert cluster.processes(word) == 1


def test_one_that_has_ended_is_started_again(cluster):
    cluster.start("web", "sh", "-c", "echo one")
    eventually(lambda: not cluster.runtime.observe(cluster.session).process("web").is_running)
    cluster.start("web", "sh", "-c", "echo two")
    assert [line.text for line in cluster.lines(2)] == [b"one", b"two"]


def test_its_end_and_exit_status_are_observed(cluster):
    cluster.start("web", "sh", "-c", "exit 4")
    eventually(lambda: not cluster.runtime.observe(cluster.session).process("web").is_running)
    assert cluster.runtime.observe(cluster.session).process("web").exit_status == 4


def test_its_end_is_seen_while_a_child_holds_its_output(cluster):
    cluster.start("web", "sh", "-c", "sleep 60 & exit 4")
    eventually(lambda: not cluster.runtime.observe(cluster.session).process("web").is_running)


def test_a_server_that_is_no_service_does_not_break_the_cluster(cluster):
    cluster.start("web", "false")
    eventually(lambda: not cluster.runtime.observe(cluster.session).process("web").is_running)
    assert cluster.runtime.observe(cluster.session).state == "up"


def test_a_missing_command_is_refused_in_words(cluster):
    with pytest.raises(StepFailed, match="no-such-server: command not found"):
        cluster.start("web", "no-such-server")


def test_interrupt_is_control_c(cluster):
    cluster.start("web", "python", "-c", SERVER, "7")
    cluster.lines(1)
    assert cluster.runtime.interrupt(cluster.session, "web") == 7
    assert [line.text for line in cluster.lines(2)] == [b"serving", b"KeyboardInterrupt"]


def test_control_c_reaches_a_servers_children(cluster):
    word = mark()
    cluster.start("web", "python", "-c", PARENT, word)
    eventually(lambda: cluster.processes(word) == 2)
    cluster.runtime.interrupt(cluster.session, "web")
    assert cluster.processes(word) == 0


def test_one_that_ignores_control_c_is_killed(cluster):
    word = mark()
    cluster.start("web", "sh", "-c", f"trap '' INT; echo go; while :; do sleep {word}; done")
    cluster.lines(1)
    began = time.monotonic()
    assert cluster.runtime.interrupt(cluster.session, "web", timeout=0.3) == -9
    assert 0.3 <= time.monotonic() - began < 60
    assert cluster.processes(word) == 0


def test_what_a_server_left_behind_ends_with_it(cluster):
    word = mark()
    cluster.start("web", "sh", "-c", DAEMON.format(word) + "; exec sleep 60")
    cluster.lines(1)
    cluster.runtime.interrupt(cluster.session, "web")
    assert cluster.processes(word) == 0


def test_interrupting_one_that_has_ended_tells_how_it_ended(cluster):
    cluster.start("web", "sh", "-c", "exit 4")
    eventually(lambda: not cluster.runtime.observe(cluster.session).process("web").is_running)
    assert cluster.runtime.interrupt(cluster.session, "web") == 4
    assert cluster.runtime.interrupt(cluster.session, "web") == 4


def test_interrupting_one_that_never_was_is_success(cluster):
    assert cluster.runtime.interrupt(cluster.session, "web") is None


def test_a_port_is_free_again_after_control_c(cluster):
    argv = ("python", "-m", "http.server", "5000", "--bind", "0.0.0.0")
    for _ in range(2):
        cluster.start("web", *argv)
        fetch = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://localhost:5000/")
        eventually(lambda: cluster.run(*fetch).stdout == b"200")  # noqa: B023 - called at once
        cluster.runtime.interrupt(cluster.session, "web")


def test_an_absent_cluster_takes_no_server(absent):
    with pytest.raises(ClusterGone):
        absent.start("web", "true")
    with pytest.raises(ClusterGone):
        absent.runtime.interrupt(absent.session, "web")
