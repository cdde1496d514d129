"""A cluster of one node on this machine: the real parts, and nothing of it outside of its folders.

`python -m tests.kubernetes.cluster` keeps one until control-C. Needs root.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import requests

from portal.parts.places import PARTS, ROOT, PartsError
from tests.kubernetes import groups, network, node, programs
from tests.kubernetes.keys import Authority, Name
from tests.kubernetes.processes import Processes, end_forgotten

RUN = Path(tempfile.gettempdir()) / f"sluice-kubernetes-{zlib.crc32(bytes(ROOT)):08x}"
"""All that a cluster has for as long as it runs; a socket's path may have 107 bytes only."""
IMAGES = PARTS / "kubernetes" / "containerd"
LOCAL = "127.0.0.1"
ETCD_PORT, PEERS_PORT, API_PORT = 2379, 2380, 6443
START_SECONDS = 120.0
NODE = "sluice-node"
READERS = ("kube-router", "coredns")
READ = (
    *("pods", "namespaces", "nodes", "services"),
    *("endpointslices.discovery.k8s.io", "networkpolicies.networking.k8s.io"),
)
"""What both need to know of a cluster."""


class Cluster:
    """The parts, started one after the other, and ended with all that runs on them."""

    def __init__(self, folder: Path = RUN):
        self.folder = folder
        self.processes = Processes(folder)

    @property
    def address(self) -> str:
        """Of its API."""
        return f"https://{network.NODE_ADDRESS}:{API_PORT}"

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
        network.make()
        self.authority = Authority(self.folder / "keys")
        self._start_etcd()
        self._start_api()
        for name in ("kube-controller-manager", "kube-scheduler"):
            self._start_controller(name)
        self._start_containerd()
        self._start_kubelet()
        self._start_network()

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

    def kubectl(self, *arguments: str, stdin: bytes = b"", within: str = "") -> str:
        """What kubectl prints, in a namespace where no other is named. Raises PartsError."""
        config = self.config_within(within) if within else self.admin
        argv = [str(programs.PROGRAM), "kubectl", "--kubeconfig", str(config), *arguments]
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False, timeout=120)
        if done.returncode:
            raise PartsError(f"kubectl {arguments[0]}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode()

    def config_within(self, namespace: str) -> Path:
        """The admin's, for a namespace: kubectl's option would refuse parts of another one."""
        config = json.loads(self.admin.read_text())
        config["contexts"][0]["context"]["namespace"] = namespace
        path = self.folder / f"{namespace}.kubeconfig"
        path.write_text(json.dumps(config))
        return path

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
        url, peers = (f"http://{LOCAL}:{each}" for each in (ETCD_PORT, PEERS_PORT))
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
        self.processes.wait("etcd", lambda: network.listens(ETCD_PORT), START_SECONDS)

    def _start_api(self) -> None:
        crt, key = self.authority.issue(
            "api", ("kube-apiserver", ""), (network.NODE_ADDRESS, network.FIRST_SERVICE)
        )
        _, accounts = self.authority.issue("accounts", ("accounts", ""))
        to_kubelet = self.authority.issue("to-kubelet", ("kube-apiserver", "system:masters"))
        self.processes.start(
            "kube-apiserver",
            [
                *(str(programs.PROGRAM), "kube-apiserver"),
                *("--etcd-servers", f"http://{LOCAL}:{ETCD_PORT}"),
                *("--bind-address", network.NODE_ADDRESS, "--secure-port", str(API_PORT)),
                *("--tls-cert-file", str(crt), "--tls-private-key-file", str(key)),
                *("--client-ca-file", str(self.authority.path)),
                *("--kubelet-certificate-authority", ""),
                *("--kubelet-preferred-address-types", "InternalIP"),
                *("--kubelet-client-certificate", str(to_kubelet[0])),
                *("--kubelet-client-key", str(to_kubelet[1])),
                *("--service-account-issuer", "https://sluice.test"),
                *("--service-account-key-file", str(accounts)),
                *("--service-account-signing-key-file", str(accounts)),
                *("--service-cluster-ip-range", network.SERVICES),
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
        argv += [str(config), "--bind-address", LOCAL]
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
        (networks / "10-sluice.conflist").write_text(network.of_pods(self.folder / "addresses"))
        config = self.folder / "containerd.toml"
        config.write_text(node.containerd(IMAGES, self.containerd.parent, networks))
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
        config.write_text(json.dumps(settings))
        groups.make()
        self.write_kubeconfig(keys, "kubelet", (f"system:node:{NODE}", "system:nodes"))
        self.processes.start(
            "kubelet",
            [
                *(str(programs.PROGRAM), "kubelet", "--config", str(config)),
                *("--kubeconfig", str(keys), "--hostname-override", NODE),
                *("--root-dir", str(self.folder / "kubelet"), "--node-ip", network.NODE_ADDRESS),
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

    def _start_network(self) -> None:
        """What services, their names and network policies are kept by."""
        read = f"--resource={','.join(READ)}"
        self.kubectl("create", "clusterrole", "reads", "--verb=get,list,watch", read)
        users = [f"--user={each}" for each in READERS]
        self.kubectl("create", "clusterrolebinding", "reads", "--clusterrole=reads", *users)
        keys = {}
        for name in ("kube-proxy", *READERS):
            keys[name] = self.folder / f"{name}.kubeconfig"
            user = "system:kube-proxy" if name == "kube-proxy" else name
            self.write_kubeconfig(keys[name], name, (user, ""))
        names = self.folder / "Corefile"
        names.write_text(network.of_names(keys["coredns"]))
        told = {
            "kube-proxy": network.of_services(keys["kube-proxy"], NODE),
            "kube-router": network.of_policies(keys["kube-router"], NODE),
            "coredns": ["-conf", str(names)],
        }
        for name, arguments in told.items():
            self.processes.start(name, [str(programs.PROGRAM), name, *arguments])
            # kube-router writes its table whole: it comes when kube-proxy has made its own chains.
            if well := network.WELL.get(name):
                self.processes.wait(name, partial(answers, well), START_SECONDS)

    def write_kubeconfig(self, path: Path, file: str, name: Name) -> None:
        """A file to connect with, for a user and group of that name."""
        self.authority.write_kubeconfig(path, self.address, file, name)


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


def answers(url: str, verify: str | bool = True, cert: tuple[str, str] | None = None) -> bool:
    """Whether a server says that all is well."""
    try:
        return requests.get(url, verify=verify, cert=cert, timeout=5).ok
    except requests.RequestException:
        return False


def clear_up(folder: Path) -> None:
    """Remove what a cluster leaves: processes, mounts, groups, its network, all but its logs."""
    end_forgotten(folder)
    groups.remove()
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed([each for each in mounts if each.startswith(f"{folder}/")]):
        subprocess.run(["umount", "--lazy", mount], capture_output=True)
    network.remove()
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
