"""The portal as its chart brings it up on the cluster of the tests, with images built here."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.engine.lab.parse import load_lab
from portal.parts.places import ROOT, PartsError, known
from portal.parts.stack_images import SERVICES
from tests.chart.rendering import manifests
from tests.faults.student import eventually
from tests.kubernetes import sessions
from tests.kubernetes.cluster import NODE, Cluster
from tests.stack.production import ADMIN_PASSWORD, IMAGE, SECRETS, Stack

NAMESPACE, SESSIONS, CALLERS = "portal", "lessons", "ingress-nginx"
HOST = "sluice.example.org"
ROOT_CERTIFICATE = "/data/caddy/pki/authorities/local/root.crt"
UP_SECONDS = 300.0
LITTLE = {"requests": {"cpu": "20m", "memory": "64Mi"}}
"""Of one node's processors, which sessions share."""
DISKS = ("postgres", "redis", "results")
VOLUME = {"storage": "10Gi"}
Part = dict[str, Any]


@dataclass(frozen=True)
class Production:
    """What there is of it."""

    cluster: Cluster
    folder: Path

    def kubectl(self, *arguments: str, stdin: bytes = b"") -> str:
        """In the portal's own namespace. Raises PartsError."""
        return self.cluster.kubectl(*arguments, stdin=stdin, within=NAMESPACE)

    def bring_up(self, postgres: str, redis: str) -> None:
        """As the guide has it, of users of those numbers; and wait until all of it is ready."""
        values = {
            "host": HOST,
            "adminSecret": "first-admin",
            "image": image(),
            "sessions": {
                "namespace": SESSIONS,
                "pullPolicy": "Never",
                "memoryShare": 0.25,
                "seesNodes": True,
            },
            "results": {"claim": "results"},
            "web": {"resources": LITTLE},
            "runner": {"worker": LITTLE, "relay": LITTLE},
            "postgres": server(postgres),
            "redis": server(redis),
            "network": {"callers": [CALLERS]},
        }
        self.kubectl("apply", "--filename", "-", stdin=manifests(values).encode())
        self.wait_for("complete", "job/sluice-set-up-1")
        for name in (
            "deployment/sluice-web",
            "statefulset/sluice-runner",
            "daemonset/sluice-ahead",
        ):
            self.kubectl("rollout", "status", name, "--timeout=110s")

    def wait_for(self, condition: str, name: str) -> None:
        """Until a part is so. Fails with what pods say."""
        said = {"type": condition.capitalize(), "status": "True"}

        def is_so() -> bool:
            status = json.loads(self.kubectl("get", name, "--output", "json"))["status"]
            conditions = status.get("conditions") or ()
            return any(said.items() <= each.items() for each in conditions)

        eventually(is_so, UP_SECONDS, f"{name} is {condition}")

    def address(self, pod: str, namespace: str = NAMESPACE) -> str:
        """Of the first pod of a part."""
        at = ("--namespace", namespace, "--output", "json")
        chosen = f"app.kubernetes.io/component={pod}"
        told = self.cluster.kubectl("get", "pods", "--selector", chosen, *at)
        return str(json.loads(told)["items"][0]["status"]["podIP"])

    def certificate(self) -> Path:
        """Whom who comes by the ingress has to trust."""
        asked = ("exec", "ingress", "--namespace", CALLERS, "--", "cat", ROOT_CERTIFICATE)
        path = self.folder / "root.crt"
        path.write_text(eventually(lambda: self.said(*asked), 60, "the ingress has a certificate"))
        return path

    def said(self, *arguments: str) -> str:
        """What kubectl says; nothing while it fails."""
        try:
            return self.cluster.kubectl(*arguments)
        except PartsError:
            return ""

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What fails meanwhile is told with what the parts say."""
        try:
            yield
        except (AssertionError, PartsError) as error:
            told = [self.said("get", "pods", "--all-namespaces", "--output", "wide")]
            for each in ("set-up", "web", "runner", "postgres", "redis"):
                chosen = ("--selector", f"app.kubernetes.io/component={each}", "--tail=20")
                told.append(self.said("logs", "--all-containers", "-n", NAMESPACE, *chosen))
            raise AssertionError(f"{error}\n" + "\n".join(told)[-12000:]) from error


def image() -> Part:
    """The values of the portal's own image."""
    repository, _, tag = IMAGE.partition(":")
    return {"repository": repository, "tag": tag, "pullPolicy": "Never"}


