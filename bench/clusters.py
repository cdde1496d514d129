"""Week 10's cluster, started twice: by the portal's driver, and by hand."""

import contextlib
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings

from portal.catalog.images import operator_images
from portal.engine.lab.parse import load_lab
from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.base import ClusterSpec
from portal.engine.runtimes.sandbox import SandboxRuntime
from portal.engine.runtimes.sandbox.binds import binds
from portal.engine.runtimes.sandbox.bubblewrap import HOSTNAME, hosts_file

VENV = Path(sys.prefix)
ARCHIVES = ("/opt/kafka/cds", "/opt/zookeeper/cds")
SETTLE_SECONDS = 60


def week10() -> LabSpec:
    """The lab as its folder says it."""
    return load_lab(Path(settings.LABS_DIR) / "week10").spec


def files(lab: LabSpec) -> dict[str, bytes]:
    """What its `/w205` holds."""
    folder = Path(settings.LABS_DIR) / lab.name
    return {
        each.path: (folder / each.source).read_bytes()
        if each.source
        else (each.content or "").encode()
        for each in lab.files
    }


def driver(folder: Path) -> SandboxRuntime:
    """The portal's driver."""
    return SandboxRuntime(folder=str(folder), venv=str(VENV), images=operator_images())


def cluster_of(session: str, lab: LabSpec) -> ClusterSpec:
    """What `up` takes to start it."""
    return ClusterSpec(session, lab.services, lab.tools, files(lab))


@contextlib.contextmanager
def ours(runtime: SandboxRuntime, lab: LabSpec) -> Iterator[str]:
    """A cluster of the driver's, ready when this begins; the session's name."""
    session = f"bench-{uuid.uuid4().hex[:8]}"
    try:
        for _ in runtime.up(cluster_of(session, lab)):
            pass
        yield session
    finally:
        runtime.down(session)


@contextlib.contextmanager
def by_hand(folder: Path, lab: LabSpec, *, archives: bool = True) -> Iterator[int]:
    """The same commands in a plain bubblewrap, ready when this begins; bubblewrap's number."""
    argv = [*plain_bwrap(folder, lab, archives=archives), "sh", "-c", script(lab)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        if said != "ready\n":
            raise RuntimeError(f"the cluster by hand did not start: {said!r}")
        yield process.pid
    finally:
        process.kill()
        process.wait(SETTLE_SECONDS)


def plain_bwrap(folder: Path, lab: LabSpec, *, archives: bool) -> list[str]:
    """Bubblewrap with the namespaces and folders that the commands need, and nothing more."""
    hosts = folder / "hosts"
    hosts.write_text(hosts_file(lab.services))
    folders = binds(Plan(lab.services, operator_images()), VENV)
    for guest in () if archives else ARCHIVES:
        folders.pop(guest, None)
    return [
        *("bwrap", "--unshare-net", "--unshare-pid", "--unshare-uts", "--hostname", HOSTNAME),
        *("--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"),
        *("--tmpfs", "/opt", "--tmpfs", "/tmp", "--ro-bind", str(hosts), "/etc/hosts"),
        *(word for guest, host in folders.items() for word in ("--ro-bind", host, guest)),
    ]


def script(lab: LabSpec) -> str:
    """Start every service in the background, then probe as the lab does."""
    images = operator_images()
    lines = ["export DATA_DIR=/tmp PYTHONPATH=/opt/sluice HOME=/tmp"]
    for service in lab.services:
        if service.command:
            path = ":".join((*images[service.image].path, "/opt/venv/bin", "/usr/bin", "/bin"))
            given = assignments({"PATH": path, **service.environment})
            lines.append(f"{given} {' '.join(service.command)} >/tmp/{service.name}.log 2>&1 &")
    probe = next(each.ready for each in lab.services if each.ready)
    words = " ".join(("/opt/venv/bin/python", *probe.run[1:]))
    return "\n".join([*lines, f"{words} && echo ready && exec sleep 1000"])


def assignments(values: Mapping[str, object]) -> str:
    """As a shell takes them before a command."""
    return " ".join(f"{name}={value}" for name, value in values.items())
