"""Sessions on a real cluster, where the contract's suite doesn't look: what goes wrong."""

import json

import pytest

from portal.engine.errors import CapacityExceeded, RuntimeUnavailable
from portal.engine.runtimes.base import Image, State
from tests.contract.cluster import Cluster, eventually, new_session, service
from tests.docker.engine import FIRST_TIME_SECONDS
from tests.kubernetes import sessions

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(FIRST_TIME_SECONDS)]


@pytest.fixture
def runtime(kubernetes_sessions, tmp_path):
    """A runtime on a folder of its own. Whatever a test leaves on it is ended."""
    made = sessions.make_kubernetes(tmp_path / "sessions")
    yield made
    for session in made.list_all():
        made.down(session)


@pytest.fixture
def absent(runtime):
    """A session that nobody launched yet."""
    return Cluster(runtime, new_session())


def test_an_image_that_no_node_has_is_named(runtime, absent):
    runtime.images["mids"] = Image("mids", tag="sluice/nowhere:1")
    with pytest.raises(RuntimeUnavailable, match=r"sluice/nowhere:1 can't be had"):
        absent.up(service())
    assert runtime.list_all() == []


def test_a_quota_that_is_spent_says_that_it_is_full(kubernetes_sessions, runtime, absent):
    at = ("--namespace", sessions.NAMESPACE)
    kubernetes_sessions.kubectl("create", "quota", "none", "--hard=pods=0", *at)
    try:
        eventually(lambda: "pods: 0/0" in kubernetes_sessions.kubectl("get", "quota", "none", *at))
        with pytest.raises(CapacityExceeded, match="quota"):
            absent.up(service())
    finally:
        kubernetes_sessions.kubectl("delete", "quota", "none", *at)
    assert runtime.list_all() == []


def test_a_command_goes_on_while_the_api_starts_again(kubernetes_sessions, runtime, absent):
    absent.up(service())
    execution = runtime.exec(absent.session, "mids", ("sh", "-c", "echo a; read x; echo $x"))
    kubernetes_sessions.processes.stop("kube-apiserver")
    try:
        assert absent.run("echo", "hi").stdout == b"hi\n"
        assert runtime.observe(absent.session).state is State.UP
    finally:
        kubernetes_sessions.start_again()
    assert b"".join(each.data for each in execution) == b"a\n\n"
    runtime.down(absent.session)
    assert sessions.kubernetes_leftovers(absent.session) == []


def test_a_pod_that_somebody_deletes_is_gone(kubernetes_sessions, runtime, absent):
    absent.up(service())
    name = sessions.stem(runtime, absent.session)
    kubernetes_sessions.kubectl("delete", "pod", name, "--namespace", sessions.NAMESPACE)
    assert runtime.observe(absent.session).state is State.ABSENT
    absent.up(service())
    assert absent.run("echo", "hi").stdout == b"hi\n"


def test_a_pod_that_is_evicted_is_gone(kubernetes_sessions, runtime, absent):
    absent.up(service())
    name = sessions.stem(runtime, absent.session)
    metadata = {"name": name, "namespace": sessions.NAMESPACE}
    asked = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    path = f"/api/v1/namespaces/{sessions.NAMESPACE}/pods/{name}/eviction"
    body = json.dumps(asked).encode()
    kubernetes_sessions.kubectl("create", "--raw", path, "--filename", "-", stdin=body)
    eventually(lambda: runtime.observe(absent.session).state is State.ABSENT)
    absent.up(service())
    assert absent.run("echo", "hi").stdout == b"hi\n"


def test_a_gate_that_was_killed_is_back_and_leads_on(runtime, absent):
    absent.up(service(), files={"a.txt": b"mine"})
    for each in sessions.containers_of(sessions.stem(runtime, absent.session)):
        if sessions.container_name(each) == "gate":
            sessions.clusters[0].ctr("tasks", "kill", "--signal", "SIGKILL", each)
    eventually(lambda: runtime.observe(absent.session).state is State.UP)
    assert runtime.get_file(absent.session, "a.txt") == b"mine"


def test_no_service_sees_the_keys_or_a_token(absent):
    absent.up(service())
    found = absent.run("ls", "/etc/sluice", "/run/gate", "/var/run/secrets/kubernetes.io")
    assert found.stdout == b""
    assert found.status != 0
