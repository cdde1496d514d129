"""The cluster's network: services have names, and who reaches whom is as policies say."""

import json
import socket
from collections.abc import Callable, Iterator

import pytest

from portal.engine.runtimes.kubernetes.pod import PORT
from tests.contract.cluster import Cluster as Small
from tests.contract.cluster import eventually, new_session, service
from tests.docker.engine import FIRST_TIME_SECONDS
from tests.kubernetes import network, sessions
from tests.kubernetes.cluster import API_PORT, Cluster

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(FIRST_TIME_SECONDS)]

ELSEWHERE = "elsewhere"
KNOCK = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()
    print("in")
except OSError as error:
    print("out:", error)
"""
SERVED, BROKER, NAMES = 8000, 9092, 53


@pytest.fixture(scope="module")
def outsider(kubernetes_sessions: Cluster) -> Iterator[str]:
    """The address of a pod that has nothing to do with sessions, and serves whoever comes."""
    cluster = kubernetes_sessions
    cluster.kubectl("create", "namespace", ELSEWHERE)
    at = ("--namespace", ELSEWHERE)
    eventually(lambda: "default" in cluster.kubectl("get", "serviceaccounts", *at, "-o", "name"))
    command = ("python3", "-m", "http.server", str(SERVED))
    run = ("run", "outsider", "--image=sluice/mids:1", "--image-pull-policy=Never")
    cluster.kubectl(*run, *at, "--command", "--", *command)
    cluster.kubectl("expose", "pod", "outsider", "--port=80", f"--target-port={SERVED}", *at)
    cluster.kubectl("wait", "--for=condition=Ready", "pod/outsider", "--timeout=100s", *at)
    yield address(cluster, "outsider", ELSEWHERE)
    cluster.kubectl("delete", "namespace", ELSEWHERE, "--wait=true")


@pytest.fixture
def small(kubernetes_sessions: Cluster, tmp_path) -> Iterator[Small]:
    """A session with a broker that takes calls on whatever address its pod has."""
    runtime = sessions.make_kubernetes(tmp_path / "sessions")
    made = Small(runtime, new_session())
    made.up(service("kafka", "python3", "-m", "http.server", str(BROKER)), service())
    yield made
    runtime.down(made.session)


def address(cluster: Cluster, pod: str, namespace: str) -> str:
    """Of a pod that runs."""
    found = json.loads(cluster.kubectl("get", "pod", pod, "--namespace", namespace, "-o", "json"))
    return str(found["status"]["podIP"])


def meets(wanted: str, knock: Callable[[], str]) -> None:
    """A knock ends so, at the latest a moment after a pod has its address."""
    eventually(lambda: knock().startswith(wanted))


def outside(cluster: Cluster, host: str, port: int) -> Callable[[], str]:
    """What the other pod meets there: *in*, or *out* with why."""
    inside = ("exec", "outsider", "--namespace", ELSEWHERE, "--", "python3", "-c", KNOCK)
    return lambda: cluster.kubectl(*inside, host, str(port))


def inside(small: Small, host: str, port: int) -> Callable[[], str]:
    """What a session's step meets there."""
    return lambda: small.run("python3", "-c", KNOCK, host, str(port)).stdout.decode()


def test_a_service_is_reached_by_its_name_and_no_other_name_is_known(kubernetes_sessions, outsider):
    named = f"outsider.{ELSEWHERE}.svc.{network.DOMAIN}"
    for name, port in ((named, 80), (f"outsider.{ELSEWHERE}", 80), ("kubernetes.default", 443)):
        meets("in", outside(kubernetes_sessions, name, port))
    for name in ("nobody", "example.org"):
        assert outside(kubernetes_sessions, name, 80)().startswith("out")


def test_nothing_leaves_a_sessions_pod(kubernetes_sessions, outsider, small):
    doors = [
        (outsider, SERVED),
        (network.NODE_ADDRESS, API_PORT),
        (network.NODE_ADDRESS, NAMES),
        (network.FIRST_SERVICE, 443),
    ]
    for host, port in doors:
        meets("in", outside(kubernetes_sessions, host, port))
        meets("out", inside(small, host, port))


def test_another_pod_gets_in_to_neither_gate_nor_broker(kubernetes_sessions, outsider, small):
    pod = sessions.stem(small.runtime, small.session)
    host = address(kubernetes_sessions, pod, sessions.NAMESPACE)
    for port in (PORT, BROKER):
        # Somebody listens, as who is in the pod can tell.
        meets("in", inside(small, host, port))
        meets("out", outside(kubernetes_sessions, host, port))
    # The runner gets in, to the gate alone.
    socket.create_connection((host, PORT), 3).close()
    with pytest.raises(OSError):  # noqa: PT011
        socket.create_connection((host, BROKER), 3)
