"""A cluster's network: one of its own, with a bridge for pods and one link to this host.

Neither rules for packets nor addresses meet this host's own, and all of it goes with the namespace.
"""

import json
import subprocess
from pathlib import Path

from portal.parts.places import PartsError

NAMESPACE = "sluice-kubernetes"
INSIDE = ("nsenter", f"--net=/run/netns/{NAMESPACE}")
"""Goes before a command that shall run in it."""
BRIDGE = "sluice-pods"
LINK, FAR_END = "sluice-k8s", "host"
HOST_ADDRESS, FAR_ADDRESS = "10.213.255.1", "10.213.255.2"
NODE_ADDRESS = "10.214.0.1"
PODS = "10.214.0.0/16"
SERVICES = "10.215.0.0/24"
FIRST_SERVICE = "10.215.0.1"
DOMAIN = "cluster.local"
WELL_PORTS = {"kube-proxy": 10256, "coredns": 8080}
WELL = {
    "kube-proxy": f"http://{NODE_ADDRESS}:{WELL_PORTS['kube-proxy']}/healthz",
    "coredns": f"http://{NODE_ADDRESS}:{WELL_PORTS['coredns']}/health",
}
"""Where parts say that they are well."""


def make() -> None:
    """Make it, with the bridge, which has the node's address. Raises PartsError."""
    ip("netns", "add", NAMESPACE)
    ip("link", "add", LINK, "type", "veth", "peer", "name", FAR_END, "netns", NAMESPACE)
    ip("address", "add", f"{HOST_ADDRESS}/30", "dev", LINK)
    ip("link", "set", LINK, "up")
    ip("route", "add", PODS, "via", FAR_ADDRESS)
    far = ("-netns", NAMESPACE)
    ip(*far, "link", "add", BRIDGE, "type", "bridge")
    ip(*far, "address", "add", f"{FAR_ADDRESS}/30", "dev", FAR_END)
    ip(*far, "address", "add", f"{NODE_ADDRESS}/16", "dev", BRIDGE)
    for each in ("lo", FAR_END, BRIDGE):
        ip(*far, "link", "set", each, "up")
    # What goes from pod to pod over the bridge meets the rules of services and policies, too.
    for name in ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables"):
        run(*INSIDE, "sh", "-c", f"echo 1 > /proc/sys/{name}")


def remove() -> None:
    """Remove it, once nothing runs in it. Already gone is success."""
    for argv in (("link", "delete", LINK), ("netns", "delete", NAMESPACE)):
        subprocess.run(["ip", *argv], capture_output=True, check=False)


def listens(port: int) -> bool:
    """Whether something in it takes calls on a port of its loopback."""
    argv = [*INSIDE, "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def ip(*arguments: str) -> None:
    """A command of iproute2's. Raises PartsError."""
    run("ip", *arguments)


def run(*argv: str) -> None:
    """Raises PartsError with what a command says that fails."""
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode:
        raise PartsError(f"{' '.join(argv)}: {done.stderr.decode(errors='replace')}")


def of_pods(folder: Path) -> str:
    """The pods' network (CNI): the bridge, and a way to services and to this host, no further."""
    ways = [{"dst": SERVICES}, {"dst": f"{HOST_ADDRESS}/32"}]
    addresses = {"type": "host-local", "dataDir": str(folder), "ranges": [[{"subnet": PODS}]]}
    bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "hairpinMode": True}
    plugin = {**bridge, "ipam": {**addresses, "routes": ways}}
    return json.dumps({"cniVersion": "0.4.0", "name": "sluice", "plugins": [plugin]})


def of_services(kubeconfig: Path, node: str) -> list[str]:
    """What kube-proxy is told. The limits of all connections are this host's: left as they are."""
    return [
        *("--kubeconfig", str(kubeconfig), "--hostname-override", node),
        *("--healthz-bind-address", f"{NODE_ADDRESS}:{WELL_PORTS['kube-proxy']}"),
        *("--proxy-mode", "iptables", "--cluster-cidr", PODS),
        *("--conntrack-max-per-core", "0", "--conntrack-min", "0"),
        *("--conntrack-tcp-timeout-established", "0s"),
        *("--conntrack-tcp-timeout-close-wait", "0s"),
    ]


def of_policies(kubeconfig: Path, node: str) -> list[str]:
    """What the firewall of kube-router is told."""
    return ["--kubeconfig", str(kubeconfig), "--node", node, "--services", SERVICES]


def of_names(kubeconfig: Path) -> str:
    """What CoreDNS is told: the names of services, and of nothing outside of the cluster."""
    return f"""\
.:53 {{
    errors
    health :{WELL_PORTS["coredns"]}
    cache 5
    kubernetes {DOMAIN} {{
        kubeconfig {kubeconfig}
    }}
}}
"""
