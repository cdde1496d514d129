"""What can happen to containers behind the portal's back, and to the engine."""

import contextlib
import threading

import pytest
import requests
from docker import APIClient

from portal.engine.errors import ClusterError, ClusterGone, RuntimeUnavailable
from portal.engine.runtimes.base import Health, Image, State
from portal.engine.runtimes.docker import DockerRuntime
from tests.contract.cluster import Cluster, eventually, service, spec
from tests.contract.cutting import Cut, cut_off
from tests.contract.drivers import DRIVERS, Driver
from tests.docker.engine import FIRST_TIME_SECONDS, docker_leftovers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]
TICKS = ("sh", "-c", "while :; do echo tick; sleep 0.05; done")


@pytest.fixture
def driver(docker_engine: str) -> Driver:
    """Only Docker."""
    return DRIVERS["docker"]


@pytest.fixture
def pair(absent: Cluster) -> Cluster:
    """A cluster of two containers."""
    absent.up(service("kafka", *TICKS), service())
    return absent


@contextlib.contextmanager
def engine_of(cluster: Cluster):
    """A client, as somebody else on the host has one."""
    assert isinstance(cluster.runtime, DockerRuntime)
    with cluster.runtime.engine.talk() as client:
        yield client


def container(client: APIClient, cluster: Cluster, name: str) -> str:
    wanted = {"label": [f"sluice.session={cluster.session}", f"sluice.service={name}"]}
    return str(client.containers(all=True, filters=wanted)[0]["Id"])


# -- containers


def test_a_container_that_is_killed_breaks_the_cluster(pair):
    with engine_of(pair) as client:
        client.kill(container(client, pair, "kafka"))
    health = eventually(
        lambda: (found := pair.runtime.observe(pair.session)).state is State.BROKEN and found
    )
    assert (health.process("kafka").is_running, health.process("kafka").exit_status) == (False, -9)
    assert pair.run("true").status == 0
    with pytest.raises(ClusterGone):
        pair.runtime.exec(pair.session, "kafka", ("true",))


def test_up_again_starts_only_the_container_that_is_gone(pair):
    pair.start("web", "sleep", "60")
    pair.runtime.put_file(pair.session, "a.txt", b"mine")
    with engine_of(pair) as client:
        client.remove_container(container(client, pair, "kafka"), force=True)
        before = container(client, pair, "mids")
        pair.up(service("kafka", *TICKS), service())
        assert container(client, pair, "mids") == before
    health = pair.runtime.observe(pair.session)
    assert health.state is State.UP
    assert health.process("web").is_running
    assert pair.runtime.get_file(pair.session, "a.txt") == b"mine"


def test_a_mending_that_was_killed_is_done_by_the_next(pair):
    with engine_of(pair) as client:
        client.kill(container(client, pair, "kafka"))
        before = container(client, pair, "mids")
    services = (service("kafka", *TICKS), service())
    launching = Cut("portal.engine.runtimes.docker.place:Place.write", 2)
    cut_off(pair.runtime.up(spec(pair.session, *services)), launching)
    pair.up(*services)
    assert pair.runtime.observe(pair.session).state is State.UP
    with engine_of(pair) as client:
        assert container(client, pair, "mids") == before


def test_a_frozen_container_is_told_as_broken_and_can_be_ended(cluster, monkeypatch):
    monkeypatch.setattr("portal.engine.runtimes.agent.several.OBSERVE_SECONDS", 0.3)
    with engine_of(cluster) as client:
        client.pause(container(client, cluster, "mids"))
    assert cluster.runtime.observe(cluster.session).state is State.BROKEN
    cluster.runtime.down(cluster.session)
    assert docker_leftovers(cluster.session) == []


def test_out_of_memory_of_one_service_leaves_the_others(pair):
    with pytest.raises(ClusterError, match="memory limit of 128 MB"):
        pair.python("x = b'x' * (1 << 30)")
    assert pair.runtime.observe(pair.session).state is State.UP


def test_a_kill_is_not_told_as_a_lack_of_memory(pair):
    for code, status in (("os.kill(os.getpid(), 9)", -9), ("os.abort()", -6)):
        assert pair.python(f"import os; {code}").status == status
    with engine_of(pair) as client:
        client.kill(container(client, pair, "kafka"))
    health = eventually(
        lambda: (found := pair.runtime.observe(pair.session)).state is State.BROKEN and found
    )
    assert pair.python("print(1)").stdout == b"1\n"
    assert health.process("kafka") is None or not health.process("kafka").is_running


def test_a_name_runs_once_in_the_whole_cluster(pair):
    pair.start("web", "sleep", "60")
    pair.runtime.start(pair.session, "kafka", "web", ("sleep", "60"))
    assert pair.runtime.observe(pair.session).process("web").service == "mids"
    assert pair.runtime.interrupt(pair.session, "web") == -2
    pair.runtime.start(pair.session, "kafka", "web", ("sleep", "60"))
    assert pair.runtime.observe(pair.session).process("web").service == "kafka"


