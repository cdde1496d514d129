"""What the cluster of the tests is: the real parts, each doing its work."""

import json
from typing import Any

import pytest

from portal.parts.places import PartsError
from tests.contract.cluster import eventually
from tests.kubernetes import node
from tests.kubernetes.cluster import Cluster

pytestmark = pytest.mark.kubernetes

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(name: str, image: str = node.PAUSE_IMAGE, **fields: Any) -> bytes:
    """A pod that waits, as the strictest of the standards wants it."""
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "securityContext": RESTRICTED,
        **fields,
    }
    spec = {"containers": [container], "automountServiceAccountToken": False}
    return json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    ).encode()


def told(cluster: Cluster, name: str) -> Any:
    """What the API says of a pod."""
    found: dict[str, Any] = json.loads(cluster.kubectl("get", "pod", name, "--output", "json"))
    return found["status"]


@pytest.fixture
def cluster(kubernetes_cluster: Cluster):
    """The cluster; whatever a test leaves in it is ended."""
    yield kubernetes_cluster
    kubernetes_cluster.kubectl("delete", "pods", "--all", "--force", "--grace-period=0")


def test_it_is_what_it_says(cluster):
    nodes = json.loads(cluster.kubectl("get", "nodes", "--output", "json"))["items"]
    info = nodes[0]["status"]["nodeInfo"]
    assert info["containerRuntimeVersion"].startswith("containerd://")
    assert info["kubeletVersion"] == "v1.34.4"


def test_a_pod_is_scheduled_and_run_on_an_address_that_this_host_reaches(cluster):
    cluster.kubectl("apply", "--filename", "-", stdin=pod("waits"))
    eventually(lambda: told(cluster, "waits")["phase"] == "Running")
    assert told(cluster, "waits")["podIP"].startswith("10.214.")


def test_an_image_that_is_not_there_is_told_of(cluster):
    cluster.kubectl("apply", "--filename", "-", stdin=pod("lacks", "sluice/nowhere:1"))

    def reason() -> str:
        states = told(cluster, "lacks").get("containerStatuses", [])
        return states[0]["state"].get("waiting", {}).get("reason", "") if states else ""

    assert eventually(lambda: "Image" in reason() and reason()) == "ErrImageNeverPull"


def test_what_asks_for_too_much_waits_for_a_node(cluster):
    large = pod("large", resources={"limits": {"memory": "9Ti"}})
    cluster.kubectl("apply", "--filename", "-", stdin=large)
    reasons = eventually(
        lambda: [each.get("reason") for each in told(cluster, "large").get("conditions", [])]
    )
    assert "Unschedulable" in reasons


def test_a_namespace_that_is_restricted_refuses_what_is_not(cluster):
    cluster.kubectl("create", "namespace", "strict")
    label = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", "strict", label)
    eventually(lambda: "default" in cluster.kubectl("get", "serviceaccounts", "-n", "strict"))
    loose = pod("loose", securityContext={})
    with pytest.raises(PartsError, match="violates PodSecurity"):
        cluster.kubectl("apply", "--namespace", "strict", "--filename", "-", stdin=loose)
    cluster.kubectl("apply", "--namespace", "strict", "--filename", "-", stdin=pod("tight"))
    cluster.kubectl("delete", "namespace", "strict", "--wait=true")


def test_a_quota_is_kept(cluster):
    cluster.kubectl("create", "namespace", "small")
    cluster.kubectl("create", "quota", "few", "--hard=pods=0", "--namespace", "small")
    eventually(lambda: "pods: 0/0" in cluster.kubectl("get", "quota", "few", "-n", "small"))
    with pytest.raises(PartsError, match="exceeded quota"):
        cluster.kubectl("apply", "--namespace", "small", "--filename", "-", stdin=pod("one"))
    cluster.kubectl("delete", "namespace", "small", "--wait=true")
