"""Services' links, cut or slow: traffic control on the loopback of a sandbox's network.

Each service has an address of its own there, so all that comes from it or goes to it is known by
that. It is done from outside: nothing in the sandbox has the right to.
"""

import fcntl
import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack

from portal.engine.errors import ClusterGone
from portal.engine.runtimes.agent.impairing import no_means, no_service
from portal.engine.runtimes.agent.link import GONE
from portal.engine.runtimes.facts import SLOW_KBIT, Impairment
from portal.engine.runtimes.sandbox import bubblewrap
from portal.engine.runtimes.sandbox.place import Place

NS_GET_USERNS = 0xB701
"""See ioctl_ns(2): the user namespace that owns another namespace."""
SECONDS = 10.0
NEEDS = (
    "the program tc (apt-get install iproute2) and a kernel with HTB (sch_htb) and u32 (cls_u32)"
)


def change(place: Place, service: str, how: Impairment | None) -> None:
    """Cut a service's link or slow it down; None has it carry everything again.

    Raises ClusterGone, StepFailed.
    """
    with place.turning():
        note = place.note
        if note is None or not note.process.is_alive:
            raise ClusterGone(GONE)
        known = addresses(place)
        if service not in known:
            raise no_service(service)
        with place.impairing(service, how) as impaired:
            run_in_network(note.pid, script({known[name]: each for name, each in impaired.items()}))


def addresses(place: Place) -> dict[str, str]:
    """Where each service is, as the sandbox's own /etc/hosts has it; services come last there."""
    lines = (place.etc / "hosts").read_text().splitlines()
    pairs = (each.split() for each in lines)
    return {name: at for at, name in pairs if name not in ("localhost", bubblewrap.HOSTNAME)}


def script(impaired: Mapping[str, Impairment]) -> str:
    """What `sh` runs for these to be so, and nothing else, by address."""
    lines = ["tc qdisc del dev lo root 2>/dev/null || true"]
    if impaired:
        lines += ["tc qdisc add dev lo root handle 1: htb default 0"]
    for number, (at, how) in enumerate(sorted(impaired.items()), 1):
        band = f"dev lo parent 1: classid 1:{number}"
        lines += [f"tc class add {band} htb rate {SLOW_KBIT}kbit quantum 1514"]
        if how is Impairment.CUT:
            # A queue of one byte: every packet is too large for it.
            lines += [f"tc qdisc add dev lo parent 1:{number} bfifo limit 1"]
        for side in ("src", "dst"):
            of = f"protocol ip u32 match ip {side} {at}/32 flowid 1:{number}"
            lines += [f"tc filter add dev lo parent 1: {of}"]
    return "\n".join(lines)


def run_in_network(pid: int, lines: str) -> None:
    """Have the host's `sh` run lines in a sandbox's network. Raises ClusterGone, StepFailed."""
    with ExitStack() as stack:
        try:
            network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise ClusterGone(GONE) from error
        stack.callback(os.close, network)
        entered, opened = [f"--net=/proc/self/fd/{network}"], [network]
        if os.geteuid() != 0:
            # An ordinary user has the right in the namespace that was made for the sandbox.
            owner = fcntl.ioctl(network, NS_GET_USERNS)
            stack.callback(os.close, owner)
            entered += [f"--user=/proc/self/fd/{owner}", "--preserve-credentials"]
            opened += [owner]
        argv = [bubblewrap.find("nsenter"), *entered, "--", "sh", "-ec", lines]
        try:
            done = subprocess.run(
                argv, pass_fds=opened, capture_output=True, text=True, timeout=SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise no_means("it took too long", NEEDS) from error
    if done.returncode != 0:
        raise no_means(done.stderr.strip()[-200:], NEEDS)
