"""The cluster as the driver of sessions needs it: a namespace, a runner's rights, images."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from portal.engine.runtimes.base import Image, Runtime
from portal.engine.runtimes.kubernetes import KubernetesRuntime
from portal.engine.runtimes.kubernetes.names import Names
from portal.parts.places import PARTS, ROOT, PartsError
from tests.contract.cluster import eventually
from tests.kubernetes import network
from tests.kubernetes.cluster import IMAGES as KEPT
from tests.kubernetes.cluster import Cluster

NAMESPACE = "sluice-sessions"
RUNNER = "sluice-runner"
RUNNER_ADDRESS = f"{network.HOST_ADDRESS}/32"
IMAGES = {"mids": Image("mids", tag="sluice/mids:1")}
MANIFEST = ROOT / "deploy" / "kubernetes" / "sessions.yaml"
SAVE_SECONDS = 600

clusters: list[Cluster] = []
"""That of the run, while there is one."""


def prepare(cluster: Cluster) -> None:
    """Make the namespace and the runner's role as operators do, and bind it to our runner."""
    cluster.kubectl("apply", "--filename", str(MANIFEST))
    binding = ("create", "rolebinding", "of-the-tests", f"--role={RUNNER}", f"--user={RUNNER}")
    cluster.kubectl(*binding, "--namespace", NAMESPACE)
    cluster.write_kubeconfig(kubeconfig(cluster), RUNNER, (RUNNER, ""))
    # Without it no pod is taken, and it comes a moment later.
    at = ("--namespace", NAMESPACE, "--output", "name")
    eventually(lambda: "default" in cluster.kubectl("get", "serviceaccounts", *at))


def kubeconfig(cluster: Cluster) -> Path:
    """What the runner connects with: rights in one namespace, and no others."""
    return cluster.folder / f"{RUNNER}.kubeconfig"


def bring_in(cluster: Cluster, engine: str, tags: Iterable[str]) -> None:
    """Have a Docker engine's images, as they are there now. Raises PartsError."""
    for tag in tags:
        known = KEPT / f"{tag.replace('/', '-')}.id"
        now = docker(engine, "image", "inspect", "--format", "{{.Id}}", tag)
        if cluster.has_image(tag) and known.exists() and known.read_text() == now:
            continue
        archive = cluster.folder / "image.tar"
        docker(engine, "save", "--output", str(archive), tag)
        cluster.bring_in(archive)
        archive.unlink()
        known.write_text(now)


def docker(engine: str, *arguments: str) -> str:
    """What the engine's client prints. Raises PartsError."""
    argv = ["docker", "--host", engine, *arguments]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=SAVE_SECONDS)
    if done.returncode:
        raise PartsError(f"docker {arguments[0]}: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout.decode()


def make_kubernetes(folder: Path, mark: str = "") -> KubernetesRuntime:
    """A kubernetes driver as settings make it, on the cluster that the run has."""
    return KubernetesRuntime(
        folder=str(folder),
        images=IMAGES,
        namespace=NAMESPACE,
        kubeconfig=str(kubeconfig(clusters[0])),
        mark=mark,
        operator={"pull": "Never", "memory_share": 0.25, "runner_addresses": (RUNNER_ADDRESS,)},
    )


def environment(cluster: Cluster, var: Path) -> dict[str, str]:
    """What an operator gives a portal whose folder is `var`, to have its sessions there."""
    return {
        "SLUICE_VAR": str(var),
        "DATABASE_URL": f"sqlite:///{var}/lab.sqlite3",
        "REDIS_URL": f"unix://{var}/run/redis.sock",
        "SLUICE_PARTS": str(PARTS),
        "SLUICE_KUBERNETES": NAMESPACE,
        "SLUICE_KUBECONFIG": str(kubeconfig(cluster)),
        "SLUICE_KUBERNETES_PULL": "Never",
        "SLUICE_KUBERNETES_MEMORY_SHARE": "0.25",
        "SLUICE_KUBERNETES_RUNNER_ADDRESSES": RUNNER_ADDRESS,
        "SLUICE_RUNTIME": "kubernetes",
        "SLUICE_SLEEP_MINUTES": "0",
    }


def containers_of(name: str) -> list[str]:
    """Those of a pod that its node has, whatever the API says."""
    wanted = f'labels."io.kubernetes.pod.name"=={name}'
    return clusters[0].ctr("containers", "list", "--quiet", wanted).split()


def container_name(container: str) -> str:
    """What a node's container is called in its pod; empty for the one that holds its network."""
    told = json.loads(clusters[0].ctr("containers", "info", container))
    return str(told["Labels"].get("io.kubernetes.container.name", ""))


def stem(runtime: KubernetesRuntime, session: str) -> str:
    """The name of a session's pod."""
    return Names(runtime.mark, session).stem


def kill_kubernetes(runtime: Runtime, session: str) -> None:
    """SIGKILL every process of a session's pod, as somebody on its node could."""
    assert isinstance(runtime, KubernetesRuntime)
    for each in containers_of(stem(runtime, session)):
        clusters[0].ctr("tasks", "kill", "--signal", "SIGKILL", "--all", each)


def kubernetes_leftovers(session: str) -> list[str]:
    """What the cluster has with the session in its labels, and its node of pods so called."""
    chosen = ("--selector", f"sluice.session={session}", "--output", "name")
    parts = clusters[0].kubectl("get", "pods,secrets", "--namespace", NAMESPACE, *chosen).split()
    shown = clusters[0].ctr("containers", "list").splitlines()
    return parts + [each for each in shown if session in each]
