"""A cluster of one node on this machine: the real parts, and nothing of it outside of its folders.

`python -m tests.kubernetes.cluster` keeps one until control-C. Needs root.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import requests

from portal.parts.places import PARTS, ROOT, PartsError
from tests.kubernetes import groups, node, programs
from tests.kubernetes.keys import Authority
from tests.kubernetes.processes import Processes, end_forgotten

RUN = Path(tempfile.gettempdir()) / f"sluice-kubernetes-{zlib.crc32(bytes(ROOT)):08x}"
"""All that a cluster has for as long as it runs; a socket's path may have 107 bytes only."""
IMAGES = PARTS / "kubernetes" / "containerd"
LOCAL = "127.0.0.1"
SERVICES = "10.215.0.0/24"
FIRST_SERVICE = "10.215.0.1"
START_SECONDS = 120.0
NODE = "sluice-node"


class Cluster:
    """The parts, started one after the other, and ended with all that runs on them."""

    def __init__(self, folder: Path = RUN):
        self.folder = folder
        self.processes = Processes(folder)
        self.ports = dict(zip(("etcd", "peers", "api"), free_ports(3), strict=True))

    @property
    def address(self) -> str:
        """Of its API."""
        return f"https://{LOCAL}:{self.ports['api']}"

    @property
    def containerd(self) -> Path:
        """The socket of its containerd."""
        return self.folder / "containerd" / "containerd.sock"

    @property
    def admin(self) -> Path:
        """What whoever may do everything connects with."""
        return self.folder / "admin.kubeconfig"

    def start(self) -> None:
        """Start it, and wait until its node takes pods. Raises PartsError."""
        shutil.rmtree(self.folder / "etcd", ignore_errors=True)
        self.authority = Authority(self.folder / "keys")
        self._start_etcd()
        self._start_api()
        for name in ("kube-controller-manager", "kube-scheduler"):
            self._start_controller(name)
        self._start_containerd()
        self._start_kubelet()

    def stop(self) -> None:
        """End its pods, then its parts. What is left of them is removed."""
        with contextlib.suppress(PartsError, subprocess.SubprocessError, OSError):
            self.kubectl(
                *("delete", "pods", "--all-namespaces", "--all", "--force", "--grace-period=0"),
            )
            deadline = time.monotonic() + 20
            while self._tasks() and time.monotonic() < deadline:
                time.sleep(0.2)
        self.processes.stop_all()
        clear_up(self.folder)

    # -- using it

    def kubectl(self, *arguments: str, stdin: bytes = b"") -> str:
        """What kubectl prints. Raises PartsError."""
        argv = [str(programs.PROGRAM), "kubectl", "--kubeconfig", str(self.admin), *arguments]
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False, timeout=120)
        if done.returncode:
            raise PartsError(f"kubectl {arguments[0]}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode()

    def bring_in(self, archive: bytes | Path) -> None:
        """Import an archive of images, as `docker save` writes it. Raises PartsError."""
        with contextlib.ExitStack() as stack:
            if isinstance(archive, bytes):
                file = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".tar"))
                file.write(archive)
                file.flush()
                archive = Path(file.name)
            self.ctr("images", "import", "--no-unpack=false", str(archive))

    def has_image(self, name: str) -> bool:
        """Whether pods can be made of it."""
        return f"docker.io/{name}" in self.ctr("images", "list", "--quiet").split()

    def ctr(self, *arguments: str) -> str:
        """What containerd's client prints. Raises PartsError."""
        argv = ["ctr", "--address", str(self.containerd), "--namespace", "k8s.io", *arguments]
        done = subprocess.run(argv, capture_output=True, check=False, timeout=600)
        if done.returncode:
            raise PartsError(f"ctr {arguments[0]}: {done.stderr.decode(errors='replace')[-500:]}")
        return done.stdout.decode()

    def _tasks(self) -> list[str]:
        return self.ctr("tasks", "list", "--quiet").split()

    def start_again(self) -> None:
        """Have its API as before, after it was ended."""
        self.processes.start_again("kube-apiserver")
        self.processes.wait("kube-apiserver", self._is_ready, START_SECONDS)

    # -- its parts

    def _start_etcd(self) -> None:
        url, peers = (f"http://{LOCAL}:{self.ports[each]}" for each in ("etcd", "peers"))
        self.processes.start(
            "etcd",
            [
                *(str(programs.PROGRAM), "etcd", "--name", NODE),
                *("--data-dir", str(self.folder / "etcd"), "--unsafe-no-fsync"),
                *("--listen-client-urls", url, "--advertise-client-urls", url),
                *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers),
                *("--initial-cluster", f"{NODE}={peers}"),
            ],
        )
        self.processes.wait("etcd", lambda: answers(f"{url}/health"), START_SECONDS)

    def _start_api(self) -> None:
        crt, key = self.authority.issue(
            "api", ("kube-apiserver", ""), (LOCAL, "localhost", FIRST_SERVICE)
        )
        _, accounts = self.authority.issue("accounts", ("accounts", ""))
        to_kubelet = self.authority.issue("to-kubelet", ("kube-apiserver", "system:masters"))
        self.processes.start(
            "kube-apiserver",
            [
                *(str(programs.PROGRAM), "kube-apiserver"),
                *("--etcd-servers", f"http://{LOCAL}:{self.ports['etcd']}"),
                *("--bind-address", LOCAL, "--secure-port", str(self.ports["api"])),
                # Nothing in a pod may reach it, so nobody is told where it is.
                *("--advertise-address", node.NODE_ADDRESS, "--endpoint-reconciler-type=none"),
                *("--tls-cert-file", str(crt), "--tls-private-key-file", str(key)),
                *("--client-ca-file", str(self.authority.path)),
                *("--kubelet-certificate-authority", ""),
                *("--kubelet-client-certificate", str(to_kubelet[0])),
                *("--kubelet-client-key", str(to_kubelet[1])),
                *("--service-account-issuer", "https://sluice.test"),
                *("--service-account-key-file", str(accounts)),
                *("--service-account-signing-key-file", str(accounts)),
                *("--service-cluster-ip-range", SERVICES),
                *("--authorization-mode", "Node,RBAC"),
                *("--enable-admission-plugins", "NodeRestriction"),
            ],
        )
        self.write_kubeconfig(self.admin, "admin", ("admin", "system:masters"))
        self.processes.wait("kube-apiserver", self._is_ready, START_SECONDS)

    def _is_ready(self) -> bool:
        crt, key = self.folder / "keys" / "admin.crt", self.folder / "keys" / "admin.key"
        return answers(
            f"{self.address}/readyz", verify=str(self.authority.path), cert=(str(crt), str(key))
        )

    def _start_controller(self, name: str) -> None:
        config = self.folder / f"{name}.kubeconfig"
        self.write_kubeconfig(config, name, (f"system:{name}", ""))
        argv = [str(programs.PROGRAM), name, "--kubeconfig", str(config), "--leader-elect=false"]
        argv += ["--authentication-kubeconfig", str(config), "--authorization-kubeconfig"]
        argv += [str(config), "--secure-port", str(free_ports(1)[0]), "--bind-address", LOCAL]
        if name == "kube-controller-manager":
            argv += ["--root-ca-file", str(self.authority.path)]
            # Each of its controllers has a role of its own, and the whole has none.
            argv += ["--use-service-account-credentials=true"]
            argv += [
                "--service-account-private-key-file",
                str(self.folder / "keys" / "accounts.key"),
            ]
        self.processes.start(name, argv)

    def _start_containerd(self) -> None:
        networks = self.folder / "networks"
        networks.mkdir(exist_ok=True)
        (networks / "10-sluice.conflist").write_text(node.network(self.folder / "addresses"))
        config = self.folder / "containerd.toml"
        config.write_text(node.containerd(IMAGES, self.containerd.parent, networks))
        make_bridge()
        self.processes.start("containerd", ["containerd", "--config", str(config)])
        self.processes.wait("containerd", self._takes_images, START_SECONDS)
        if not self.has_image(node.PAUSE_IMAGE):
            self.bring_in(node.pause_image(programs.PAUSE))

    def _takes_images(self) -> bool:
        try:
            self.ctr("images", "list", "--quiet")
        except (PartsError, subprocess.SubprocessError):
            return False
        return True

    def _start_kubelet(self) -> None:
        config, keys = self.folder / "kubelet.json", self.folder / "kubelet.kubeconfig"
        settings = node.kubelet(self.folder, self.containerd, self.authority.path)
        config.write_text(json.dumps({**settings, "port": free_ports(1)[0]}))
        groups.make()
        self.write_kubeconfig(keys, "kubelet", (f"system:node:{NODE}", "system:nodes"))
        self.processes.start(
            "kubelet",
            [
                *(str(programs.PROGRAM), "kubelet", "--config", str(config)),
                *("--kubeconfig", str(keys), "--hostname-override", NODE),
                *("--root-dir", str(self.folder / "kubelet"), "--node-ip", node.NODE_ADDRESS),
                *("--cert-dir", str(self.folder / "kubelet-keys")),
            ],
        )
        self.processes.wait("kubelet", self._takes_pods, START_SECONDS)

    def _takes_pods(self) -> bool:
        try:
            accounts = self.kubectl("get", "serviceaccounts", "default", "--output", "name")
            told = self.kubectl("get", "nodes", NODE, "--output", "json")
        except PartsError:
            return False
        conditions = json.loads(told)["status"].get("conditions", [])
        is_ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
        has_taints = bool(json.loads(told)["spec"].get("taints"))
        return bool(accounts) and is_ready and not has_taints

    def write_kubeconfig(self, path: Path, file: str, name: tuple[str, str]) -> None:
        """A file to connect with, for a user and group of that name."""
        crt, key = self.authority.issue(file, name)
        cluster = {"server": self.address, "certificate-authority": str(self.authority.path)}
        context = {"cluster": "sluice", "user": file}
        user = {"client-certificate": str(crt), "client-key": str(key)}
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "sluice", "cluster": cluster}],
                    "users": [{"name": file, "user": user}],
                    "contexts": [{"name": "sluice", "context": context}],
                    "current-context": "sluice",
                }
            )
        )