def server(user: str) -> Part:
    """The values of a server of the chart's own."""
    return {"enabled": True, "image": SERVICES, "user": int(user), "resources": LITTLE}


def bring_images(cluster: Cluster, engine: str) -> None:
    """The portal's, its servers' and a lab's. Raises PartsError."""
    with tempfile.TemporaryDirectory() as folder:
        Stack(engine, Path(folder)).compose("build", "web")
    lab = load_lab(ROOT / "labs" / "week10").spec
    tags = sorted({known()[each.image].tag for each in lab.services})
    sessions.bring_in(cluster, engine, [IMAGE, SERVICES, *tags])


def user_of(engine: str, name: str) -> str:
    """The number of a user in the image of servers."""
    return sessions.docker(
        engine, "run", "--rm", "--entrypoint", "id", SERVICES, "-u", name
    ).strip()


def disk(name: str, folder: Path) -> Part:
    """A folder of the node's, for whichever claim comes."""
    folder.mkdir(parents=True)
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": VOLUME,
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }


def claim() -> Part:
    """Where web and runners keep results."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "results", "namespace": NAMESPACE},
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": VOLUME}},
    }


def secret(name: str, content: Mapping[str, str]) -> Part:
    """One of the operator's own."""
    kind = {"apiVersion": "v1", "kind": "Secret", "stringData": dict(content)}
    return {**kind, "metadata": {"name": name, "namespace": NAMESPACE}}


def ingress() -> Part:
    """What ends TLS, and finds web by the name of its service."""
    to = f"sluice-web.{NAMESPACE}.svc.cluster.local:80"
    container = {
        "name": "proxy",
        "image": SERVICES,
        "imagePullPolicy": "Never",
        "command": ["caddy", "reverse-proxy", "--from", HOST, "--to", to, "--internal-certs"],
    }
    labels = {"app.kubernetes.io/component": "ingress"}
    kind = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}
    return {**kind, "metadata": {"name": "ingress", "namespace": CALLERS, "labels": labels}}


@contextmanager
def production(cluster: Cluster) -> Iterator[Production]:
    """All that an operator has ready before the chart comes; and in the end nothing of it."""
    folder = Path(tempfile.mkdtemp(prefix="sluice-portal-", dir=cluster.folder))
    folder.chmod(0o711)
    for name in (NAMESPACE, CALLERS):
        cluster.kubectl("create", "namespace", name)
    strict = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", NAMESPACE, strict)
    of_servers = {
        "SLUICE_SECRET_KEY": SECRETS["SLUICE_SECRET_KEY"],
        "POSTGRES_PASSWORD": SECRETS["SLUICE_DATABASE_PASSWORD"],
        "REDIS_PASSWORD": SECRETS["SLUICE_REDIS_PASSWORD"],
    }
    made = [
        *(disk(name, folder / name) for name in DISKS),
        claim(),
        secret("sluice", of_servers),
        secret("first-admin", {"SLUICE_ADMIN_PASSWORD": ADMIN_PASSWORD}),
        ingress(),
    ]
    at = ("--namespace", CALLERS, "--output", "name")
    try:
        eventually(
            lambda: "default" in cluster.kubectl("get", "serviceaccounts", *at),
            60,
            "the namespace has an account",
        )
        listed = {"apiVersion": "v1", "kind": "List", "items": made}
        cluster.kubectl("apply", "--filename", "-", stdin=json.dumps(listed).encode())
        yield Production(cluster, folder)
    finally:
        for name in (SESSIONS, NAMESPACE, CALLERS):
            cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=true")
        cluster.kubectl("delete", "persistentvolumes", *DISKS, "--ignore-not-found")
