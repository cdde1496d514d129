"""Services' links, cut or slow: done to a container's interface by another one that joins it there.

The container itself has no right to; the other runs the same image for as long as it takes, with
nothing but the right to administer that one network.
"""

import contextlib
from typing import Any

import requests
from docker import APIClient
from docker.errors import APIError, NotFound

from portal.engine.errors import ClusterGone
from portal.engine.runtimes.agent.impairing import no_means, no_service
from portal.engine.runtimes.agent.link import GONE
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.names import Names
from portal.engine.runtimes.docker.place import Container, Place
from portal.engine.runtimes.docker.walls import is_apart
from portal.engine.runtimes.facts import SLOW_KBIT, Impairment

DEVICE = "eth0"
SECONDS = 20
NEEDS = "images of this release (manage.py hosts prepare) and a kernel with HTB (sch_htb)"
WHOLE = f"ip link set dev {DEVICE} up; tc qdisc del dev {DEVICE} root 2>/dev/null || true"
SCRIPTS = {
    None: WHOLE,
    Impairment.CUT: f"ip link set dev {DEVICE} down",
    Impairment.SLOW: f"{WHOLE}; tc qdisc add dev {DEVICE} root handle 1: htb default 1;"
    f" tc class add dev {DEVICE} parent 1: classid 1:1 htb rate {SLOW_KBIT}kbit quantum 1514",
}


def change(engine: Engine, mark: str, place: Place, service: str, how: Impairment | None) -> None:
    """Cut a service's link or slow it down; None has it carry everything again.

    Raises ClusterGone, StepFailed.
    """
    with place.turning():
        note = place.note
        if note is None:
            raise ClusterGone(GONE)
        if service not in note.containers:
            raise no_service(service)
        names = Names(mark, place.session, note.lease)
        with place.impairing(service, how), engine.talk() as client:
            run_beside(client, names, note.containers[service], SCRIPTS[how])


def run_beside(client: APIClient, names: Names, container: Container, script: str) -> None:
    """Run lines of `sh` as root in a container's network. Raises ClusterGone, StepFailed."""
    try:
        found: dict[str, Any] = client.inspect_container(container.id)
    except NotFound as error:
        raise ClusterGone(GONE) from error
    if not found["State"]["Running"]:
        raise ClusterGone(GONE)
    if is_apart(found["HostConfig"].get("Runtime") or ""):
        raise no_means("a cluster under a kernel of its own has a network of its own, too", NEEDS)
    made: dict[str, Any] = client.create_container(
        found["Image"],
        entrypoint=["sh", "-ec", script],
        command=[],
        user="root",
        labels=names.labels(),
        host_config=client.create_host_config(
            network_mode=f"container:{container.id}",
            cap_drop=["ALL"],
            cap_add=["NET_ADMIN"],
            security_opt=["no-new-privileges:true"],
            read_only=True,
            mem_limit=64 << 20,
            pids_limit=20,
        ),
    )
    try:
        client.start(made["Id"])
        ended = client.wait(made["Id"], timeout=SECONDS)
        if ended["StatusCode"] != 0:
            said = client.logs(made["Id"], tail=3).decode(errors="replace")
            raise no_means(said.strip()[-200:], NEEDS)
    except (APIError, requests.Timeout, requests.ConnectionError) as error:
        raise no_means(str(error)[:200], NEEDS) from error
    finally:
        with contextlib.suppress(APIError):
            client.remove_container(made["Id"], force=True, v=True)