def test_all_containers_share_the_labs_folder(pair):
    pair.runtime.put_file(pair.session, "a.txt", b"shared")
    execution = pair.runtime.exec(pair.session, "kafka", ("cat", "/w205/a.txt"))
    assert b"".join(piece.data for piece in execution) == b"shared"


# -- what others have on the engine


def test_what_has_no_label_of_ours_is_left_alone(cluster):
    with engine_of(cluster) as client:
        name = f"somebody-{cluster.session}"
        made = client.create_container("sluice/mids:1", command=["true"], name=name)
        try:
            cluster.runtime.down(cluster.session)
            assert client.inspect_container(made["Id"])["Name"] == f"/{name}"
            assert cluster.runtime.list_all() == []
        finally:
            client.remove_container(made["Id"], force=True)


def test_another_portals_session_of_the_same_name_is_left_alone(cluster, driver, tmp_path):
    neighbour = Cluster(driver.make(tmp_path / "neighbour"), cluster.session)
    neighbour.up()
    try:
        assert neighbour.run("true").status == 0
        cluster.runtime.down(cluster.session)
        assert neighbour.run("true").status == 0
    finally:
        neighbour.runtime.down(neighbour.session)


def test_orphans_are_listed_by_label_and_ended(cluster, driver, tmp_path):
    # As after a disk was put back: the engine has what the portal's folder has not.
    for path in (tmp_path / "sessions").iterdir():
        path.rename(tmp_path / f"lost-{path.name}")
    assert cluster.runtime.observe(cluster.session) == Health(State.ABSENT)
    assert cluster.runtime.list_all() == [cluster.session]
    cluster.runtime.down(cluster.session)
    assert cluster.runtime.list_all() == []
    assert docker_leftovers(cluster.session) == []


# -- the engine


@pytest.mark.parametrize("verb", ["create_network", "create_volume", "create_container", "start"])
def test_a_lost_answer_makes_nothing_twice(absent, monkeypatch, verb):
    real = getattr(APIClient, verb)
    lost: list[object] = []

    def lose(client, *arguments, **options):
        answer = real(client, *arguments, **options)
        if not lost:
            lost.append(answer)
            raise requests.ConnectionError("the answer was lost")
        return answer

    monkeypatch.setattr(APIClient, verb, lose)
    absent.up(service("kafka", *TICKS), service())
    assert lost
    assert len(docker_leftovers(absent.session)) == 4  # two containers, a network, a volume
    assert absent.runtime.observe(absent.session).state is State.UP


@pytest.mark.parametrize("verb", ["create_network", "create_volume", "create_container", "start"])
def test_a_launch_that_fails_half_way_leaves_nothing(absent, monkeypatch, verb):
    def fail(*_: object, **__: object) -> None:
        raise requests.ConnectionError("gone")

    monkeypatch.setattr(APIClient, verb, fail)
    with pytest.raises(RuntimeUnavailable):
        absent.up(service("kafka", *TICKS), service())
    assert docker_leftovers(absent.session) == []
    assert absent.runtime.list_all() == []


def test_what_an_earlier_launch_left_is_not_taken_over(absent):
    names = f"sluice-{absent.runtime.mark}-{absent.session}"
    with engine_of(absent) as client:
        client.create_container("sluice/mids:1", command=["true"], name=f"{names}-mids")
    absent.up()
    assert absent.run("true").status == 0


def test_a_missing_image_is_named_with_what_to_do(driver, tmp_path, session):
    made = driver.make(tmp_path / "sessions")
    made.images = {"mids": Image("mids", tag="sluice/nonesuch:1")}
    for attempt in (made.check, lambda: list(made.up(spec(session)))):
        with pytest.raises(RuntimeUnavailable, match="sluice/nonesuch") as caught:
            attempt()
        assert "hosts prepare" in caught.value.advice
    assert docker_leftovers(session) == []


def test_an_image_that_is_none_of_ours_is_told(driver, tmp_path, session):
    made = driver.make(tmp_path / "sessions")
    made.images = {"mids": Image("mids", tag="sluice/debian:bookworm")}
    with pytest.raises(ClusterError):
        list(made.up(spec(session)))
    assert docker_leftovers(session) == []


def test_subnets_that_are_used_up_are_a_full_host(driver, tmp_path, session, docker_engine):
    folder, images = str(tmp_path / "sessions"), driver.make(tmp_path).images
    made = DockerRuntime(folder=folder, images=images, url=docker_engine, subnets="10.214.0.0/27")
    first, second = Cluster(made, session), Cluster(made, f"{session}-2")
    first.up()
    try:
        with pytest.raises(ClusterError, match=r"10\.214\.0\.0/27") as caught:
            second.up()
        assert caught.value.code == "capacity-exceeded"
    finally:
        made.down(first.session)
    assert docker_leftovers(session) == []


def test_sessions_that_start_at_once_get_networks_of_their_own(runtime, session):
    clusters = [Cluster(runtime, f"{session}-{number}") for number in range(4)]
    threads = [threading.Thread(target=each.up) for each in clusters]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    code = "import socket; print(socket.gethostbyname('mids'))"
    assert len({each.python(code).stdout for each in clusters}) == 4
