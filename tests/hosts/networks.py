"""Network namespaces, one for each host, that lead to what hosts share and nowhere else."""

import contextlib
import fcntl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

SERVERS = "10.231.7.1"
HOSTS = ("one", "two")
LOCK = Path(tempfile.gettempdir()) / "sluice-networks.lock"


def run(*argv: str) -> str:
    """A command that has to succeed; what it says."""
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout[-4000:]}"
    return done.stdout


def inside(name: str) -> tuple[str, ...]:
    """What puts a command into a host's network, and leaves it all else."""
    return ("nsenter", f"--net=/run/netns/sl-{name}", "--")


@contextlib.contextmanager
def networks() -> Iterator[None]:
    """A namespace for each host, and a bridge that leads from each to the servers alone.

    Their names are the machine's: another run waits until this one has removed them.
    """
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        remove_networks()  # What a run that was killed has left.
        try:
            make_networks()
            yield
        finally:
            remove_networks()


def make_networks() -> None:
    """Make all of them."""
    run("ip", "link", "add", "slbr", "type", "bridge")
    run("ip", "address", "add", f"{SERVERS}/24", "dev", "slbr")
    run("ip", "link", "set", "slbr", "up")
    for number, name in enumerate(HOSTS, 11):
        space = f"sl-{name}"
        run("ip", "netns", "add", space)
        pair = ("type", "veth", "peer", "name", "eth0", "netns", space)
        run("ip", "link", "add", f"slv-{name}", *pair)
        run("ip", "link", "set", f"slv-{name}", "master", "slbr", "up")
        # Hosts reach the bridge's own address, and nothing of each other.
        run("bridge", "link", "set", "dev", f"slv-{name}", "isolated", "on")
        within = ("ip", "-netns", space)
        run(*within, "address", "add", f"10.231.7.{number}/24", "dev", "eth0")
        run(*within, "link", "set", "lo", "up")
        run(*within, "link", "set", "eth0", "up")


def remove_networks() -> None:
    """Whatever there is of them. Not there is success."""
    for name in HOSTS:
        subprocess.run(["ip", "netns", "del", f"sl-{name}"], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", f"slv-{name}"], check=False, capture_output=True)
    subprocess.run(["ip", "link", "del", "slbr"], check=False, capture_output=True)
