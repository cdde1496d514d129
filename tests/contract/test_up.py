"""Launching: progress, adoption, and that nothing is left of what failed."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from portal.engine.errors import CommandCancelled, Part, RuntimeUnavailable, ServiceNotReady
from portal.engine.runtimes.base import Health, State
from tests.contract.cluster import Cluster, ready, service, spec
from tests.contract.drivers import Driver

TICKS = ("sh", "-c", "while :; do echo tick; sleep 0.05; done")
NEVER = ready("false", timeout=0.3)
HANGS = ready("sleep", "120", timeout=120)


def nothing_is_left(cluster: Cluster, driver: Driver) -> bool:
    """Neither the runtime nor the host knows of it."""
    is_gone = cluster.runtime.observe(cluster.session) == Health(State.ABSENT)
    return is_gone and not cluster.runtime.list_all() and not driver.leftovers(cluster.session)


def launch(cluster: Cluster, meanwhile: Callable[[], None], **options: Any) -> None:
    """Launch what is never ready, and do something once it is waited for."""
    services = service("mids", *TICKS, ready=HANGS)
    for progress in cluster.runtime.up(spec(cluster.session, services), **options):
        if progress.waits_for == "a good word":
            meanwhile()


def test_this_host_can_run_clusters(runtime):
    runtime.check()
    assert runtime.about()


def test_it_is_up_once_the_iteration_ends(absent):
    absent.up(service("ticker", *TICKS), service())
    health = absent.runtime.observe(absent.session)
    assert health.state is State.UP
    assert [(each.name, each.is_running) for each in health.processes] == [("ticker", True)]
    assert time.time() - 120 < health.processes[0].started_at <= time.time()


def test_it_says_what_it_waits_for_and_when_that_is_done(absent):
    told = absent.up(service("ticker", *TICKS, ready=ready("true")), service())
    of_ticker = [each for each in told if each.service == "ticker"]
    assert [(each.waits_for, each.is_done) for each in of_ticker] == [
        ("a good word", False),
        ("a good word", True),
    ]
    assert of_ticker[1].seconds > 0
    assert of_ticker[1].usual == 0.1


def test_a_service_is_starting_until_its_probe_succeeds(absent):
    probe = ready("test", "-e", "go")
    states = []
    for progress in absent.runtime.up(spec(absent.session, service("mids", *TICKS, ready=probe))):
        if progress.waits_for == "a good word":
            states.append(absent.runtime.observe(absent.session).state)
            absent.runtime.put_file(absent.session, "go", b"")
    assert states == [State.STARTING, State.STARTING]
    assert absent.runtime.observe(absent.session).state is State.UP


def test_nobody_waits_for_a_background_service(absent):
    absent.up(service(), service("spark", *TICKS, ready=HANGS, background=True))
    assert absent.runtime.observe(absent.session).state is State.UP


def test_the_labs_files_are_there_before_its_services(absent):
    absent.up(service("mids", "sh", "-c", "cat a/b.txt; exec sleep 60"), files={"a/b.txt": b"hi\n"})
    assert [line.text for line in absent.lines(1)] == [b"hi"]


def test_a_service_finds_others_by_name(absent):
    absent.up(service(), service("kafka"))
    hosts = absent.python(
        "import socket; print(*map(socket.gethostbyname, ['mids', 'kafka', 'localhost']))"
    ).stdout.split()
    assert len(set(hosts)) == 3


def test_a_service_has_its_environment(absent):
    absent.up(service("mids", environment={"ZOOKEEPER_CLIENT_PORT": 32181}))
    assert absent.run("printenv", "ZOOKEEPER_CLIENT_PORT").stdout == b"32181\n"


def test_up_again_adopts_what_runs(absent):
    services = [service("ticker", *TICKS), service()]
    absent.up(*services, files={"a.txt": b"mine"})
    before = absent.runtime.observe(absent.session)
    absent.runtime.put_file(absent.session, "a.txt", b"edited")
    absent.up(*services, files={"a.txt": b"mine"})
    assert absent.runtime.observe(absent.session) == before
    assert absent.runtime.get_file(absent.session, "a.txt") == b"edited"


def test_up_again_starts_a_service_that_has_ended(absent):
    services = [service("ticker", *TICKS), service()]
    absent.up(*services)
    absent.runtime.interrupt(absent.session, "ticker")
    assert absent.runtime.observe(absent.session).state is State.BROKEN
    absent.up(*services)
    assert absent.runtime.observe(absent.session).state is State.UP


def test_leaving_an_adoption_leaves_the_cluster_up(cluster):
    launch = cluster.runtime.up(spec(cluster.session))
    next(launch)
    launch.close()
    assert cluster.run("true").status == 0


def test_two_launches_at_once_share_one_cluster(absent):
    with ThreadPoolExecutor(6) as pool:
        launches = [pool.submit(absent.up, service("mids", *TICKS)) for _ in range(6)]
    assert all(each.result()[-1].is_done for each in launches)
    assert absent.runtime.observe(absent.session).state is State.UP
    assert absent.processes("echo tick") == 1


@pytest.mark.parametrize("phases", [1, 2, 3])
def test_leaving_early_leaves_nothing(absent, driver, phases):
    launch = absent.runtime.up(spec(absent.session, service("mids", *TICKS, ready=HANGS)))
    for _ in range(phases):
        next(launch)
    launch.close()
    assert nothing_is_left(absent, driver)


def test_a_service_that_is_never_ready_leaves_nothing(absent, driver):
    with pytest.raises(ServiceNotReady, match=r"mids was not ready after [\d.]+ s.*a good word"):
        absent.up(service("mids", *TICKS, ready=NEVER))
    assert nothing_is_left(absent, driver)


def test_a_probe_that_hangs_is_over_in_its_time(absent, driver):
    with pytest.raises(ServiceNotReady):
        absent.up(service("mids", *TICKS, ready=ready("sleep", "60", timeout=0.3)))
    assert nothing_is_left(absent, driver)


def test_a_service_that_ends_while_starting_is_told_at_once(absent, driver):
    ends = service("kafka", "sh", "-c", "echo no such disk; exit 3", ready=HANGS)
    began = time.monotonic()
    with pytest.raises(ServiceNotReady, match=r"exit status 3.*no such disk"):
        absent.up(ends, service())
    assert time.monotonic() - began < 60
    assert nothing_is_left(absent, driver)


def test_a_service_that_others_wait_for_is_named_when_it_ends(absent, driver):
    with pytest.raises(ServiceNotReady, match="zookeeper ended"):
        absent.up(
            service("zookeeper", "sh", "-c", "sleep 0.2; exit 1"),
            service("kafka", *TICKS, ready=HANGS),
            service(),
        )
    assert nothing_is_left(absent, driver)


def test_a_command_that_is_not_there_is_told(absent, driver):
    with pytest.raises(ServiceNotReady, match="no-such-server: command not found") as told:
        absent.up(service("mids", "no-such-server"))
    assert told.value.part is Part.LAB
    assert nothing_is_left(absent, driver)


def test_a_cancelled_launch_leaves_nothing(absent, driver):
    cancel = threading.Event()
    with pytest.raises(CommandCancelled):
        launch(absent, cancel.set, cancelled=cancel.is_set)
    assert nothing_is_left(absent, driver)


def test_a_cluster_that_is_ended_while_it_starts_is_told(absent, driver):
    with pytest.raises(ServiceNotReady) as told:
        launch(absent, lambda: driver.kill(absent.runtime, absent.session))
    assert told.value.part in (Part.PLATFORM, Part.UNKNOWN)
    assert nothing_is_left(absent, driver)


def test_down_from_elsewhere_ends_a_launch(absent, driver):
    down = threading.Thread(target=absent.runtime.down, args=(absent.session,))
    with pytest.raises(ServiceNotReady) as told:
        launch(absent, down.start)
    down.join()
    assert told.value.part in (Part.PLATFORM, Part.UNKNOWN)
    assert nothing_is_left(absent, driver)


def test_an_image_that_no_operator_allowed_is_refused(absent, driver):
    with pytest.raises(RuntimeUnavailable, match="nonesuch"):
        absent.up(service("mids", image="nonesuch"))
    assert nothing_is_left(absent, driver)


def test_a_file_that_does_not_fit_fails_the_launch(absent, driver):
    with pytest.raises(ServiceNotReady, match=r"big\.bin"):
        absent.up(service(), files={"big.bin": bytes(65 << 20)})
    assert nothing_is_left(absent, driver)


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", ".hidden", "a\0b", "x" * 101])
def test_a_session_name_that_could_lead_elsewhere_is_refused(runtime, name):
    with pytest.raises(ValueError, match="session"):
        runtime.down(name)
