"""What a student's code can't do in a container. Each test tries it."""

import socket

import pytest

from tests.contract import test_confinement as sandboxes
from tests.contract.cluster import Cluster, new_session, service
from tests.contract.drivers import DRIVERS, Driver
from tests.docker.engine import FIRST_TIME_SECONDS

pytestmark = [pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]

# Both confine by their own means, and to the same.
SHARED = (
    "test_a_sessions_folder_on_the_host_is_its_owners_alone",
    "test_it_can_not_change_the_system",
    "test_it_has_no_disk_device",
    "test_it_gets_nothing_of_the_portals_environment",
    "test_it_inherits_no_descriptor",
    "test_it_can_not_reach_the_hosts_loopback",
    "test_it_can_not_reach_the_hosts_abstract_sockets",
    "test_it_has_no_capability_and_can_gain_none",
    "test_it_can_not_mount_or_make_namespaces",
    "test_it_can_not_clone_into_a_user_namespace",
    "test_the_kernels_odder_corners_are_closed",
    "test_it_sees_no_process_of_the_host",
    "test_it_can_not_look_into_the_agent",
    "test_it_can_not_trace_the_agent",
    "test_it_can_not_end_or_stop_the_agent",
    "test_a_students_control_c_handling_is_untouched_by_the_agents",
    "test_a_fork_bomb_is_stopped_and_the_cluster_can_still_be_driven",
    "test_a_command_among_too_many_is_refused_in_words",
    "test_a_fork_bomb_in_a_command_ends_with_the_command",
    "test_a_fork_bomb_in_a_server_ends_with_control_c",
    "test_threads_count_as_processes",
    "test_a_file_can_not_be_larger_than_its_limit",
    "test_a_disk_can_not_hold_more_than_its_limit",
    "test_filling_every_disk_leaves_memory_to_delete_again",
    "test_processes_of_one_that_floods_its_log_leave_the_agent_alive",
)
globals().update({name: getattr(sandboxes, name) for name in SHARED})

CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)"


@pytest.fixture
def driver(docker_engine: str) -> Driver:
    """Only Docker: the sandbox has this module's model."""
    return DRIVERS["docker"]


@pytest.fixture
def other(runtime):
    """A second cluster beside the first."""
    made = Cluster(runtime, new_session())
    made.up()
    return made


def reaches(cluster: Cluster, address: str, port: int) -> bool:
    return cluster.python(CONNECT, address, str(port)).status == 0


def address_of(cluster: Cluster) -> str:
    code = "import socket; print(socket.gethostbyname('mids'))"
    return cluster.python(code).stdout.decode().strip()


def test_it_reaches_the_sessions_own_services(absent):
    absent.up(service("kafka", "python", "-m", "http.server", "8000"), service())
    absent.lines(0)
    code = (
        "import socket, time\n"
        "for _ in range(100):\n"
        "    try:\n"
        "        socket.create_connection(('kafka', 8000), timeout=2)\n"
        "        break\n"
        "    except ConnectionRefusedError:\n"
        "        time.sleep(0.05)\n"
        "else:\n"
        "    raise SystemExit('never')\n"
    )
    assert absent.python(code).status == 0


def test_it_can_not_reach_the_host(cluster):
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        own = address_of(cluster)
        gateway = own.rsplit(".", 1)[0] + "." + str(int(own.rsplit(".", 1)[1]) // 32 * 32 + 1)
        hosts = {str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None)}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
            way_out.connect(("192.0.2.1", 9))
            hosts.add(way_out.getsockname()[0])
        # It listens, so that a failure below means something.
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        for address in {gateway, *hosts} - {"127.0.1.1"}:
            assert not reaches(cluster, address, port), address


def test_it_can_not_reach_another_session(cluster, other):
    other.start("web", "python", "-m", "http.server", "8000")
    assert not reaches(cluster, address_of(other), 8000)


def test_it_finds_no_name_but_its_own(cluster):
    code = "import socket, sys; socket.gethostbyname(sys.argv[1])"
    assert cluster.python(code, "mids").status == 0
    # The engine has services for names outside: they must not carry anything out.
    assert cluster.python(code, "example.org").status != 0


def test_its_engine_can_not_be_reached(cluster):
    listing = cluster.run("sh", "-c", "find / -name '*.sock' 2>/dev/null").stdout
    assert listing == b""


def test_nothing_but_its_scratch_space_can_be_written(cluster):
    folders = cluster.run("find", "/", "-path", "/proc", "-prune", "-o", "-writable", "-type", "d")
    expected = {b"/tmp", b"/data", b"/w205", b"/dev/shm", b"/dev/mqueue"}
    assert set(folders.stdout.split()) - {b"/proc"} == expected
    assert cluster.run("sh", "-c", "echo > /dev/mqueue/x").status != 0


def test_no_program_gives_another_user(cluster):
    found = cluster.run("sh", "-c", "find / -xdev -type f -perm /6000 2>/dev/null").stdout
    assert found == b""


def test_the_engine_was_told_of_every_bound(cluster):
    runtime = cluster.runtime
    with runtime.engine.talk() as client:
        (container,) = client.containers(filters={"label": [f"sluice.session={cluster.session}"]})
        config = client.inspect_container(container["Id"])
        (name,) = config["NetworkSettings"]["Networks"]
        network = client.inspect_network(name)
    host = config["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 128 << 20
    assert host["PidsLimit"] == 96
    assert host["NanoCpus"] == 10**9
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["ReadonlyRootfs"]
    assert not host["Privileged"]
    assert not config["NetworkSettings"]["Ports"]
    assert host["LogConfig"]["Config"]["max-size"] == "1m"
    assert config["Config"]["User"] == "1000:1000"
    assert network["Internal"]
    assert {"sluice.session", "sluice.lease"} <= set(config["Config"]["Labels"])
