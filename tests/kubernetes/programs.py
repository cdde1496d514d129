"""The programs of a Kubernetes cluster, built from their sources once, and Debian's beside them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from portal.parts import system
from portal.parts.places import PARTS, PartsError, digest, is_stamped, put_stamp
from portal.parts.run import run, say

SOURCES = Path(__file__).resolve().parent / "binaries"
FOLDER = PARTS / "kubernetes"
PROGRAM = FOLDER / "kubernetes"
"""All of them in one, which its first argument chooses among."""
PAUSE = FOLDER / "pause"
STAMP = FOLDER / "built.stamp"
VERSION = "v1.34.4"
"""The last line that runs on containerd 1.6, as Debian 12 has it; takes either kind of cgroups."""
NETWORKS = Path("/usr/lib/cni")
PACKAGES = {
    "containerd": ["containerd"],
    "runc": ["runc"],
    "ip": ["iproute2"],
    "iptables": ["iptables"],
    "ipset": ["ipset"],
    str(NETWORKS / "bridge"): ["containernetworking-plugins"],
}
OLDEST_GO = (1, 24)
BUILD_SECONDS = 5400
FLAGS = f"-s -w -X k8s.io/component-base/version.gitVersion={VERSION}"


def install() -> None:
    """Have all of them. Raises PartsError."""
    found = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    system.install(
        [names for each, names in PACKAGES.items() if not shutil.which(each, path=found)]
    )
    if not is_stamped(STAMP, wanted()):
        say("Kubernetes, from its sources (a quarter of an hour the first time)")
        build(PROGRAM, ".")
        build(PAUSE, "./pause")
        put_stamp(STAMP, wanted())


def wanted() -> str:
    """What changes when the programs would."""
    files = sorted(each for each in SOURCES.rglob("*") if each.is_file())
    return digest([FLAGS, *(each.read_bytes() for each in files)])


def build(program: Path, package: str) -> None:
    """Build one, without anything of this machine in it. Raises PartsError."""
    go = find_go()
    program.parent.mkdir(parents=True, exist_ok=True)
    run(
        [
            *("nice", "-n", "19", "env", "-C", str(SOURCES), go, "build", "-trimpath"),
            *("-buildvcs=false", "-mod=readonly", "-ldflags", FLAGS, "-o", str(program), package),
        ],
        log=f"build-{program.name}.log",
        failure="Kubernetes could not be built",
        timeout_seconds=BUILD_SECONDS,
        environment={**os.environ, "CGO_ENABLED": "0"},
    )


def find_go() -> str:
    """The compiler. Raises PartsError for one that is too old; Debian 12's own is."""
    go = shutil.which("go")
    told = (
        subprocess.run([go, "env", "GOVERSION"], capture_output=True, check=False) if go else None
    )
    version = re.match(r"go(\d+)\.(\d+)", told.stdout.decode()) if told else None
    if go is None or version is None or tuple(map(int, version.groups())) < OLDEST_GO:
        wanted = ".".join(map(str, OLDEST_GO))
        raise PartsError(f"Kubernetes is built with Go {wanted} or newer: install it (go.dev)")
    return go
