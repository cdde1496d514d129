"""The real API takes all that the chart makes, and has nothing to say against it."""

import subprocess

import pytest
import yaml

from tests.chart.rendering import LEAST, NAMESPACE, WHOLE, manifests
from tests.contract.cluster import eventually
from tests.kubernetes import programs, sessions
from tests.kubernetes.cluster import Cluster

pytestmark = pytest.mark.kubernetes

KNOWN = "last-applied-configuration"
"""Of the namespace of sessions, which is there before: that the chart has not made it."""


@pytest.fixture(scope="module")
def cluster(kubernetes_cluster: Cluster):
    """The cluster with both namespaces; whatever isn't restricted in the portal's is told of."""
    kubernetes_cluster.kubectl("apply", "--filename", str(sessions.MANIFEST))
    kubernetes_cluster.kubectl("create", "namespace", NAMESPACE)
    label = "pod-security.kubernetes.io/warn=restricted"
    kubernetes_cluster.kubectl("label", "namespace", NAMESPACE, label)
    at = ("--namespace", NAMESPACE, "--output", "name")
    eventually(lambda: "default" in kubernetes_cluster.kubectl("get", "serviceaccounts", *at))
    yield kubernetes_cluster
    kubernetes_cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=true")


def apply(cluster: Cluster, made: str) -> tuple[int, list[str], list[str]]:
    """What the API would say of it: status, parts that it takes, warnings and errors."""
    path = cluster.config_within(NAMESPACE)
    done = subprocess.run(
        [
            *(str(programs.PROGRAM), "kubectl", "--kubeconfig", str(path), "apply"),
            *("--dry-run=server", "--validate=strict", "--filename", "-"),
        ],
        input=made.encode(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    said = [each for each in done.stderr.decode().splitlines() if KNOWN not in each]
    return done.returncode, done.stdout.decode().splitlines(), said


@pytest.mark.parametrize("values", [LEAST, WHOLE], ids=["least", "whole"])
def test_the_api_takes_every_part_and_warns_of_none(cluster, values):
    made = manifests(values)
    status, taken, said = apply(cluster, made)
    assert (status, said) == (0, [])
    assert len(taken) == len([each for each in yaml.safe_load_all(made) if each])


def test_it_would_warn_of_a_pod_that_is_less_confined(cluster):
    loose = manifests(LEAST).replace("runAsNonRoot: true", "runAsNonRoot: false")
    assert any("would violate PodSecurity" in each for each in apply(cluster, loose)[2])