@contextlib.contextmanager
def running() -> Iterator[Cluster]:
    """A cluster, for as long as it is wanted; another run's is waited for. Raises PartsError."""
    if os.geteuid() != 0:
        raise PartsError("Only root can start a cluster: kubelet and containerd need that")
    programs.install()
    RUN.mkdir(parents=True, exist_ok=True, mode=0o711)
    with (RUN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        clear_up(RUN)
        cluster = Cluster()
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOCAL, 0))
        return [int(each.getsockname()[1]) for each in sockets]


def answers(url: str, verify: str | bool = True, cert: tuple[str, str] | None = None) -> bool:
    """Whether a server says that all is well."""
    try:
        return requests.get(url, verify=verify, cert=cert, timeout=5).ok
    except requests.RequestException:
        return False


def make_bridge() -> None:
    """The bridge of the pods, which has the node's address as well: there before any pod is."""
    subprocess.run(["ip", "link", "add", node.BRIDGE, "type", "bridge"], capture_output=True)
    address = f"{node.NODE_ADDRESS}/16"
    subprocess.run(["ip", "address", "add", address, "dev", node.BRIDGE], capture_output=True)
    subprocess.run(["ip", "link", "set", node.BRIDGE, "up"], check=True)


def clear_up(folder: Path) -> None:
    """Remove what a cluster leaves: processes, mounts, groups, its bridge, all but its logs."""
    end_forgotten(folder)
    groups.remove()
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed([each for each in mounts if each.startswith(f"{folder}/")]):
        subprocess.run(["umount", "--lazy", mount], capture_output=True)
    subprocess.run(["ip", "link", "delete", node.BRIDGE], capture_output=True)
    for each in folder.iterdir():
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)


def main(arguments: Sequence[str]) -> int:
    """Keep a cluster until control-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with running() as cluster:
            print(f"A cluster is up. KUBECONFIG={cluster.admin}", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except PartsError as error:
        print(f"Sluice: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
